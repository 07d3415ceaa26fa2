"""PNG, JPEG and TIFF keep their depth; colour becomes luminance."""

import fakes
import numpy as np
import pytest
from PIL import Image as Pillow

from medimg.errors import UnreadableImage
from medimg.io import read_image


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65535)])
@pytest.mark.parametrize("write", [fakes.png, fakes.tiff])
def test_grey_values_are_kept_bit_by_bit(tmp_path, write, dtype, white):
    pixels = fakes.ramp(high=white, dtype=dtype)
    image = read_image(write(tmp_path / "a.bin", pixels))
    np.testing.assert_array_equal(image.pixels, pixels)
    assert (image.unit, image.white, image.spacing_mm) == ("grey", white, None)


def test_a_jpeg_of_one_grey_is_that_grey(tmp_path):
    assert set(read_image(fakes.jpeg(tmp_path / "a.png", np.full((16, 16), 77, np.uint8))).pixels.flat) == {77}


def test_luminance_is_itu_601_without_rounding_and_alpha_is_ignored(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (8, 8, 4), dtype=np.uint8)
    image = read_image(fakes.png(tmp_path / "a.png", colours))
    np.testing.assert_allclose(image.pixels, colours[..., :3] @ [0.299, 0.587, 0.114], rtol=1e-5)
    shown = np.asarray(Pillow.fromarray(colours[..., :3]).convert("L"), float)
    assert np.abs(image.pixels - shown).max() <= 1


def test_grey_saved_as_colour_is_exactly_that_grey(tmp_path):
    pixels = fakes.ramp(high=255, dtype=np.uint8)
    np.testing.assert_array_equal(read_image(fakes.png(tmp_path / "a.png", np.stack([pixels] * 3, axis=-1))).pixels, pixels)


def test_a_palette_is_resolved(tmp_path):
    picture = Pillow.fromarray(np.array([[0, 1], [1, 0]], np.uint8), mode="P")
    picture.putpalette([10, 10, 10, 200, 200, 200])
    picture.save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").pixels.tolist() == [[10, 200], [200, 10]]


def test_a_bilevel_picture_is_black_and_white(tmp_path):
    Pillow.fromarray(np.array([[0, 255]], np.uint8)).convert("1").save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").pixels.tolist() == [[0, 255]]


def test_the_exif_orientation_is_ignored(tmp_path):
    exif = Pillow.Exif()
    exif[0x0112] = 6
    assert read_image(fakes.jpeg(tmp_path / "a.jpg", fakes.ramp(8, 16, high=255, dtype=np.uint8), exif=exif)).pixels.shape == (8, 16)


def test_white_is_zero_tiffs_are_turned(tmp_path):
    image = read_image(fakes.tiff(tmp_path / "a.tif", np.array([[0, 255]], np.uint8), photometric="miniswhite"))
    assert image.pixels.tolist() == [[255, 0]]


def test_pages_are_asked_for(tmp_path):
    path = fakes.tiff(tmp_path / "a.tif", np.stack([fakes.ramp(), fakes.ramp()[::-1]]), photometric="minisblack")
    with pytest.raises(UnreadableImage, match="holds 2 pages"):
        read_image(path)
    np.testing.assert_array_equal(read_image(path, 1).pixels, fakes.ramp()[::-1])
    with pytest.raises(UnreadableImage, match="frame 2 does not exist"):
        read_image(path, 2)


@pytest.mark.parametrize(("write", "kind"), [(fakes.png, "PNG"), (fakes.jpeg, "JPEG"), (fakes.tiff, "TIFF")])
def test_cut_files_are_refused_by_kind(tmp_path, write, kind):
    path = fakes.truncated(write(tmp_path / "secret.bin", np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)))
    with pytest.raises(UnreadableImage, match=f"^row 3: the {kind} file is damaged"):
        read_image(path, name="row 3")


def test_the_real_pictures_are_read(real_data):
    for path in [*sorted((real_data / "chest_qc" / "images").iterdir())[:15], *sorted((real_data / "nm_thyroid" / "images").iterdir())]:
        image = read_image(path)
        shown = np.asarray(Pillow.open(path).convert("L"), float)
        if image.white == 255:
            assert np.abs(image.pixels - shown).max() <= 1
