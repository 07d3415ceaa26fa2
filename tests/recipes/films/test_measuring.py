"""A film is measured the same, to the bit, however its file stores it: so a rule flips at the same limit for each of them."""

import fakes
import numpy as np
import pytest
from films import POSE
from PIL import Image
from pydicom import dcmread
from qc.shapes import frontal_masks, grey

from medimg.io.film_reader import FilmFile, read_film
from medimg.recipes.films.measuring import measured
from medimg.recipes.films.segmenting import Organs

SYNTAXES = {"explicit": "", "RLE": "1.2.840.10008.1.2.5", "JPEG-LS": "1.2.840.10008.1.2.4.80", "JPEG 2000": "1.2.840.10008.1.2.4.90"}
TURNS = {
    "upright": (lambda plane: plane, ["L", "F"]),
    "mirrored": (lambda plane: plane[:, ::-1], ["R", "F"]),
    "upside down": (lambda plane: plane[::-1, ::-1], ["R", "H"]),
    "on its side": (lambda plane: plane.T, ["F", "L"]),
}
OF_GREY = {
    "lung_grey",
    "organ_contrast",
    "retrocardiac_visibility",
    "sharpness",
    "noise",
    "polarity",
    "clipped_lung",
    "annotation_over_lung",
}


def values(folder, *, bits=12, look="MONOCHROME2", syntax="", turn="upright", times=1):
    """Values by metric of one film, stored so; `times` as many pixels a side, each as much smaller."""
    way, letters = TURNS[turn]
    masks = {organ: np.kron(mask, np.ones((times, times), bool)) for organ, mask in frontal_masks(POSE).items()}
    shown = np.kron(np.clip(grey(frontal_masks(POSE)), 0, 1), np.ones((times, times)))
    top = 2**bits - 1
    stored = (top * (1 - shown if look == "MONOCHROME1" else shown)).round().astype(np.uint8 if bits == 8 else np.uint16)
    tags = {"WindowCenter": str(2 ** (bits - 1)), "WindowWidth": str(2**bits), "PatientOrientation": letters}
    path = fakes.chest_film(folder / "a.dcm", way(stored), photometric=look, bits=bits, spacing_mm=POSE.spacing / times, **tags)
    if syntax:
        data = dcmread(path)
        data.compress(syntax, generate_instance_uid=False)
        data.save_as(path)
    drawn = {organ: str(folder / f"{organ}.png") for organ in masks}
    for organ, mask in masks.items():
        Image.fromarray(np.ascontiguousarray(way(mask))).save(drawn[organ])
    film = read_film(FilmFile(str(path), {}, drawn))
    return {row[0]: row[1] for row in measured(film, Organs(film.masks, {})).rows}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return values(tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("syntax", SYNTAXES.values(), ids=SYNTAXES)
@pytest.mark.parametrize("turn", TURNS)
def test_every_lossless_coding_and_turn_gives_the_same_values(plain, tmp_path, syntax, turn):
    assert values(tmp_path, syntax=syntax, turn=turn) == plain
    assert sum(value != "" for value in plain.values()) > 25


@pytest.mark.parametrize("bits", [8, 10, 14, 16])
@pytest.mark.parametrize("look", ["MONOCHROME1", "MONOCHROME2"])
def test_every_depth_and_look_gives_the_same_values_of_masks_and_near_ones_of_grey(plain, tmp_path, bits, look):
    found = values(tmp_path, bits=bits, look=look)
    assert {name: value for name, value in found.items() if name not in OF_GREY} == {
        name: value for name, value in plain.items() if name not in OF_GREY
    }
    for name in ("lung_grey", "organ_contrast"):
        assert float(found[name]) == pytest.approx(float(plain[name]), abs=0.005)
    assert found["polarity"] == plain["polarity"] == "1.0"


def test_a_film_of_more_and_smaller_pixels_has_the_same_shares(plain, tmp_path):
    found = values(tmp_path, times=3)
    for name in ("apex_margin", "lateral_margin", "base_margin", "lung_area", "lung_balance", "scapula_overlap", "cardiothoracic_ratio"):
        assert found[name] == plain[name], name
