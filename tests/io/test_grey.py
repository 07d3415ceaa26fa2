"""Stored values get their meaning: table, window where asked, one inversion on the fixed scale."""

import fakes
import numpy as np
import pytest
from pydicom import Dataset

from medimg.errors import UnreadableImage
from medimg.io import read_image


def test_monochrome1_is_inverted_once_on_the_stored_scale(tmp_path):
    pixels = fakes.ramp(low=100, high=3000)
    for number, tags in enumerate(({}, {"PresentationLUTShape": "INVERSE"}, {"PresentationLUTShape": "IDENTITY"})):
        image = read_image(fakes.chest_film(tmp_path / f"{number}.dcm", pixels, **tags))
        np.testing.assert_array_equal(image.pixels, 4095 - pixels.astype(np.float32))
        assert (image.unit, image.white) == ("grey", 4095)


def test_monochrome2_stays(tmp_path):
    np.testing.assert_array_equal(
        read_image(fakes.chest_film(tmp_path / "a.dcm", fakes.ramp(), photometric="MONOCHROME2")).pixels, fakes.ramp()
    )


def test_counts_and_hu_are_never_inverted(tmp_path):
    path = fakes.scintigram(tmp_path / "a.dcm", windows=1, detectors=1, PhotometricInterpretation="MONOCHROME1")
    assert set(read_image(path).pixels.flat) == {110}


def test_ct_is_in_hu(tmp_path):
    path = fakes.dicom(tmp_path / "a.dcm", fakes.ramp(), modality="CT", bits=12, RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU")
    image = read_image(path)
    assert (image.unit, image.white, image.pixels.min(), image.pixels.max()) == ("hu", None, -1024, 3071)


def test_mr_has_an_open_scale(tmp_path):
    image = read_image(fakes.mr_slice(tmp_path / "a.dcm", RescaleSlope=2, RescaleIntercept=1))
    assert (image.unit, image.white, image.pixels.min(), image.pixels.max()) == ("grey", None, 1, 1801)
    assert image.spacing_mm == (0.5, 0.5)


def test_signed_films_start_at_black(tmp_path):
    image = read_image(fakes.chest_film(tmp_path / "a.dcm", fakes.ramp(low=-2048, high=2047, dtype=np.int16), photometric="MONOCHROME2"))
    assert (image.white, image.pixels.min(), image.pixels.max()) == (4095, 0, 4095)


def test_old_overlays_above_the_high_bit_are_no_part_of_the_value(tmp_path):
    pixels = fakes.ramp() | np.uint16(0x8000)
    np.testing.assert_array_equal(read_image(fakes.chest_film(tmp_path / "a.dcm", pixels, photometric="MONOCHROME2")).pixels, fakes.ramp())


def test_a_modality_table_is_applied_before_the_inversion(tmp_path):
    table = Dataset()
    table.LUTDescriptor, table.ModalityLUTType = [4, 0, 8], "US"
    table.add_new(0x00283006, "US", [0, 10, 20, 200])
    pixels = np.array([[0, 1], [2, 3]], np.uint8)
    image = read_image(fakes.chest_film(tmp_path / "a.dcm", pixels, bits=8, ModalityLUTSequence=[table]))
    assert image.pixels.tolist() == [[255, 245], [235, 55]]


def test_a_window_is_applied_only_on_request_and_before_the_inversion(tmp_path):
    path = fakes.chest_film(tmp_path / "a.dcm", fakes.ramp(), WindowCenter=[2048, 1], WindowWidth=[1024, 1])
    assert read_image(path).white == 4095
    image = read_image(path, voi=True)
    assert image.white == 1
    assert image.pixels.flat[0] == 1
    assert image.pixels.flat[-1] == 0
    shown = (fakes.ramp() - 2047.5) / 1023 + 0.5
    np.testing.assert_allclose(image.pixels, 1 - np.clip(shown, 0, 1), atol=1e-4)


def viewing_table(entries, first, bits, kind="US"):
    table = Dataset()
    table.LUTDescriptor = [len(entries), first, bits]
    packed = np.asarray(entries, "u1" if bits == 8 else "<u2").tobytes()
    table.add_new(0x00283006, kind, list(entries) if kind == "US" else packed)
    return table


@pytest.mark.parametrize("kind", ["US", "OW"])
def test_a_table_for_viewing_takes_what_the_modality_gives(tmp_path, kind):
    """Stored 0 to 4095 with slope 2 and intercept 100: the table speaks of 100 to 8290, of which it has 1,000 to 5,095."""
    path = fakes.chest_film(
        tmp_path / "a.dcm", fakes.ramp(), photometric="MONOCHROME2", RescaleSlope=2, RescaleIntercept=100,
        VOILUTSequence=[viewing_table(np.arange(4096), 1000, 12, kind)],
    )  # fmt: skip
    image = read_image(path, voi=True)
    wanted = np.clip(2.0 * fakes.ramp() + 100 - 1000, 0, 4095) / 4095
    np.testing.assert_allclose(image.pixels, wanted, atol=1e-6)


@pytest.mark.parametrize("kind", ["US", "OW"])
def test_a_table_for_viewing_may_have_more_entries_than_levels(tmp_path, kind):
    entries = np.arange(4096) // 16
    path = fakes.chest_film(
        tmp_path / "a.dcm", fakes.ramp(), photometric="MONOCHROME2", VOILUTSequence=[viewing_table(entries, 0, 8, kind)]
    )
    np.testing.assert_allclose(read_image(path, voi=True).pixels, entries[fakes.ramp()] / 255, atol=1e-6)


def test_a_table_for_viewing_that_is_cut_short_is_left_alone_and_logged(tmp_path, caplog):
    table = viewing_table(np.arange(100), 0, 12)
    table.LUTDescriptor = [4096, 0, 12]
    with caplog.at_level("INFO"):
        assert read_image(fakes.chest_film(tmp_path / "a.dcm", VOILUTSequence=[table]), voi=True).white == 4095
    assert "100 entries that should have 4096" in caplog.text


@pytest.mark.parametrize(("centre", "width"), [(2048, 0), (2048, -5), (60000, 100)])
def test_an_implausible_window_is_left_alone_and_logged(tmp_path, caplog, centre, width):
    path = fakes.chest_film(tmp_path / "a.dcm", WindowCenter=centre, WindowWidth=width)
    with caplog.at_level("INFO"):
        assert read_image(path, voi=True).white == 4095
    assert "full stored scale" in caplog.text


def test_colour_becomes_luminance(tmp_path):
    colours = np.zeros((2, 2, 3), np.uint8)
    colours[0, 0], colours[0, 1], colours[1, 0] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    image = read_image(fakes.dicom(tmp_path / "a.dcm", colours, photometric="RGB"))
    np.testing.assert_allclose(image.pixels, [[76.245, 149.685], [29.07, 0]], rtol=1e-5)
    assert image.white == 255


def test_a_slope_of_zero_is_refused(tmp_path):
    with pytest.raises(UnreadableImage, match="Rescale Slope"):
        read_image(fakes.chest_film(tmp_path / "a.dcm", RescaleSlope=0, RescaleIntercept=0))


def test_a_constant_image_stays_constant(tmp_path):
    image = read_image(fakes.chest_film(tmp_path / "a.dcm", np.full((8, 8), 7, np.uint16)))
    assert set(image.pixels.flat) == {4088}
