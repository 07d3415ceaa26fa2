"""The manifest: every fault at once, nothing lost silently, nothing opened twice."""

import shutil
import time

import fakes
import numpy as np
import pandas as pd
import pytest

from medimg.errors import ManifestError
from medimg.io import hash_id
from medimg.io.cells import STANDARD
from medimg.io.manifest import read_manifest


def edited(path, change):
    """The manifest at `path`, changed: `change` gets the table and gives it back."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table = change(table)
    table.to_csv(path, index=False)
    return path


@pytest.fixture
def cohort(tmp_path):
    return fakes.cohort(tmp_path / "cohort")


def test_rows_have_the_standard_columns_first_and_all_others_as_text(cohort):
    found = read_manifest(cohort)
    assert list(found.rows.columns) == [*STANDARD, "scanner"]
    assert len(found.rows) == 24
    assert found.classes == ["a", "b"]
    assert found.rows["frame"].tolist() == [-1] * 24
    assert found.rows["slice_mm"].tolist() == [0.0, 5.0] * 12
    assert set(found.rows["scanner"]) == {"x", "y"}
    assert found.rows["id"].str.fullmatch("[0-9a-f]{16}").all()
    assert found.rows["id"].is_unique
    assert found.rows["patient"].str.startswith("anon-").all()
    assert found.flow["used"] == found.flow["found"] == 24
    assert found.flow["patients"] == 12


def test_ids_survive_moved_files_and_another_order(cohort, tmp_path):
    first = read_manifest(cohort).rows
    shutil.move(tmp_path / "cohort", tmp_path / "elsewhere")
    moved = edited(tmp_path / "elsewhere" / "manifest.csv", lambda table: table.iloc[::-1])
    second = read_manifest(moved).rows
    assert second["id"].tolist() == first["id"].tolist()[::-1]


def test_a_png_and_a_tiff_of_the_same_pixels_have_the_same_id(tmp_path):
    fakes.png(tmp_path / "a.png", fakes.ramp())
    fakes.tiff(tmp_path / "b.tif", fakes.ramp())
    rows = [{"image": "a.png", "patient_id": "1", "label": "x"}, {"image": "b.tif", "patient_id": "2", "label": "x"}]
    ids = read_manifest(fakes.table(tmp_path / "m.csv", rows)).rows["id"]
    assert ids[0] == ids[1]


def test_a_second_reading_opens_no_image(cohort, monkeypatch):
    first = read_manifest(cohort)
    monkeypatch.setattr("medimg.io.index.each", lambda _, tasks, **limits: pytest.fail("opened") if tasks else iter(()))
    assert read_manifest(cohort).rows.equals(first.rows)


def test_a_changed_file_is_opened_again(cohort, tmp_path):
    first = read_manifest(cohort).rows
    image = tmp_path / "cohort" / "images" / "p000_0.png"
    fakes.png(image, np.zeros((16, 16), np.uint8))
    second = read_manifest(cohort).rows
    assert (first["id"] != second["id"]).tolist() == [True] + [False] * 23


def test_where_keeps_rows_and_compares_numbers_as_text(cohort):
    found = read_manifest(cohort, where={"sequence": "flair", "slice_mm": [0.0, 7]})
    assert set(found.rows["sequence"]) == {"FLAIR"}
    assert found.flow["excluded"] == found.flow["excluded_where"] == 12


def test_classes_choose_and_order_and_count_what_they_leave_out(cohort):
    found = read_manifest(edited(cohort, lambda t: t.assign(label=["c"] * 2 + t["label"].tolist()[2:])), classes=["b", "a"])
    assert found.classes == ["b", "a"]
    assert found.flow["excluded_label"] == 2
    assert found.flow["used"] == 22


def test_classes_may_be_yaml_numbers(cohort):
    found = read_manifest(edited(cohort, lambda t: t.assign(label=(t["label"] == "a").astype(int))), classes=[0, 1])
    assert found.classes == ["0", "1"]


def test_several_labels_come_in_the_order_of_the_classes(tmp_path):
    source = fakes.cohort(tmp_path, classes=("z", "y", "x"), multilabel=True)
    assert set(read_manifest(source, multilabel=True, classes=["y", "z"]).rows["label"]) == {"y|z", "y", "z"}
    with pytest.raises(ManifestError, match=r"several labels in 8 rows \(lines 6, 7, 12.*data.multilabel=true"):
        read_manifest(source)


def test_a_misspelt_column_class_and_value_is_told_with_the_closest_there_is(cohort):
    with pytest.raises(ManifestError, match=r"column sequense is missing; did you mean sequence\?"):
        read_manifest(cohort, where={"sequense": "FLAIR"})
    with pytest.raises(ManifestError, match=r"column Label is missing; did you mean label\?"):
        read_manifest(cohort, label="Label")
    with pytest.raises(ManifestError, match=r"no row has site = nord; did you mean north\? Found: north \(12\), south \(12\)"):
        read_manifest(cohort, where={"site": "nord"})
    with pytest.raises(ManifestError) as nowhere:
        read_manifest(cohort, where={"site": "nord"}, classes=["a", "b"])
    assert len(nowhere.value.faults) == 1  # of no rows, no label is said to be missing
    with pytest.raises(ManifestError, match=r"no row has the label goiter; did you mean goitre\?"):
        read_manifest(edited(cohort, lambda t: t.assign(label=t["label"].replace("a", "goitre"))), classes=["goiter", "b"])


def test_all_faults_come_in_one_list_with_ten_examples(cohort):
    def spoil(table):
        table.loc[:11, "image"] = [f"gone{i}.png" for i in range(12)]
        table.loc[3, "patient_id"] = " "
        table.loc[4, "frame"] = "first"
        table.loc[5, "slice_mm"] = "x"
        return table.fillna("")

    with pytest.raises(ManifestError) as caught:
        read_manifest(edited(cohort, spoil))
    assert len(caught.value.faults) == 4
    text = str(caught.value)
    assert "column image: 12 files missing (line 2: gone0.png" in text
    assert "gone9.png" in text
    assert "gone10.png" not in text
    assert "1 row with no patient_id, so a leak could not be seen (line 5)" in text
    assert "frame is not a number in 1 row (line 6), for example 'first'" in text


def test_the_same_picture_twice_under_one_patient_counts_once(cohort, tmp_path):
    images = tmp_path / "cohort" / "images"
    shutil.copy(images / "p000_0.png", images / "p000_1.png")
    found = read_manifest(cohort)
    assert found.flow["duplicate"] == 1
    assert found.refused.to_dict("records") == [{"row": 3, "reason": "the same pixels as line 2, same patient"}]


def test_the_same_picture_under_two_patients_is_kept_for_the_leak_proof(cohort, tmp_path):
    images = tmp_path / "cohort" / "images"
    shutil.copy(images / "p000_0.png", images / "p001_0.png")
    assert read_manifest(cohort).flow["used"] == 24


def test_one_picture_with_two_labels_is_a_fault(cohort, tmp_path):
    images = tmp_path / "cohort" / "images"
    shutil.copy(images / "p000_0.png", images / "p000_1.png")
    with pytest.raises(ManifestError, match=r"twice under one patient with different labels: 1 image \(line 2 \(a\) and line 3 \(b\)\)"):
        read_manifest(edited(cohort, lambda t: t.assign(label=["a", "b", *t["label"].tolist()[2:]])))


def test_an_unreadable_image_is_refused_with_its_reason_and_without_its_path(cohort, tmp_path):
    fakes.truncated(tmp_path / "cohort" / "images" / "p003_0.png")
    found = read_manifest(cohort)
    assert found.flow["refused"] == 1
    assert found.refused["row"].tolist() == [8]
    assert "damaged" in found.refused["reason"][0]
    assert "p003" not in found.refused["reason"][0]


def test_nothing_readable_is_a_fault_with_the_reasons(cohort, tmp_path):
    for image in (tmp_path / "cohort" / "images").iterdir():
        image.write_bytes(b"")
    with pytest.raises(ManifestError, match=r"no image is left of 24 rows: 24 rows: the file is empty"):
        read_manifest(cohort)


@pytest.mark.parametrize("header", [True, False])
def test_withdrawn_patients_are_left_out_by_raw_or_hashed_id(cohort, tmp_path, header):
    ids = ["P003", hash_id("P005"), "P999"]
    (tmp_path / "ids.csv").write_text("\n".join((["patient_id"] if header else []) + ids) + "\n")
    found = read_manifest(cohort, exclude=tmp_path / "ids.csv")
    assert found.flow["excluded_withdrawn"] == 4
    assert found.flow["withdrawn_unknown"] == 1
    assert not {hash_id("P003"), hash_id("P005")} & set(found.rows["patient"])


@pytest.mark.parametrize(
    ("separator", "encoding", "end"),
    [(",", "utf-8-sig", "\r\n"), (";", "utf-8", "\n"), ("\t", "utf-16", "\r\n"), (",", "gb18030", "\n"), (";", "gb18030", "\r\n")],
)
def test_tables_as_spreadsheets_write_them_are_understood(tmp_path, separator, encoding, end):
    fakes.png(tmp_path / "a.png", fakes.ramp(dtype=np.uint8, high=255))
    rows = [{"image": "a.png", "patient_id": "12.0", "label": "甲状腺炎", "note": 'quoted "a", b; c'}, {"image": ""}]
    source = fakes.table(tmp_path / "m.csv", rows, separator=separator, encoding=encoding, end=end)
    found = read_manifest(source)
    assert found.rows["label"].tolist() == ["甲状腺炎"]
    assert found.rows["note"].tolist() == ['quoted "a", b; c']
    assert found.rows["patient"].tolist() == [hash_id("12.0")]


def test_values_that_look_like_missing_ones_stay_text(cohort):
    found = read_manifest(edited(cohort, lambda t: t.assign(label=["NA", "None"] * 12)))
    assert found.classes == ["NA", "None"]


def test_columns_that_medimg_uses_itself_are_kept_under_another_name(cohort):
    found = read_manifest(edited(cohort, lambda t: t.assign(patient="Erika", path="x")))
    assert found.rows["given_patient"].tolist() == ["Erika"] * 24
    assert found.rows["patient"].str.startswith("anon-").all()


def test_masks_become_absolute_and_missing_ones_are_a_fault(cohort, tmp_path):
    fakes.png(tmp_path / "cohort" / "lung.png", np.ones((16, 16), np.uint8))
    good = edited(cohort, lambda t: t.assign(mask_lung=["lung.png", *[""] * 23]))
    assert read_manifest(good).rows["mask_lung"].tolist() == [str(tmp_path / "cohort" / "lung.png"), *[""] * 23]
    with pytest.raises(ManifestError, match="column mask_lung: 24 files missing"):
        read_manifest(edited(cohort, lambda t: t.assign(mask_lung="no.png")))


def test_changed_pixels_are_noticed_when_the_manifest_holds_their_hash(cohort, tmp_path):
    hashes = read_manifest(cohort).rows["pixel_sha256"].tolist()
    edited(cohort, lambda t: t.assign(pixel_sha256=hashes))
    assert read_manifest(cohort).flow["used"] == 24
    fakes.png(tmp_path / "cohort" / "images" / "p000_0.png", np.zeros((16, 16), np.uint8))
    assert "has changed since" in read_manifest(cohort).refused["reason"][0]


def test_header_facts_of_dicom_are_filled_in_as_hashes(tmp_path):
    found = read_manifest(fakes.cohort(tmp_path, patients=2, kind="dcm"))
    assert set(found.rows["acquired_month"]) == {"2024-02"}
    for name in ("study", "series", "sop"):
        assert found.rows[name].str.startswith("anon-").all()
    assert found.rows["sop"].is_unique
    assert found.rows["study"].nunique() == 2


def test_without_labels_none_are_asked_for(cohort):
    found = read_manifest(edited(cohort, lambda t: t.drop(columns="label")), label=None)
    assert set(found.rows["label"]) == {""}
    assert found.classes == []


def test_three_thousand_images_are_read_in_seconds_and_again_at_once(tmp_path, real_data):
    source = real_data / "brain_mri" / "manifest.csv"
    start = time.perf_counter()
    read_manifest(source, workers=2)
    first = time.perf_counter() - start
    start = time.perf_counter()
    read_manifest(source)
    second = time.perf_counter() - start
    print(f"first {first:.2f} s, second {second:.2f} s")
    assert first < 30  # 10 on an idle machine
    assert second < min(2, first / 3)


def test_no_raw_id_is_in_memory_where_it_could_be_written(cohort):
    rows = read_manifest(cohort).rows.drop(columns="path")
    assert "P003" not in rows.to_csv()


def test_a_manifest_of_withdrawn_patients_only_is_a_fault(cohort, tmp_path):
    fakes.table(tmp_path / "ids.csv", [{"patient_id": f"P{p:03d}"} for p in range(12)])
    with pytest.raises(ManifestError, match="no image is left of 24 rows: 24 rows of withdrawn patients"):
        read_manifest(cohort, exclude=tmp_path / "ids.csv")


def test_an_empty_file_and_one_without_rows_are_told_apart(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("image,patient_id,label\n")
    with pytest.raises(ManifestError, match="it is empty"):
        read_manifest(tmp_path / "empty.csv")
    with pytest.raises(ManifestError, match="a header and no rows"):
        read_manifest(tmp_path / "header.csv")
    with pytest.raises(ManifestError, match="cannot be read"):
        read_manifest(tmp_path / "none.csv")
