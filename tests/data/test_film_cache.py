import csv

import fakes
import films
import numpy as np
import pytest

from medimg.data.film_cache import FilmCache
from medimg.data.film_frame import framed, squared
from medimg.errors import ManifestError
from medimg.io import read_manifest
from medimg.io.film_reader import FilmFile, read_film

ORGANS = ("lung_r", "lung_l", "heart")
SIZE = 64


@pytest.fixture
def manifest(tmp_path):
    return films.cohort(tmp_path / "films")


def change(manifest, change):
    """Change the first row of the manifest, a PA film; returns the films of the view again."""
    rows = list(csv.DictReader(manifest.open()))
    rows[0] |= change
    fakes.table(manifest, rows, list(rows[0]))
    return frontal(manifest)


def frontal(manifest):
    rows = read_manifest(manifest, label=None).rows
    return rows[rows["mask_lung_r"] != ""].assign(view="PA").reset_index(drop=True)


def filled(rows):
    cache = FilmCache(ORGANS, SIZE)
    cache.fill(rows)
    return cache


def test_films_and_masks_are_those_that_a_quality_run_sees(manifest):
    rows = frontal(manifest)
    batch = filled(rows).films(rows).__getitems__([1, 0])
    read = read_film(FilmFile(rows["path"][1], {"view": "PA"}, {"heart": rows["mask_heart"][1]}))
    assert batch["id"] == [rows["id"][1], rows["id"][0]]
    np.testing.assert_array_equal(batch["image"][0, 0], squared(framed(read.pixels[read.within]), SIZE))
    np.testing.assert_array_equal(batch["mask"][0, 2], squared(framed(read.masks["heart"].astype(np.float32)), SIZE) >= 0.5)
    assert batch["mask"][0].float().mean() > 0.05


def test_a_film_stored_the_other_way_round_is_turned_with_its_masks(manifest):
    """The file's columns lead to the patient's right, so film and masks are mirrored."""
    rows = frontal(manifest)
    before = filled(rows).films(rows)[0]
    films.film(manifest.parent, "p0pa", patient="PID-0", PatientOrientation=["R", "F"])
    rows = frontal(manifest)
    after = filled(rows).films(rows)[0]
    np.testing.assert_array_equal(after["mask"], before["mask"].flip(-1))


def test_an_organ_without_a_mask_is_not_known(manifest):
    rows = change(manifest, {"mask_heart": ""})
    batch = filled(rows).films(rows).__getitems__([0, 1])
    assert batch["known"].tolist() == [[True, True, False], [True, True, True]]
    assert not batch["mask"][0, 2].any()


def test_films_are_read_once_and_those_of_changed_masks_again(manifest):
    rows = frontal(manifest)
    cache = FilmCache(ORGANS, SIZE)
    assert [cache.missing(rows), cache.fill(rows), cache.fill(rows), cache.missing(rows)] == [2, 2, 0, 0]
    films.Image.fromarray(np.zeros((250, 250), bool)).save(rows["mask_heart"][0])
    assert cache.fill(rows) == 1
    assert not cache.films(rows)[0]["mask"][0, 2].any()


def test_masks_of_another_size_are_told_by_film(manifest):
    rows = frontal(manifest)
    films.Image.fromarray(np.zeros((25, 25), bool)).save(rows["mask_heart"][1])
    with pytest.raises(ManifestError, match=f"film {rows['id'][1]}: its mask of heart has 25 x 25 pixels"):
        FilmCache(ORGANS, SIZE).fill(rows)
