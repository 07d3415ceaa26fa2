"""A rule flips at its limit and nowhere else, wherever a built-in film lies in its file and however the file stores it.

Of a film that is stored otherwise each value stays what it is, or moves by what is known beforehand, to one pixel or one per cent; so the
verdict by a limit beyond that is the same.
"""

import csv
import subprocess
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from math import inf, nextafter
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import fakes
import numpy as np
import pytest
import yaml
from command import medimg
from PIL import Image
from pydicom import dcmread
from pydicom.uid import UID
from qc.builtin import PATIENT, ROOM, exam_of, planted_on
from qc.rulesets import CHEST

from medimg.io.film_reader import FilmFile, read_film
from medimg.phantoms.chest_film import make
from medimg.qc.rows import MEASURED, value_of
from medimg.qc.rules import NONE
from medimg.qc.verdict import FAIL, PASS, UNEVALUABLE, WARN, judge_value
from medimg.recipes.films.measuring import measured
from medimg.recipes.films.segmenting import Organs

PIXEL_MM = 1.0
FAULTS = {"PA": ("text_over_lung", "scapulae", "cut_angle"), "LAT": ("text_over_lung", "arms_down", "cut_angle")}
FEW = (("PA", False), ("LAT", True))  # view, with faults or without
FILMS = [*FEW, *(pytest.param(film, marks=pytest.mark.slow) for film in (("PA", True), ("LAT", False)))]
UPRIGHT = {"PA": ["L", "F"], "LAT": ["P", "F"]}
OPPOSITE = {"L": "R", "P": "A", "F": "H"}
TURNS = {
    "upright": (lambda plane: plane, lambda across, down: [across, down]),
    "mirrored": (lambda plane: plane[:, ::-1], lambda across, down: [OPPOSITE[across], down]),
    "upside down": (lambda plane: plane[::-1, ::-1], lambda across, down: [OPPOSITE[across], OPPOSITE[down]]),
    "on its side": (lambda plane: plane.T, lambda across, down: [down, across]),
}
COMPRESSED = {"RLE": "1.2.840.10008.1.2.5", "JPEG-LS": "1.2.840.10008.1.2.4.80", "JPEG 2000": "1.2.840.10008.1.2.4.90"}
PLAIN = {"implicit": "1.2.840.10008.1.2", "explicit": "1.2.840.10008.1.2.1", "deflated": "1.2.840.10008.1.2.1.99"}
BY_DCMTK = {  # what no Python package writes
    "big endian": ["dcmconv", "+tb"], "JPEG lossless": ["dcmcjpeg", "+e1"], "JPEG lossless, any predictor": ["dcmcjpeg", "+el"],
}  # fmt: skip
SYNTAXES = (*PLAIN, *COMPRESSED, *BY_DCMTK)
PIXELS = {  # what one pixel of a film is worth; a ratio has the mm that it is a share of
    "frac": lambda film: 1 / min(film.height, film.width), "mm": lambda film: film.spacing_mm,
    "deg": lambda film: np.degrees(1 / (film.height / 2)), "rotation": lambda film: film.spacing_mm / 20,
    "ratio": lambda film: film.spacing_mm / 100, "sternum_profile": lambda film: film.spacing_mm / 150,
}  # fmt: skip
OF_GREY = ("lung_grey", "organ_contrast", "sharpness", "clipped_lung")
OF_PIXELS = ("sharpness", "rotation_mm", "posterior_borders", "recess_level")  # not the distance of the tube


@dataclass(frozen=True)
class Lying:
    """A film and how it lies in its file: values of 16 bits, masks, the exposed part as pixel edges, mm of a pixel."""

    view: str
    pixels: np.ndarray
    masks: dict
    field: tuple
    spacing_mm: float
    deviation: float

    @property
    def height(self):
        return self.field[2] - self.field[0]

    @property
    def width(self):
        return self.field[3] - self.field[1]

    def changed(self, way, field=None, spacing_mm=None):
        """The film with all its planes changed in one way."""
        masks = {organ: way(mask) for organ, mask in self.masks.items()}
        return replace(self, pixels=way(self.pixels), masks=masks, field=field or self.field, spacing_mm=spacing_mm or self.spacing_mm)


@cache
def lying(view, faulty):
    exam = planted_on(exam_of(view), *FAULTS[view] if faulty else ())
    film = make(PATIENT, exam, replace(ROOM, pixel_mm=PIXEL_MM, bits=16))
    return Lying(view, film.stored, film.masks, tuple(film.field.edges), PIXEL_MM, exam.deviation)


@cache
def plain(*film):
    """Values by metric of a film as it is."""
    with TemporaryDirectory() as folder:
        return values(Path(folder), lying(*film))


def values(folder, film, *, bits=16, look="MONOCHROME2", turn="upright", syntax="explicit"):
    """Values by metric of a film that is stored so."""
    way, letters = TURNS[turn]
    film = film.changed(lambda plane: np.ascontiguousarray(way(plane)), _box(film, way))
    stored = film.pixels >> (16 - bits)
    stored = (2**bits - 1 - stored if look == "MONOCHROME1" else stored).astype(np.uint8 if bits == 8 else np.uint16)
    top, left, bottom, right = film.field
    tags = {
        "PatientOrientation": letters(*UPRIGHT[film.view]), "WindowCenter": str(2 ** (bits - 1)), "WindowWidth": str(2**bits),
        "PatientAge": f"{PATIENT.age:03.0f}Y", "KVP": str(ROOM.kvp), "DistanceSourceToDetector": str(ROOM.source_mm), "ExposureTime": "9",
        "TargetExposureIndex": "300", "ExposureIndex": f"{300 * 10 ** (film.deviation / 10):.3f}", "ShutterShape": "RECTANGULAR",
        "ShutterUpperHorizontalEdge": str(top), "ShutterLowerHorizontalEdge": str(bottom + 1), "ShutterLeftVerticalEdge": str(left),
        "ShutterRightVerticalEdge": str(right + 1),
    }  # fmt: skip
    position = {"PA": "PA", "LAT": "LL"}[film.view]
    path = fakes.chest_film(
        folder / "a.dcm", stored, view=position, patient=film.view, photometric=look, bits=bits, spacing_mm=film.spacing_mm, **tags
    )
    coded(path, syntax)
    drawn = {organ: str(folder / f"{organ}.png") for organ in film.masks}
    for organ, mask in film.masks.items():
        Image.fromarray(mask).save(drawn[organ], compress_level=0)
    read = read_film(FilmFile(str(path), {}, drawn))
    rows = measured(read, Organs(read.masks, {})).rows
    return {row[0]: value_of(dict(zip(MEASURED, ("", *row), strict=True))) for row in rows}


def _box(film, way):
    """The exposed part of a film whose planes are turned."""
    open_ = np.zeros(film.pixels.shape, bool)
    open_[film.field[0] : film.field[2], film.field[1] : film.field[3]] = True
    rows, columns = (np.flatnonzero(way(open_).any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def coded(path, syntax):
    """Store a file of plain numbers in another transfer syntax; without the program that writes it the test is skipped."""
    if syntax in BY_DCMTK:
        program, option = BY_DCMTK[syntax]
        if which(program) is None:
            pytest.skip(f"{program} of dcmtk, which writes this syntax, is not installed")
        subprocess.run([program, option, path, path], check=True)
        return
    data = dcmread(path)
    if syntax in COMPRESSED:
        data.compress(COMPRESSED[syntax], generate_instance_uid=False)
        data.save_as(path)
        return
    data.file_meta.TransferSyntaxUID = UID(PLAIN[syntax])
    data.save_as(path, implicit_vr=syntax == "implicit", little_endian=True, enforce_file_format=True)


def shifted(film, down, across):
    """The exposed part on another place of a larger detector, black around it."""
    top, left, bottom, right = film.field

    def way(plane):
        on = np.zeros((film.height + 50, film.width + 50), plane.dtype)
        on[down : down + film.height, across : across + film.width] = plane[top:bottom, left:right]
        return on

    return film.changed(way, (down, across, down + film.height, across + film.width))


def cropped(film, above=0, below=0, beside=0):
    """The exposed part without some lines at its ends."""
    top, left, bottom, right = film.field
    rows, columns = slice(top + above, bottom - below), slice(left + beside, right - beside)
    return film.changed(lambda plane: plane[rows, columns], (0, 0, film.height - above - below, film.width - 2 * beside))


def moved(plain, film, above=0, below=0, beside=0):
    """Values of a film with those that rest on the frame moved by what a crop takes away."""
    height, width = film.height - above - below, film.width - 2 * beside
    down, across, area = film.height / height, film.width / width, film.height * film.width / (height * width)
    lungs = np.logical_or.reduce([mask for organ, mask in film.masks.items() if organ in ("lung_r", "lung_l", "lung")])
    rows = np.flatnonzero(lungs.any(axis=1)) - film.field[0]
    spread = [np.ptp(np.percentile(one.pixels[one.field[0] : one.field[2], one.field[1] : one.field[3]], [1, 99]))
              for one in (film, cropped(film, above, below, beside))]  # fmt: skip
    now = {
        "apex_margin": lambda v: v * down - above / height, "base_margin": lambda v: v * down - below / height,
        "lateral_margin": lambda v: v * across - beside / width, "wall_margin": lambda v: v * across - beside / width,
        "centring_x": lambda v: v * across, "centring_y": lambda v: abs((rows[0] + rows[-1] - 2 * above + 1 - height) / 2) / height,
        "collimation_excess": lambda v: (1 + v) / area - 1, "lung_area": lambda v: v * area,
        "clavicle_level": lambda v: v * down, "apex_above_clavicle": lambda v: v * down,
        "organ_contrast": lambda v: v * spread[0] / spread[1],
    }  # fmt: skip
    return {name: replace(value, value=now[name](value.value)) if name in now and value.value is not None else value
            for name, value in plain.items()}  # fmt: skip


def touched(film, small):
    """Organs that a crop takes something of; a spine is a line, however much of it is seen."""
    return {organ for organ, mask in film.masks.items() if organ != "spine" and mask.sum() != small.masks[organ].sum()}


def of_organs(organs):
    return {rule.metric for rule in CHEST.rules if organs & set(rule.needs)}


def on_grid(film, times):
    """The same film on `times` as many pixels a side: each several times, or means and majorities of blocks."""
    field = tuple(round(edge * times) for edge in film.field)

    def way(plane):
        if times > 1:
            return np.kron(plane, np.ones((times, times), plane.dtype))
        step = round(1 / times)
        rows, columns = (side // step * step for side in plane.shape)
        means = plane[:rows, :columns].reshape(rows // step, step, columns // step, step).mean(axis=(1, 3))
        return means >= 0.5 if plane.dtype == bool else means.astype(plane.dtype)

    return film.changed(way, field, film.spacing_mm / times)


def in_mm(value, times):
    """A value measured with pixels of another size."""
    return (
        replace(value, value=value.value * times) if value.unit == "mm" and value.metric in OF_PIXELS and value.value is not None else value
    )


def rules_of(found, view):
    """Rules of a view with a limit that have a value on a film, and gates that let it through."""
    bare = [replace(rule, limits=NONE, overrides=()) for rule in CHEST.of_view(view) if rule.limits != NONE]
    return [rule for rule in bare if judged(rule, found, (None, None, inf, inf)) == PASS]


def judged(rule, found, limits):
    return judge_value(replace(rule, limits=limits), found.get(rule.metric), {}).verdict


def beyond(rule):
    return UNEVALUABLE if rule.distrust else FAIL


def nothing(value, film):
    """What a value may move by where no pixel changes: the last digits of a sum in another order."""
    return 1e-9 * max(1.0, abs(value.value))


def one_pixel(value, film):
    """What a value may move by: one per cent, of greys that are means of other pixels two, or what one pixel is worth."""
    worth = PIXELS.get(value.metric, PIXELS.get(value.unit, lambda film: 0.0))(film)
    return max((0.02 if value.metric in OF_GREY else 0.01) * abs(value.value), worth, nothing(value, film))


def one_step(value, film):
    """What a value may move by where grey is rounded to 8 bits: two per cent or one grey step if it is of grey, else nothing."""
    return max(0.02 * abs(value.value), 1 / 255) if value.metric in OF_GREY else nothing(value, film)


def same_verdicts(found, expected, film, tolerance, left_out=()):
    """Hold values against those expected: none moves beyond the tolerance, and so no verdict flips by a limit beyond that."""
    moved, flipped = {}, []
    rules = [rule for rule in rules_of(expected, film.view) if rule.metric not in left_out]
    for rule in rules:
        value = expected[rule.metric]
        by = tolerance(value, film)
        now = found[rule.metric].value if rule.metric in found else None
        if now is None or abs(now - value.value) > by:
            moved[rule.metric] = (now, value.value, by)
        low, high = value.value - 1.001 * by, value.value + 1.001 * by
        wanted = {
            (low, low, None, None): PASS, (high, high, None, None): beyond(rule),
            (None, None, high, high): PASS, (None, None, low, low): beyond(rule),
        }  # fmt: skip
        flipped += [(rule.id, limits) for limits, verdict in wanted.items() if judged(rule, found, limits) != verdict]
    assert moved == {}
    assert flipped == []
    assert len(rules) > 15


@pytest.mark.parametrize("film", FILMS, ids=str)
def test_every_rule_flips_between_its_value_and_the_next_number(film):
    rules = rules_of(plain(*film), film[0])
    for rule in rules:
        at = plain(*film)[rule.metric].value
        over, under = nextafter(at, inf), nextafter(at, -inf)
        assert judged(rule, plain(*film), (at, at, at, at)) == PASS, rule.id
        assert judged(rule, plain(*film), (over, over, None, None)) == beyond(rule), rule.id
        assert judged(rule, plain(*film), (None, None, under, under)) == beyond(rule), rule.id
        assert judged(rule, plain(*film), (None, over, None, None)) == judged(rule, plain(*film), (None, None, under, None)) == WARN, (
            rule.id
        )
    assert {rule.metric for rule in rules} >= {"apex_margin", "tilt", "lung_area", "lung_grey", "sharpness", "base_margin"}


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("film", FILMS, ids=str)
def test_every_transfer_syntax_gives_the_same_values(film, syntax, tmp_path):
    same_verdicts(values(tmp_path, lying(*film), syntax=syntax), plain(*film), lying(*film), nothing)


@pytest.mark.parametrize("turn", [turn for turn in TURNS if turn != "upright"])
@pytest.mark.parametrize("film", FILMS, ids=str)
def test_a_mirrored_or_turned_film_has_the_same_values(film, turn, tmp_path):
    same_verdicts(values(tmp_path, lying(*film), turn=turn), plain(*film), lying(*film), nothing)


@pytest.mark.parametrize("look", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("film", FILMS, ids=str)
def test_depth_and_look_move_no_value_of_masks_and_those_of_grey_by_a_step(film, bits, look, tmp_path):
    same_verdicts(values(tmp_path, lying(*film), bits=bits, look=look), plain(*film), lying(*film), one_step)


@pytest.mark.parametrize("by", [(1, 0), (37, 22)], ids=str)
@pytest.mark.parametrize("film", FILMS, ids=str)
def test_a_shifted_film_has_the_same_values(film, by, tmp_path):
    same_verdicts(values(tmp_path, shifted(lying(*film), *by)), plain(*film), lying(*film), nothing)


@pytest.mark.parametrize("cut", [{"above": 6}, {"below": 9}, {"beside": 4}, {"above": 5, "below": 7, "beside": 3}], ids=str)
@pytest.mark.parametrize("view", ["PA", pytest.param("LAT", marks=pytest.mark.slow)])
def test_a_crop_moves_values_of_the_frame_by_what_is_known_and_no_other(view, cut, tmp_path):
    film = lying(view, False)
    small, expected = cropped(film, **cut), moved(plain(view, False), film, **cut)
    same_verdicts(values(tmp_path, small), expected, small, one_pixel, of_organs(touched(film, small)))


@pytest.mark.parametrize("times", [2, pytest.param(3, marks=pytest.mark.slow), 0.5])
@pytest.mark.parametrize("film", FILMS, ids=str)
def test_more_or_fewer_pixels_of_the_same_film_move_no_value_by_more_than_one_of_them(film, times, tmp_path):
    """But for what is counted in pixels, by the rules' own words: text over the lungs, and contours within two pixels of the frame."""
    scaled = on_grid(lying(*film), times)
    found, coarser = values(tmp_path, scaled), min(scaled, lying(*film), key=lambda one: one.height)
    too_coarse = {"sharpness"} if times < 1 else set()
    same_verdicts(found, plain(*film), coarser, one_pixel, {"annotation_over_lung", "organ_cut", "shoulder_cut", *too_coarse})
    for metric in ("annotation_over_lung", "organ_cut"):
        assert (found[metric].value > 0) == (plain(*film)[metric].value > 0)


@pytest.mark.parametrize("times", [0.9, 2])
@pytest.mark.parametrize("film", FILMS, ids=str)
def test_larger_or_smaller_pixels_move_millimetres_by_as_much_and_nothing_else(film, times, tmp_path):
    scaled = replace(lying(*film), spacing_mm=lying(*film).spacing_mm * times)
    expected = {name: in_mm(value, times) for name, value in plain(*film).items()}
    same_verdicts(values(tmp_path, scaled), expected, scaled, nothing, {"collimation_excess"})  # it has 2 cm around the lungs


@pytest.mark.slow
@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("film", FILMS, ids=str)
def test_every_turn_look_depth_and_syntax_of_a_shifted_film_together(film, turn, tmp_path):
    lies = shifted(lying(*film), 37, 22)
    there = [syntax for syntax in SYNTAXES if syntax not in BY_DCMTK or which(BY_DCMTK[syntax][0])]
    for look, bits, syntax in product(("MONOCHROME1", "MONOCHROME2"), (8, 10, 12, 16), there):
        found = values(tmp_path, lies, bits=bits, look=look, turn=turn, syntax=syntax)
        same_verdicts(found, plain(*film), lying(*film), one_step)


def test_limits_written_into_a_site_s_file_flip_at_the_stored_value(tmp_path):
    """The whole way: films judged, limits at their values written as YAML, judged again from what was kept."""
    for view in ("PA", "LAT"):
        values(tmp_path / view, lying(view, False))
    lines = [{"image": f"{view}/a.dcm", "patient_id": view} | {f"mask_{organ}": f"{view}/{organ}.png" for organ in lying(view, False).masks}
             for view in ("PA", "LAT")]  # fmt: skip
    manifest = fakes.table(tmp_path / "manifest.csv", lines, dict.fromkeys([*lines[0], *lines[1]]))
    out = tmp_path / "out"
    assert medimg("qc", "run", manifest, f"out={out}", "workers=1", "xlsx=false").code == 0
    rules = [
        rule for rule in CHEST.rules if rule.limits != NONE and rule.views != ("study",) and rule.overrides == () and not rule.distrust
    ]
    at = {row["rule"]: float(row["value"]) for row in table(out) if row["verdict"] in (PASS, WARN)}
    rules = [rule for rule in rules if rule.id in at]
    for side, step in product(("low", "high"), (0, 1)):
        limits = {rule.id: site_limits(rule, at[rule.id], side, step) for rule in rules if side in rule.text.finding}
        site = {"extends": ["chest"], "version": "at the values", "rules": {name: {"limits": four} for name, four in limits.items()}}
        (tmp_path / "site.yaml").write_text(yaml.safe_dump(site))
        assert medimg("qc", "rejudge", f"out={out}", f"rules={tmp_path / 'site.yaml'}", "xlsx=false").code == 0
        told = {row["rule"]: row["verdict"] for row in table(out)}
        wanted = {rule.id: PASS if not step else FAIL if rule.cid7011 else WARN for rule in rules if rule.id in limits}
        assert {name: told[name] for name in wanted} == wanted
        assert len(wanted) > 15


def site_limits(rule, at, side, step):
    """Limits at a value, or one number further in."""
    limit = nextafter(at, inf if side == "low" else -inf) if step else at
    fail = limit if rule.cid7011 else None
    return [fail, limit, None, None] if side == "low" else [None, None, limit, fail]


def table(out):
    with (out / "rules.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))
