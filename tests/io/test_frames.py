"""Nuclear medicine frames are found by their vectors, never by position."""

import fakes
import pytest

from medimg.errors import UnreadableImage
from medimg.io import read_image


def test_the_default_is_the_anterior_view_in_the_photopeak(tmp_path):
    image = read_image(fakes.scintigram(tmp_path / "a.dcm"))
    assert (image.unit, image.white) == ("counts", None)
    assert set(image.pixels.flat) == {120}


@pytest.mark.parametrize(("frame", "counts"), [(0, 110), (1, 120), (2, 210), (3, 220)])
def test_each_frame_can_be_asked_for(tmp_path, frame, counts):
    assert set(read_image(fakes.scintigram(tmp_path / "a.dcm"), frame).pixels.flat) == {counts}


def test_vectors_in_another_order_give_the_same_image(tmp_path):
    path = fakes.scintigram(tmp_path / "a.dcm", EnergyWindowVector=[2, 2, 1, 1], DetectorVector=[2, 1, 2, 1])
    assert set(read_image(path).pixels.flat) == {210}


def test_another_tracer_has_another_photopeak(tmp_path):
    from pydicom import Dataset

    code, tracer = Dataset(), Dataset()
    code.CodeMeaning = "^123^Iodine"
    tracer.RadionuclideCodeSequence = [code]
    windows = [fakes.window(126, 154), fakes.window(143, 175)]
    path = fakes.scintigram(tmp_path / "a.dcm", EnergyWindowInformationSequence=windows, RadiopharmaceuticalInformationSequence=[tracer])
    assert set(read_image(path).pixels.flat) == {220}


def test_views_without_codes_are_told_by_angle_or_direction(tmp_path):
    back, front = fakes.detector("", "?"), fakes.detector("", "?")
    back.StartAngle, front.StartAngle = 0, 180
    path = fakes.scintigram(tmp_path / "a.dcm", DetectorInformationSequence=[front, back])
    assert set(read_image(path).pixels.flat) == {110}
    del back.StartAngle, front.StartAngle
    back.ImageOrientationPatient, front.ImageOrientationPatient = [-1, 0, 0, 0, 0, -1], [1, 0, 0, 0, 0, -1]
    path = fakes.scintigram(tmp_path / "b.dcm", DetectorInformationSequence=[back, front])
    assert set(read_image(path).pixels.flat) == {120}


def test_what_the_header_does_not_tell_is_asked(tmp_path):
    unknown = [fakes.detector("", "?"), fakes.detector("", "?")]
    with pytest.raises(UnreadableImage, match=r"does not tell which is the anterior view. Say which frame in the column frame \(0 to 3\)"):
        read_image(fakes.scintigram(tmp_path / "a.dcm", DetectorInformationSequence=unknown))
    with pytest.raises(UnreadableImage, match="which is the photopeak window"):
        read_image(fakes.scintigram(tmp_path / "b.dcm", EnergyWindowInformationSequence=[]))
    with pytest.raises(UnreadableImage, match="several phases, times or angles"):
        read_image(fakes.scintigram(tmp_path / "c.dcm", EnergyWindowVector=[1] * 4, DetectorVector=[2] * 4))
