"""A folder becomes a manifest: every file is in it or refused with its reason, every label is used or listed, nobody is named."""

import shutil

import fakes
import numpy as np
import pandas as pd
import pytest

from medimg.errors import ManifestError
from medimg.io import hash_id, read_manifest, workers
from medimg.io.scan import scan

pytestmark = pytest.mark.usefixtures("in_place")


def read(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def reasons(result):
    return dict(read(result.refused).itertuples(index=False))


@pytest.fixture
def folder(tmp_path):
    """Two patients with FLAIR and T1CE, one with a film, one with a scintigram."""
    top = tmp_path / "data"
    for number, patient in enumerate(("P1", "P2")):
        fakes.mr_series(top / patient, sequence="FLAIR", patient=patient, number=1, seed=number)
        fakes.mr_series(top / patient, sequence="T1CE", patient=patient, number=2, seed=number, slices=3)
    fakes.chest_film(top / "film" / "a.dcm", patient="P3")
    fakes.scintigram(top / "nm" / "a.dcm", patient="P4")
    return top


@pytest.mark.usefixtures("children")
def test_the_manifest_says_what_the_headers_say(folder, tmp_path):
    result = scan(folder, out=tmp_path / "out")
    table = read(result.manifest)
    assert len(table) == result.flow["images"] == 16
    assert table["sequence"].value_counts().to_dict() == {"FLAIR": 8, "T1CE": 6, "": 2}
    assert table["view"].value_counts().to_dict() == {"": 14, "PA": 1, "ANT": 1}
    assert set(table["patient_id"]) == {hash_id(f"P{i}") for i in (1, 2, 3, 4)}
    assert table[table["sequence"] == "FLAIR"]["slice_mm"].tolist() == ["0", "6", "12", "18"] * 2
    assert table[table["modality"] == "NM"]["frame"].tolist() == ["1"]
    assert set(table["acquired_month"]) == {"2024-02"}
    assert table["site"].str.fullmatch("site-[0-9a-f]{6}").all()
    assert read(result.refused).empty


def test_the_manifest_can_be_read_and_no_image_is_opened_again(folder, tmp_path, monkeypatch):
    result = scan(folder, out=tmp_path / "out")
    monkeypatch.setattr("medimg.io.index.each", lambda _, tasks, **limits: pytest.fail("opened") if tasks else iter(()))
    rows = read_manifest(result.manifest, label=None, where={"sequence": "FLAIR"}).rows
    assert len(rows) == 8
    assert rows["slice_mm"].tolist() == [0, 6, 12, 18] * 2


def test_no_identity_is_in_any_table_but_in_paths_as_they_are(folder, tmp_path, caplog):
    table = fakes.table(tmp_path / "labels.csv", [{"patient_id": "P1", "label": "glioma"}, {"patient_id": "P77", "label": "x"}])
    with caplog.at_level("DEBUG"):
        result = scan(folder, table, out=folder.parent / "out")
    for path in (result.manifest, result.refused, result.candidates, result.unmatched):
        text = path.read_text()
        for secret in (*fakes.SECRETS, "P77", "Klinikum", "ROOM7", *(fakes.uid(p, "study") for p in ("P1", "P2"))):
            assert secret not in text, path
    assert not [secret for secret in fakes.SECRETS if secret in caplog.text + str(result)]
    assert "P1," not in result.manifest.read_text()


def test_a_second_scan_reads_nothing_and_writes_the_same(folder, tmp_path, monkeypatch):
    first = scan(folder, out=tmp_path / "out").manifest.read_text()
    started = []
    monkeypatch.setattr(workers, "in_children", lambda _, items, **limits: started.extend(items) or iter(()))
    assert scan(folder, out=tmp_path / "out").manifest.read_text() == first
    assert not started


def test_a_stopped_scan_goes_on_where_it_was(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("medimg.io.folder._BATCH", 4)
    real, seen = workers.in_children, {}

    def stops(function, items, **limits):
        for count, answer in enumerate(real(function, items, **limits)):
            if count == 6:
                raise KeyboardInterrupt
            yield answer

    def counted(function, items, **limits):
        seen[function] = len(items)
        return real(function, items, **limits)

    monkeypatch.setattr(workers, "in_children", stops)
    with pytest.raises(KeyboardInterrupt):
        scan(folder, out=tmp_path / "out")
    monkeypatch.setattr(workers, "in_children", counted)
    assert scan(folder, out=tmp_path / "out").flow["images"] == 16
    assert seen["medimg.io.survey:survey"] == 12


def test_each_bad_file_has_its_reason_and_the_scan_goes_on(folder, tmp_path):
    fakes.truncated(fakes.chest_film(folder / "bad" / "cut.dcm", patient="P9"), 0.8)
    fakes.absurd(folder / "bad" / "absurd.dcm")
    fakes.without_pixels(folder / "bad" / "report.dcm")
    fakes.png(folder / "bad" / "picture.png", fakes.ramp())
    fakes.chest_film(folder / "bad" / "nobody.dcm", patient="")
    (folder / "bad" / "notes.txt").write_text("Mustermann")
    (folder / "bad" / "empty").write_bytes(b"")
    (folder / "bad" / "loop").symlink_to(folder)
    result = scan(folder, out=tmp_path / "out")
    found = reasons(result)
    expected = {
        "cut.dcm": "cut off", "absurd.dcm": "absurd", "report.dcm": "not an image (SR)", "picture.png": "no header to tell its patient",
        "nobody.dcm": "no id of the patient", "notes.txt": "neither DICOM", "empty": "the file is empty", "loop": "not followed",
    }  # fmt: skip
    assert set(found) == {f"bad/{name}" for name in expected}
    for name, reason in expected.items():
        assert reason in found[f"bad/{name}"]
    assert result.flow["images"] == 16


@pytest.mark.usefixtures("children")
def test_a_decoder_that_crashes_costs_one_file(folder, tmp_path, monkeypatch):
    import medimg.io.index as module

    real = module.each
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "crashing.py").write_text(
        "import os\nfrom medimg.io.fingerprint import facts_in_child\n"
        "def read(task):\n    return os.abort() if task[0].endswith('film/a.dcm') else facts_in_child(task)\n"
    )
    monkeypatch.setattr(module, "each", lambda _, items, **limits: real("crashing:read", items, **limits))
    result = scan(folder, out=tmp_path / "out")
    assert reasons(result) == {"film/a.dcm": "the decoder crashed: the file is damaged or hostile"}
    assert result.flow["images"] == 15


def test_copies_count_once_and_other_pixels_under_one_uid_are_all_refused(folder, tmp_path):
    shutil.copy(folder / "film" / "a.dcm", folder / "film" / "z.dcm")
    for number in range(2):
        fakes.chest_film(folder / "twin" / f"{number}.dcm", fakes.ramp(high=100 + number), patient="P5", sop="1.2.3", series="1.2.4")
    found = reasons(scan(folder, out=tmp_path / "out"))
    assert "a copy" in found["film/z.dcm"]
    assert "other pixels" in found["twin/0.dcm"]
    assert "other pixels" in found["twin/1.dcm"]
    assert len(found) == 3


def test_a_study_of_two_patients_is_refused_whole(folder, tmp_path):
    for patient in ("P5", "P6"):
        fakes.chest_film(folder / "mixed" / f"{patient}.dcm", patient=patient, study="1.2.3.4")
    found = reasons(scan(folder, out=tmp_path / "out"))
    assert set(found) == {"mixed/P5.dcm", "mixed/P6.dcm"}
    assert "2 different PatientIDs" in found["mixed/P5.dcm"]


def test_of_two_series_the_one_with_more_slices_is_taken_and_equal_ones_tie(tmp_path):
    top = tmp_path / "data"
    fakes.mr_series(top, number=1, slices=3)
    fakes.mr_series(top, number=2, slices=5)
    result = scan(top, out=tmp_path / "out")
    assert result.flow["images"] == 5
    assert set(reasons(result).values()) == {"series not taken: another FLAIR of the study is better"}
    fakes.mr_series(top, number=3, slices=5)
    with_tie = scan(top, out=tmp_path / "out")
    assert with_tie.flow["images"] == 0
    assert with_tie.flow["ties"] == 2
    assert "2 series tie" in " ".join(with_tie.said)
    assert read(with_tie.candidates)["chosen"].tolist().count("tie") == 2
    assert scan(top, out=tmp_path / "out", first_on_tie=True).flow["images"] == 5


def test_a_table_decides_over_everything(tmp_path):
    top = tmp_path / "data"
    for number in (1, 2):
        fakes.mr_series(top, number=number)
    series = [fakes.uid(fakes.uid("P1", "study"), "series", number) for number in (1, 2)]
    choices = fakes.table(tmp_path / "choices.csv", [{"series": series[1], "sequence": "T2"}, {"series": series[0], "sequence": ""}])
    table = read(scan(top, out=tmp_path / "out", choices=choices).manifest)
    assert set(table["sequence"]) == {"T2"}
    assert set(table["series"]) == {hash_id(series[1])}
    assert set(read(scan(top, out=tmp_path / "o", choices={series[1]: "FLAIR"}).manifest)["series"]) == {hash_id(series[1])}
    with pytest.raises(ManifestError, match="needs the columns series and sequence"):
        scan(top, out=tmp_path / "out", choices=fakes.table(tmp_path / "bad.csv", [{"serie": "1", "sequence": "T2"}]))


def test_derived_series_are_taken_only_where_there_is_no_original(tmp_path):
    top = tmp_path / "data"
    fakes.mr_series(top, number=1, slices=9, ImageType=["DERIVED", "SECONDARY", "M"])
    assert scan(top, out=tmp_path / "out").flow["images"] == 9
    fakes.mr_series(top, number=2, slices=4)
    assert scan(top, out=tmp_path / "out").flow["images"] == 4


def test_two_contrasts_in_one_series_are_told_apart(tmp_path):
    for i in range(6):
        name = ("FLAIR", "T2")[i % 2]
        fakes.mr_slice(tmp_path / "data" / f"{i}.dcm", fakes.ramp(high=300 + i), sequence=name, z_mm=i, series="1.2.3", text="dual")
    assert read(scan(tmp_path / "data", out=tmp_path / "out").manifest)["sequence"].value_counts().to_dict() == {"FLAIR": 3, "T2": 3}


def test_each_positioned_frame_of_an_enhanced_file_is_a_row(tmp_path):
    from pydicom import Dataset

    groups = []
    for z in (0, 5, 10):
        position, orientation, group = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient, orientation.ImageOrientationPatient = [0, 0, z], [1, 0, 0, 0, 1, 0]
        group.PlanePositionSequence, group.PlaneOrientationSequence = [position], [orientation]
        groups.append(group)
    pixels = np.random.default_rng(0).integers(0, 900, (3, 8, 8), dtype=np.uint16)
    fakes.mr_slice(tmp_path / "data" / "a.dcm", pixels, PerFrameFunctionalGroupsSequence=groups)
    table = read(scan(tmp_path / "data", out=tmp_path / "out").manifest)
    assert table[["frame", "slice_mm"]].to_numpy().tolist() == [["0", "0"], ["1", "5"], ["2", "10"]]


def test_nothing_usable_is_a_fault_with_reasons(tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(ManifestError, match="no such folder"):
        scan(tmp_path / "none", out=tmp_path / "out")
    with pytest.raises(ManifestError, match="The folder is empty"):
        scan(tmp_path / "data", out=tmp_path / "out")
    (tmp_path / "data" / "a.txt").write_text("x")
    with pytest.raises(ManifestError, match="1 file: neither DICOM"):
        scan(tmp_path / "data", out=tmp_path / "out")


def test_own_tables_inside_the_folder_are_not_scanned(folder):
    scan(folder, out=folder)
    result = scan(folder, out=folder)
    assert read(result.refused).empty
    assert read(result.manifest)["image"].tolist()[0].startswith("P1/")


def test_the_real_corner_files_are_all_accounted_for(real_data, tmp_path):
    result = scan(real_data / "dicom_corner", out=tmp_path / "out")
    listed = {path.rsplit("/", 1)[1] for path in read(result.manifest)["image"]} | {name.rsplit("/", 1)[-1] for name in reasons(result)}
    assert listed == {path.name for path in (real_data / "dicom_corner").rglob("*") if path.is_file() and path.name != "manifest.csv"}
    assert result.flow["images"] > 40


def test_a_scan_does_not_write_over_its_own_labels(folder, tmp_path):
    labels = tmp_path / "manifest.csv"
    labels.write_text("patient_id,label\nP1,a\n")
    with pytest.raises(ManifestError, match="write over it"):
        scan(folder, labels, out=tmp_path)
    assert labels.read_text().startswith("patient_id,label")
