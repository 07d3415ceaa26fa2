"""data scan, phantom, check and whois."""

import pytest
from command import medimg, refused
from fakes import cohort, mr_series, table, truncated

from medimg.io import hash_id


@pytest.fixture
def folder(tmp_path):
    rows = []
    for number in range(3):
        for path in mr_series(tmp_path / "dicom" / f"p{number}", patient=f"P{number}", slices=2):
            rows.append({"patient_id": f"P{number}", "label": "a" if number % 2 else "b", "path": path})
    table(tmp_path / "labels.csv", [{"patient_id": row["patient_id"], "label": row["label"]} for row in rows[::2]])
    return tmp_path


def test_a_scan_makes_a_manifest_that_check_can_read(folder):
    answer = medimg("data", "scan", folder / "dicom", "--labels", folder / "labels.csv", "--out", folder / "out")
    assert answer.code == 0, answer
    assert (folder / "out" / "manifest.csv").is_file()
    assert "data check" in answer.out


def test_a_scan_with_a_broken_file_ends_with_3(folder):
    truncated(folder / "dicom" / "p0" / "s1_00.dcm")
    answer = medimg("data", "scan", folder / "dicom", "--out", folder / "out" / "manifest.csv", "--json", children=True)
    assert answer.code == answer.json["exit_code"] == 3
    assert answer.json["flow"]["refused"] == 1


def test_the_tables_of_a_scan_go_into_a_folder(folder):
    assert "a folder is needed" in refused("data", "scan", folder / "dicom", "--out", "labels.csv")


def test_a_built_in_cohort_is_written_and_named(tmp_path):
    answer = medimg("data", "phantom", "thyroid", "--n", 20, "--out", tmp_path / "cohort")
    assert answer.code == 0
    assert answer.out.strip() == str(tmp_path / "cohort" / "manifest.csv")
    assert "thyroid" in refused("data", "phantom", "thyriod")
    assert "at least one" in refused("data", "phantom", "thyroid", "--n", "0")


def test_check_tells_classes_parts_and_the_proof(tmp_path):
    manifest = cohort(tmp_path, patients=12)
    answer = medimg("data", "check", manifest, "data.folds=2")
    assert answer.code == 0, answer
    for word in ("24 images of 12 patients", "a 12 (6 patients)", "No leak"):
        assert word in answer.text
    told = medimg("data", "check", manifest, "data.folds=2", "--json").json
    assert {(row["fold"], row["part"]) for row in told["split"]} == {(fold, part) for fold in (0, 1) for part in ("train", "val", "test")}
    assert all(check["found"] == 0 for check in told["proof"]["checks"])


def test_check_ends_with_3_where_images_are_refused(tmp_path):
    manifest = cohort(tmp_path, patients=12)
    truncated(tmp_path / "images" / "p000_0.png")
    answer = medimg("data", "check", manifest)
    assert answer.code == 3
    assert "1 refused" in answer.text


def test_whois_leads_back_on_this_machine_only():
    assert medimg("data", "whois", hash_id("P17")).out.split()[1] == "P17"
    assert "not hashed on this machine" in refused("data", "whois", "anon-00000000-0000000000000000")
