import shutil
import subprocess

import numpy as np
import pydicom
import pytest
from pydicom.uid import MRImageStorage

from medimg.phantoms.mr import Series, uid, write_slice
from medimg.phantoms.signal import Sequence


@pytest.fixture
def series():
    return Series(
        patient_id="brain-001",
        sex="F",
        age=40,
        study_date="20190203",
        number=2,
        sequence="FLAIR",
        description="Ax T2 FLAIR",
        times=Sequence(9000, 120, 2500),
        agent="",
        pixel_mm=0.9,
        thickness_mm=5,
        site="north",
        manufacturer="GE MEDICAL SYSTEMS",
        model="Signa HDxt",
        tesla=1.5,
        key="test",
    )


def test_slice_is_read_back_as_it_was_written(tmp_path, series):
    pixels = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    write_slice(tmp_path / "a.dcm", pixels, series, (-28.35, -28.35, 12.5), 3)
    ds = pydicom.dcmread(tmp_path / "a.dcm")
    assert ds.SOPClassUID == MRImageStorage
    np.testing.assert_array_equal(ds.pixel_array, pixels)
    assert (ds.BitsAllocated, ds.BitsStored, ds.HighBit) == (16, 12, 11)
    assert [float(v) for v in ds.ImagePositionPatient] == [-28.35, -28.35, 12.5]
    assert float(ds.SliceLocation) == 12.5
    assert float(ds.InversionTime) == 2500
    assert list(ds.ScanningSequence) == ["SE", "IR"]


def test_series_of_one_patient_share_the_frame_of_reference_and_nothing_else(tmp_path, series):
    from dataclasses import replace

    other = replace(series, sequence="T1CE", times=Sequence(500, 10, contrast=True), agent="Gd-DTPA", number=3)
    pixels = np.ones((8, 8), np.uint16)
    heads = []
    for name, one in (("a", series), ("b", other)):
        write_slice(tmp_path / name, pixels, one, (0, 0, 0), 1)
        heads.append(pydicom.dcmread(tmp_path / name))
    a, b = heads
    assert a.FrameOfReferenceUID == b.FrameOfReferenceUID
    assert a.StudyInstanceUID == b.StudyInstanceUID
    assert a.SeriesInstanceUID != b.SeriesInstanceUID
    assert a.SOPInstanceUID != b.SOPInstanceUID
    assert "ContrastBolusAgent" not in a
    assert b.ContrastBolusAgent == "Gd-DTPA"
    assert "InversionTime" not in b


def test_uid_is_valid_and_depends_on_its_parts_only():
    assert uid("a", 1) == uid("a", 1) != uid("a", 2)
    assert pydicom.uid.UID(uid("a", 1)).is_valid


@pytest.mark.peer
@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")
@pytest.mark.parametrize("inversion", [0, 2500])
def test_dciodvfy_finds_no_error(tmp_path, series, inversion):
    from dataclasses import replace

    one = replace(series, times=Sequence(9000, 120, inversion, contrast=not inversion), agent="" if inversion else "Gd-DTPA")
    write_slice(tmp_path / "a.dcm", np.ones((64, 64), np.uint16), one, (0, 0, 0), 1)
    said = subprocess.run(["dciodvfy", str(tmp_path / "a.dcm")], capture_output=True, text=True, check=False)
    assert "Error" not in said.stderr + said.stdout
