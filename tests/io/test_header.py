"""Headers that lie are found before a pixel is decoded."""

import math

import fakes
import numpy as np
import pydicom
import pytest

from medimg.errors import UnreadableImage
from medimg.io.header import read_header


@pytest.mark.parametrize("keep", [0.95, 0.7])
def test_a_file_cut_inside_its_pixels_is_told_with_the_missing_bytes(tmp_path, keep):
    path = fakes.truncated(fakes.chest_film(tmp_path / "a.dcm"), keep)
    with pytest.raises(UnreadableImage, match=r"cut off: \d+ bytes of pixels where 24 x 20 .* need 960"):
        read_header(path)


def test_a_file_cut_inside_its_header_has_no_pixels(tmp_path):
    with pytest.raises(UnreadableImage, match="no pixel data"):
        read_header(fakes.truncated(fakes.chest_film(tmp_path / "a.dcm"), 0.2))


def test_every_cut_of_a_file_is_refused(tmp_path):
    path = fakes.chest_film(tmp_path / "a.dcm")
    content = path.read_bytes()
    for length in range(132, len(content) - 1, 13):
        path.write_bytes(content[:length])
        with pytest.raises(UnreadableImage):
            read_header(path)


def test_absurd_sizes_are_refused_without_decoding(tmp_path):
    with pytest.raises(UnreadableImage, match=r"40000 x 40000 .* absurd"):
        read_header(fakes.absurd(tmp_path / "a.dcm"))
    with pytest.raises(UnreadableImage, match="9000 x 9000 pixels cannot come out of 86 bytes"):
        read_header(fakes.absurd(tmp_path / "b.dcm", 9000, 9000))


def test_compressed_pixels_that_end_after_the_file_are_cut_off(tmp_path):
    path = fakes.chest_film(tmp_path / "a.dcm")
    data = pydicom.dcmread(path)
    data.compress(pydicom.uid.RLELossless)
    data.save_as(path)
    assert read_header(path).compressed
    with pytest.raises(UnreadableImage, match="cut off: compressed pixels end"):
        read_header(fakes.truncated(path, 0.9))


def test_a_deflated_file_is_read_and_a_deflated_bomb_is_not(tmp_path, monkeypatch):
    path = fakes.chest_film(tmp_path / "a.dcm")
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    data.save_as(path, enforce_file_format=True)
    assert read_header(path).rows == 24
    monkeypatch.setattr("medimg.io.intact.MAX_INFLATED", 500)
    with pytest.raises(UnreadableImage, match="deflated data grows beyond"):
        read_header(path)


def test_a_report_is_no_image(tmp_path):
    with pytest.raises(UnreadableImage, match=r"not an image \(SR\)"):
        read_header(fakes.without_pixels(tmp_path / "a.dcm"))


def test_position_along_the_normal_and_month_are_read(tmp_path):
    header = read_header(fakes.mr_slice(tmp_path / "a.dcm", z_mm=12.5))
    assert header.slice_mm() == pytest.approx(12.5)
    assert header.acquired_month == "2024-02"
    tilted = read_header(fakes.mr_slice(tmp_path / "b.dcm", ImageOrientationPatient=[0, 1, 0, 0, 0, -1], ImagePositionPatient=[7, 1, 2]))
    assert tilted.slice_mm() == pytest.approx(-7)  # sagittal: the normal is -x
    assert math.isnan(read_header(fakes.mr_slice(tmp_path / "c.dcm", ImageOrientationPatient=None)).slice_mm())


def test_detector_pitch_is_divided_by_the_magnification(tmp_path):
    header = read_header(fakes.chest_film(tmp_path / "a.dcm", spacing_mm=0.2, EstimatedRadiographicMagnificationFactor=1.25))
    assert header.spacing_mm() == pytest.approx((0.16, 0.16))
    assert read_header(fakes.dicom(tmp_path / "b.dcm", fakes.ramp(), PixelSpacing=[0, 1])).spacing_mm() is None


def test_a_bare_grey_data_set_is_read_as_it_was_parsed(tmp_path):
    path = fakes.chest_film(tmp_path / "a.dcm")
    data = pydicom.dcmread(path)
    pydicom.dcmwrite(path, pydicom.Dataset({element.tag: element for element in data}), implicit_vr=True, little_endian=True)
    assert path.read_bytes()[128:132] != b"DICM"
    assert read_header(path).syntax == "1.2.840.10008.1.2"


def test_random_byte_flips_never_crash(tmp_path):
    path = fakes.mr_slice(tmp_path / "a.dcm")
    content = bytearray(path.read_bytes())
    random = np.random.default_rng(0)
    for _ in range(300):
        flipped = bytearray(content)
        flipped[random.integers(132, len(content) - 800)] ^= 1 << random.integers(8)
        path.write_bytes(flipped)
        try:
            header = read_header(path)
        except UnreadableImage:
            continue
        assert header.rows * header.columns > 0
