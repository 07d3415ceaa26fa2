"""Real beside generated pictures: every pixel a square, one scale for all, nothing but pixels in the file."""

import numpy as np
import pytest
from fonts import chinese_font, only_matplotlibs
from PIL import Image

from medimg.recipes.generating.montage import APART, CAPTION, GAP, MARGIN, file_name, montage


def drawn(path):
    with Image.open(path) as picture:
        assert picture.mode == "L"
        assert not picture.info
        return np.asarray(picture)


@pytest.mark.parametrize(("size", "zoom"), [(32, 2), (16, 4), (128, 1), (200, 1)])
def test_pixels_are_square_and_halves_stand_on_their_sides(tmp_path, size, zoom):
    rng = np.random.default_rng(0)
    real, made = rng.random((3, size, size)), rng.random((2, size, size))
    real[0, 0, 0], real[1] = 0.0, 5.0
    montage(real, made, "goitre|reduced_uptake", tmp_path / "a.png")
    sheet, side = drawn(tmp_path / "a.png"), size * zoom
    half = (sheet.shape[1] - MARGIN) // 2
    blocks = sheet[CAPTION : CAPTION + side, : 2 * side + GAP]
    assert (blocks[:, side + GAP :] == 255).all()
    tile = blocks[:, :side]
    assert (tile == tile[::zoom, ::zoom].repeat(zoom, axis=0).repeat(zoom, axis=1)).all()
    right = sheet[CAPTION : CAPTION + side, half + MARGIN : half + MARGIN + side]
    assert (right[::zoom, ::zoom] == (made[0] / 5 * 255).astype(np.uint8)).all()


def test_generated_pictures_keep_the_scale_of_the_real_ones(tmp_path):
    real = np.tile(np.linspace(0, 1, 32), (40, 32, 1))
    montage(real, np.full((40, 32, 32), 0.5), "normal", tmp_path / "a.png")
    sheet = drawn(tmp_path / "a.png")
    assert 120 < np.median(sheet[CAPTION:, sheet.shape[1] // 2 + MARGIN :][sheet[CAPTION:, sheet.shape[1] // 2 + MARGIN :] > 0]) < 135


def test_the_closest_pairs_stand_below_each_other_generated_first(tmp_path):
    dark, bright = np.zeros((1, 32, 32)), np.ones((1, 32, 32))
    real = np.concatenate([dark, bright])
    montage(real, dark, "normal", tmp_path / "without.png")
    montage(real, dark, "normal", tmp_path / "with.png", closest=np.tile(np.concatenate([dark, bright])[None], (20, 1, 1, 1)))
    strip = drawn(tmp_path / "with.png")[len(drawn(tmp_path / "without.png")) + CAPTION :]
    assert strip.shape[0] == 64
    assert (strip[:, :64] == 0).all()
    assert (strip[:, 64:128] == 255).all()
    assert (strip[:, 128 : 128 + APART + 64] == 0).all()
    assert (strip[:, 128 + APART + 64] == 255).all()


def test_the_same_pictures_give_the_same_file(tmp_path):
    rng = np.random.default_rng(1)
    real, made = rng.random((9, 32, 32)), rng.random((9, 32, 32))
    for name in "ab":
        montage(real, made, "normal", tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_group_of_any_name_has_a_file_inside_its_folder():
    assert file_name("goitre|reduced_uptake") == "goitre+reduced_uptake.png"
    assert file_name("../a/b c") == "___a_b_c.png"


@pytest.fixture
def drawn_for(tmp_path):
    """The file of a group of this name, of the same images each time."""
    images = np.random.default_rng(1).random((9, 32, 32))

    def draw(name):
        montage(images, images, name, tmp_path / "a.png")
        return (tmp_path / "a.png").read_bytes()

    return draw


def test_a_name_that_no_font_can_draw_is_left_out_and_never_drawn_as_boxes(drawn_for, monkeypatch):
    only_matplotlibs(monkeypatch)
    assert drawn_for("甲") == drawn_for("甲状腺|结节")
    assert len({drawn_for(name) for name in ("甲", "goitre", "kröpfe")}) == 3


def test_a_name_is_drawn_in_a_font_that_has_its_letters(drawn_for, tmp_path, monkeypatch):
    chinese_font(tmp_path / "c.ttf", monkeypatch)
    assert len({drawn_for(name) for name in ("肿", "甲", "甲状腺|结节")}) == 3
