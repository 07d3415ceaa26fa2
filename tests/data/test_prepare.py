import numpy as np
import pytest
from fakes import png, ramp

from medimg.data.prepare import Prepare, robust_maximum
from medimg.errors import UnreadableImage
from medimg.io import Image, read_image


def picture(pixels, *, spacing_mm=None, white=None):
    return Image(np.asarray(pixels, np.float32), "grey", spacing_mm, white)


def noise(rows, columns, seed=0):
    return np.random.default_rng(seed).uniform(1, 100, (rows, columns)).astype(np.float32)


def disc(size, radius, row, column):
    y, x = np.mgrid[:size, :size]
    return ((y - row) ** 2 + (x - column) ** 2 <= radius**2).astype(np.float32)


def test_the_same_settings_give_the_same_bits():
    image = picture(noise(70, 50))
    one, other = (Prepare(32)(image)[0] for _ in range(2))
    assert one.dtype == np.float32
    assert one.shape == (32, 32)
    assert (one == other).all()


@pytest.mark.parametrize("change", [{"size": 33}, {"normalise": "counts"}, {"crop": "foreground"}, {"field_mm": 100.0}])
def test_every_setting_is_part_of_what_the_cache_is_named_by(change):
    assert Prepare(32).spec != Prepare(**{"size": 32, **change}).spec


def test_counts_are_the_block_means_over_the_robust_maximum():
    counts = np.random.default_rng(1).poisson(20, (64, 64)).astype(np.float32)
    square, _ = Prepare(16, "counts")(picture(counts))
    blocks = counts.reshape(16, 4, 16, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(square, blocks / robust_maximum(counts), rtol=1e-5)


def test_counts_keep_the_proportion_of_two_regions_and_their_area():
    counts = 30 * disc(128, 15, 40, 40) + 10 * disc(128, 15, 90, 90)
    square, affine = Prepare(64, "counts")(picture(counts))
    first, second = square[:32, :32].sum(), square[32:, 32:].sum()
    assert first / second == pytest.approx(3, rel=1e-5)
    area = affine.row_scale * affine.column_scale
    assert square.sum() / area == pytest.approx(counts.sum() / robust_maximum(counts), rel=1e-5)


def test_one_hot_pixel_does_not_dim_the_others():
    counts = np.random.default_rng(2).poisson(50, (128, 128)).astype(np.float32)
    hot = counts.copy()
    hot[5, 5] = 2000
    plain, spoiled = (Prepare(128, "counts")(picture(pixels))[0] for pixels in (counts, hot))
    assert spoiled[40:, 40:].mean() > 0.6 * plain[40:, 40:].mean()
    assert spoiled.max() <= 2


def test_percentiles_map_to_nought_and_one_by_numpy():
    pixels = noise(40, 40)
    square, _ = Prepare(40, "percentile")(picture(pixels))
    low, high = np.percentile(np.delete(pixels.ravel(), pixels.argmin()), (1, 99))
    np.testing.assert_allclose(square, np.clip((pixels - low) / (high - low), 0, 1), atol=1e-5)


def test_percentiles_do_not_see_the_background():
    pixels = np.zeros((40, 40), np.float32)
    pixels[15:25, 15:25] = noise(10, 10) + 100
    square, _ = Prepare(40)(picture(pixels))
    assert 0.4 < np.median(square[15:25, 15:25]) < 0.6


@pytest.mark.parametrize("factor", [0.01, 7.0])
def test_percentiles_forget_the_scale_of_a_scanner(factor):
    pixels = noise(40, 40)
    one, other = (Prepare(32)(picture(p))[0] for p in (pixels, pixels * factor))
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_range_divides_by_the_stored_white():
    pixels = ramp(32, 32, 0, 4000)
    square, _ = Prepare(32, "range")(picture(pixels, white=4095))
    np.testing.assert_allclose(square, pixels / np.float32(4095), rtol=1e-6)


def test_range_without_a_white_is_refused_with_the_way_out():
    with pytest.raises(UnreadableImage, match=r"data\.normalise=percentile"):
        Prepare(32, "range")(picture(noise(20, 20)))


@pytest.mark.parametrize("normalise", ["range", "percentile", "counts"])
def test_sixteen_bits_stay_more_than_256_values(normalise, tmp_path):
    stored = np.random.default_rng(0).integers(0, 2**16, (128, 128), dtype=np.uint16)
    square, _ = Prepare(128, normalise)(read_image(png(tmp_path / "deep.png", stored)))
    assert len(np.unique(square)) > 5000


@pytest.mark.parametrize(("rows", "columns"), [(80, 40), (40, 80), (33, 77)])
def test_the_aspect_is_kept_and_the_rest_padded_with_nought(rows, columns):
    square, affine = Prepare(32, "range")(picture(np.ones((rows, columns)) * 5 + ramp(rows, columns, 0, 2), white=10))
    filled = square > 0.1
    assert filled.any(axis=1).sum() == round(32 * rows / max(rows, columns))
    assert filled.any(axis=0).sum() == round(32 * columns / max(rows, columns))
    assert affine.row_scale == pytest.approx(affine.column_scale, rel=0.05)


def head_with_text():
    """A head of 120 x 90 about (140, 110) in 256 x 256, and bright letters in the corner."""
    y, x = np.mgrid[:256, :256]
    head = 300.0 * (((y - 140) / 60) ** 2 + ((x - 110) / 45) ** 2 <= 1)
    head += np.random.default_rng(0).normal(5, 2, head.shape)
    head[5:17, 5:60:4] = 1000
    return picture(head)


def test_foreground_is_the_head_without_margins_and_without_text():
    square, affine = Prepare(64, crop="foreground")(head_with_text())
    top, left = -affine.row_offset / affine.row_scale, -affine.column_offset / affine.column_scale
    height, width = 64 / affine.row_scale, 64 / affine.column_scale
    assert top == pytest.approx(80 - 5 - 2, abs=4)
    assert top + height == pytest.approx(200 + 5 + 2, abs=4)
    assert left + width / 2 == pytest.approx(110, abs=3)
    assert square[32, 32] > 0.3


def test_foreground_of_a_picture_that_is_all_object_is_the_whole():
    _, affine = Prepare(64, crop="foreground")(picture(noise(100, 100) + 50))
    assert 64 / affine.row_scale == pytest.approx(100, abs=3)


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0), (0.5, 0.5), (2.0, 2.0), (1.0, 2.0), (2.0, 0.8)])
def test_a_field_of_view_shows_the_same_object_at_the_same_size(spacing_mm):
    """A disc of 40 mm radius, imaged with other pixel sizes over fields of other widths."""
    rows, columns = round(300 / spacing_mm[0]), round(240 / spacing_mm[1])
    y, x = np.mgrid[:rows, :columns].astype(float)
    y, x = (y + 0.5 - rows / 2) * spacing_mm[0], (x + 0.5 - columns / 2) * spacing_mm[1]
    square, _ = Prepare(64, "range", field_mm=160)(picture(np.hypot(y, x) <= 40, spacing_mm=spacing_mm, white=1))
    inside = square > 0.5
    pixel_mm = 160 / 64
    assert inside.sum() * pixel_mm**2 == pytest.approx(np.pi * 40**2, rel=0.06)
    assert inside.any(axis=0).sum() == pytest.approx(80 / pixel_mm, abs=1.5)
    assert inside.any(axis=1).sum() == pytest.approx(80 / pixel_mm, abs=1.5)


def test_a_field_of_view_beyond_the_picture_is_padded():
    square, _ = Prepare(32, "range", field_mm=64)(picture(np.ones((32, 32)) + ramp(32, 32, 0, 1), spacing_mm=(1, 1), white=2))
    assert (square[8:24, 8:24] > 0.4).all()
    assert (abs(square[:5]) < 0.01).all()
    assert (abs(square[:, 27:]) < 0.01).all()


def test_without_a_spacing_the_field_of_view_is_the_picture():
    image = picture(noise(40, 40))
    assert (Prepare(32, field_mm=10)(image)[0] == Prepare(32)(image)[0]).all()


@pytest.mark.parametrize(
    "how",
    [Prepare(64, "range"), Prepare(50, "range", field_mm=90), Prepare(80, "range", field_mm=140), Prepare(64, "range", crop="foreground")],
)
@pytest.mark.parametrize("place", [(30, 60), (70, 45)])
def test_the_affine_map_sends_a_marked_pixel_where_it_is_seen(how, place):
    pixels = np.zeros((100, 120), np.float32)
    pixels[20:80, 30:90] = 20
    pixels[place[0] - 2 : place[0] + 3, place[1] - 2 : place[1] + 3] = 200
    square, a = how(picture(pixels, spacing_mm=(1, 1), white=200))
    seen = np.argwhere(square > 0.6).mean(axis=0) + 0.5
    expected = (place[0] + 0.5) * a.row_scale + a.row_offset, (place[1] + 0.5) * a.column_scale + a.column_offset
    np.testing.assert_allclose(seen, expected, atol=0.75)


def test_a_picture_of_one_value_is_refused_by_its_name():
    with pytest.raises(UnreadableImage, match="film 7: every pixel has the same value"):
        Prepare(32)(picture(np.full((20, 20), 7)), "film 7")


def test_a_field_of_view_with_nothing_in_it_is_refused():
    pixels = np.zeros((100, 100), np.float32)
    pixels[2, 2] = 50
    with pytest.raises(UnreadableImage, match=r"data\.field_mm=20"):
        Prepare(32, field_mm=20)(picture(pixels, spacing_mm=(1, 1)))


def test_a_picture_with_a_value_that_is_no_number_is_refused():
    pixels = noise(20, 20)
    pixels[3, 3] = np.nan
    with pytest.raises(UnreadableImage, match="no numbers"):
        Prepare(32)(picture(pixels))
