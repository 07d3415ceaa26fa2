import shutil
import subprocess

import numpy as np
import pydicom
import pytest

from medimg.phantoms.nm import ENERGY_WINDOW_KEV, Static, uid, write_static

FACTS = Static("THY-0001", "F", 46, "20180304", "A", "Camera A", "PARA", (2.155, 2.155), 600_000, 185.0)


@pytest.fixture
def written(tmp_path):
    counts = np.arange(16, dtype=np.uint16).reshape(4, 4)
    counts[0, 0] = 65535
    write_static(tmp_path / "a.dcm", counts, FACTS, "test")
    return tmp_path / "a.dcm", counts


def test_counts_come_back_as_they_were_written(written):
    path, counts = written
    np.testing.assert_array_equal(pydicom.dcmread(path).pixel_array, counts)


def test_header_says_one_static_anterior_frame_of_technetium(written):
    file = pydicom.dcmread(written[0])
    assert file.SOPClassUID == pydicom.uid.NuclearMedicineImageStorage
    assert list(file.ImageType) == ["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"]
    assert [pydicom.datadict.keyword_for_tag(tag) for tag in file.FrameIncrementPointer] == ["EnergyWindowVector", "DetectorVector"]
    assert (file.NumberOfFrames, file.EnergyWindowVector, file.DetectorVector) == (1, 1, 1)
    window = file.EnergyWindowInformationSequence[0].EnergyWindowRangeSequence[0]
    assert (window.EnergyWindowLowerLimit, window.EnergyWindowUpperLimit) == ENERGY_WINDOW_KEV
    assert ENERGY_WINDOW_KEV[0] < 140 < ENERGY_WINDOW_KEV[1]
    assert file.DetectorInformationSequence[0].ViewCodeSequence[0].CodeValue == "399321004"
    assert file.PixelSpacing == [2.155, 2.155]


def test_counts_accumulated_is_the_sum_of_the_pixels(written):
    path, counts = written
    assert pydicom.dcmread(path).CountsAccumulated == counts.sum(dtype=np.int64)


def test_same_patient_has_the_same_uids_and_another_cohort_others(tmp_path):
    counts = np.ones((4, 4), np.uint16)
    for name, cohort in (("a", "one"), ("b", "one"), ("c", "two")):
        write_static(tmp_path / name, counts, FACTS, cohort)
    a, b, c = (pydicom.dcmread(tmp_path / name) for name in "abc")
    assert a.SOPInstanceUID == b.SOPInstanceUID != c.SOPInstanceUID
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len({a.SOPInstanceUID, a.SeriesInstanceUID, a.StudyInstanceUID}) == 3


def test_uids_are_valid_and_fit_64_characters():
    assert all(pydicom.uid.UID(uid("x", str(k))).is_valid for k in range(100))


def test_header_names_no_person_and_says_it_is_simulated(written):
    file = pydicom.dcmread(written[0])
    assert file.PatientIdentityRemoved == "YES"
    assert "phantom" in file.Manufacturer
    assert str(file.PatientName).startswith("PHANTOM")


@pytest.mark.peer
@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")
def test_another_program_finds_no_error_in_the_file(written):
    said = subprocess.run(["dciodvfy", str(written[0])], capture_output=True, text=True, check=False)
    assert "Error" not in said.stderr + said.stdout
