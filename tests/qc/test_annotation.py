"""Text and marks over the lungs are found, anatomy is not."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from qc.shapes import Pose, by_name, frontal, frontal_masks, grey, lateral
from scipy import ndimage

from medimg.qc.film import Film
from medimg.qc.registry import measure

LUNG = (230, 130)  # row, column of a place within the right lung
OUTSIDE = (60, 30)


def ribs_and_vessels(picture, seed=0):
    """Add curved ribs, short vessels and a few calcified nodes."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    picture = picture + 0.06 * (np.sin(2 * np.pi * (rows + 0.3 * np.abs(columns - 250)) / 26) > 0.2)
    vessels = np.zeros(picture.shape)
    for _ in range(60):
        row, column, width = rng.uniform(100, 400), rng.uniform(80, 420), rng.uniform(1.5, 4)
        away = np.abs((rows - row) * np.cos(column) + (columns - column) * np.sin(column))
        np.maximum(vessels, 0.09 * np.exp(-((away / width) ** 2)) * (np.hypot(rows - row, columns - column) < 40), out=vessels)
    picture = picture + vessels
    for _ in range(6):  # calcified nodes
        picture += 0.06 * np.exp(-(((rows - rng.uniform(150, 350)) ** 2 + (columns - rng.uniform(90, 410)) ** 2) / 18))
    return ndimage.gaussian_filter(picture, 0.8).astype(np.float32)


def written(picture, place, text="R 12:30", size=18, value=1.0):
    """Burn text in: the picture and its pixels."""
    image = Image.new("L", picture.shape[::-1])
    ImageDraw.Draw(image).text(place[::-1], text, fill=255, font=ImageFont.load_default(size))
    ink = np.asarray(image, dtype=np.float32) / 255
    return (picture * (1 - ink) + value * ink).astype(np.float32), ink > 0.5


STRAIGHT = Pose()


def annotation(picture, masks=None, pose=STRAIGHT):
    masks = masks or frontal_masks(pose)
    return by_name(measure(Film("PA", masks, picture, (0, 0, *pose.shape), pose.spacing)))["annotation_over_lung"]


@pytest.mark.parametrize("seed", range(5))
def test_ribs_vessels_and_nodes_are_no_annotation(seed):
    assert annotation(ribs_and_vessels(grey(frontal_masks(), noise=0.015, seed=seed), seed)).value == 0


@pytest.mark.parametrize("size", [10, 14, 24])
def test_text_over_the_lung_is_found_with_its_area(size):
    picture, ink = written(ribs_and_vessels(grey(frontal_masks())), LUNG, size=size)
    value = annotation(picture)
    assert value.value == pytest.approx((ink & frontal_masks()["lung_r"]).sum(), rel=0.35)
    assert all(mark.label == "annotation" for mark in value.marks)


def test_text_beside_the_lungs_does_not_count():
    assert annotation(written(ribs_and_vessels(grey(frontal_masks())), OUTSIDE)[0]).value == 0


def test_text_that_was_made_smaller_with_the_film_is_found():
    pose = Pose(spacing=0.2, shape=(2000, 2000))
    picture, _ = written(grey(frontal_masks(pose), blur=4), (920, 520), size=60)
    small = picture.reshape(500, 4, 500, 4).mean(axis=(1, 3)).astype(np.float32)
    assert annotation(small).value > 50


def test_a_filled_mark_is_found_by_its_saturation():
    picture = ribs_and_vessels(grey(frontal_masks()))
    picture[200:225, 130:150] = 1.2
    assert annotation(picture).value == pytest.approx(500, abs=5)


def test_a_finer_film_finds_text_too():
    pose = Pose(spacing=0.4, shape=(1000, 1000))
    picture, ink = written(grey(frontal_masks(pose), blur=2.4), (460, 260), size=32)
    assert annotation(picture, pose=pose).value == pytest.approx((ink & frontal_masks(pose)["lung_r"]).sum(), rel=0.35)


def test_an_overlay_counts_where_it_covers_the_lungs():
    masks = frontal_masks()
    masks["annotation"] = np.zeros((500, 500), dtype=bool)
    masks["annotation"][240:260, 100:600] = True
    expected = (masks["annotation"] & (masks["lung_r"] | masks["lung_l"])).sum()
    assert annotation(grey(frontal_masks()), masks).value == expected


def test_noise_and_single_pixels_are_no_annotation():
    picture = grey(frontal_masks(), noise=0.06)
    picture[::37, ::41] = 1.0
    assert annotation(picture).value == 0


def test_text_at_the_frame_and_on_laterals_is_found():
    film = frontal(field=(0, 0, 500, 500))
    masks = {organ: np.roll(mask, -82, axis=1) for organ, mask in film.masks.items()}
    masks["lung_r"][:, 400:] = False
    assert annotation(written(grey(masks), (LUNG[0], 2), size=20)[0], masks).value > 50
    side = lateral()
    picture = written(side.pixels, (200, 240))[0]
    assert by_name(measure(Film("LAT", side.masks, picture, side.field, 0.8)))["annotation_over_lung"].value > 50
