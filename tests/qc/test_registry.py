"""Every metric answers for every film: a number, or a reason; never an error, never a number from a broken mask."""

import signal
from importlib.metadata import EntryPoint

import numpy as np
import pytest
from qc.shapes import Pose, box, by_name, fill, frontal, frontal_masks, grey, lateral, lateral_masks
from scipy import ndimage

from medimg.errors import Interrupted
from medimg.qc import registry
from medimg.qc.catalogue import METRICS
from medimg.qc.film import FRONTAL, LATERAL_ORGANS, ORGANS, STUDY, VIEWS, Film, NotApplicable
from medimg.qc.metric import Found, Metric
from medimg.qc.registry import measure, metrics
from medimg.qc.value import Value

FIELD = (0, 0, 500, 500)
FINE = Pose()
COARSE = Pose(spacing=1.6, shape=(250, 250))  # where only answers are asked for, not exact ones
TAGS = {"tube_voltage", "source_distance", "exposure_time", "deviation_index", "clipped_lung", "mask_trust"}
WITHOUT_MASKS = TAGS | {"organs_missing", "view_match"}


def draw(view, pose=FINE):
    return lateral(pose, apart=(6.0, 10.0)) if view == "LAT" else frontal(pose, view=view)


@pytest.fixture(scope="module")
def whole():
    return unbroken(measure(frontal(pixels=False)))


def unbroken(values):
    for value in values:
        assert isinstance(value, Value)
        assert (value.value is None) == (value.reason is not None)
        assert value.reason is None or not value.reason.startswith("the metric is broken"), value
        assert value.applicable or value.value is None
        assert all(np.isfinite(list(value.gates.values()))), value
        assert all(np.isfinite(mark.points).all() for mark in value.marks if mark.points)
        assert {mark.kind for mark in value.marks} <= {"line", "point", "contour", "box"}
    return by_name(values)


@pytest.mark.parametrize("view", VIEWS)
def test_a_whole_film_has_a_value_of_every_metric_that_needs_no_tag(view):
    found = unbroken(measure(draw(view)))
    assert set(found) == {name for name, metric in METRICS.items() if view in metric.views}
    assert {name for name, value in found.items() if value.value is None} <= TAGS | {"view_match"}


@pytest.mark.parametrize("view", VIEWS)
def test_needs_are_organs_and_have_a_view(view):
    for metric in METRICS.values():
        assert set(metric.needs) <= set(ORGANS["PA"]) | set(LATERAL_ORGANS)
        assert set(metric.organs(view)) <= set(ORGANS[view])
        assert set(metric.views) <= {*VIEWS, STUDY}
        assert metric.formula
        assert metric.unit


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("gone", ["absent", "empty"])
def test_without_a_needed_organ_there_is_a_reason_that_names_no_number(view, gone):
    film = draw(view, COARSE)
    for organ in film.masks:
        masks = dict(film.masks)
        if gone == "absent":
            del masks[organ]
        else:
            masks[organ] = np.zeros(COARSE.shape, dtype=bool)
        found = unbroken(measure(Film(view, masks, film.pixels, film.field, film.spacing_mm)))
        for name, value in found.items():
            lost = (
                organ in METRICS[name].organs(view)
                and organ != "arm"
                and name not in ("sharpness", "view_match", "organ_contrast", "noise", "polarity")
            )
            assert not lost or value.value is None, (organ, name)


@pytest.mark.parametrize("view", VIEWS)
def test_without_any_mask_only_the_tags_speak(view):
    found = unbroken(measure(Film(view, {}, draw(view).pixels, FIELD)))
    assert {name for name, value in found.items() if value.value is not None} <= WITHOUT_MASKS
    assert found["organs_missing"].value > 4


@pytest.mark.parametrize("view", ["PA", "LAT"])
@pytest.mark.parametrize("seed", range(12))
def test_random_masks_and_pixels_never_raise(view, seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 80)), int(rng.integers(1, 80))
    masks = {}
    for organ in ORGANS[view]:
        smooth = ndimage.gaussian_filter(rng.standard_normal(size), rng.choice([0, 1, 5, 12]))
        masks[organ] = smooth > np.quantile(smooth, rng.choice([0.0, 0.2, 0.7, 0.95, 1.0]))
    pixels = rng.normal(0.5, rng.choice([0, 0.1, 10]), size).astype(np.float32)
    top, left = int(rng.integers(size[0])), int(rng.integers(size[1]))
    field = top, left, int(rng.integers(top, size[0])) + 1, int(rng.integers(left, size[1])) + 1
    stored = {"ExposureIndex": "?", "KVP": rng.normal(), "LungPixels": -1, "LungAtEnds": None}
    unbroken(measure(Film(view, masks, pixels, field, rng.choice([0.0, 0.3, 5.0]), stored, {"heart": np.inf})))


def damaged(how, mask):
    rows = np.nonzero(mask)[0]
    middle = int(rows.mean()) if len(rows) else 0
    mask = mask.copy()
    if how == "upper half erased":
        mask[:middle] = False
    elif how == "lower half erased":
        mask[middle:] = False
    elif how == "moved aside":
        mask = np.roll(mask, round(0.18 * mask.shape[1]), axis=1)
    elif how == "moved down":
        mask = np.roll(mask, round(0.18 * mask.shape[0]), axis=0)
    elif how == "holes":
        mask[::7, ::5] = False
    elif how == "stripes":
        mask[::3] = False
    elif how == "speckled":
        mask &= np.random.default_rng(0).random(mask.shape) < 0.5
    elif how == "full":
        mask[:] = True
    elif how == "one pixel":
        mask[:] = False
        mask[middle, mask.shape[1] // 2] = True
    elif how == "one column":
        mask[:] = False
        mask[:, mask.shape[1] // 2] = True
    return mask


HOW = (
    "upper half erased",
    "lower half erased",
    "moved aside",
    "moved down",
    "holes",
    "stripes",
    "speckled",
    "full",
    "one pixel",
    "one column",
)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("view", ["PA", "LAT"])
def test_broken_masks_never_raise(view, how):
    film = draw(view, COARSE)
    for organ in film.masks:
        masks = {**film.masks, organ: damaged(how, film.masks[organ])}
        unbroken(measure(Film(view, masks, film.pixels, film.field, film.spacing_mm)))


@pytest.mark.parametrize("organ", ["lung_r", "lung_l", "heart", "spine", "clavicle_r", "scapula_l", "diaphragm_r"])
def test_holes_move_no_margin_axis_or_landmark(organ, whole):
    rng, masks = np.random.default_rng(1), frontal_masks()
    for row, column in rng.permutation(np.argwhere(ndimage.binary_erosion(masks[organ], iterations=5)))[:8]:
        masks[organ][row - 1 : row + 2, column - 1 : column + 2] = False
    found = unbroken(measure(Film("PA", masks, None, FIELD, 0.8)))
    for name in ("apex_margin", "lateral_margin", "base_margin", "centring_x", "tilt", "rotation", "clavicle_level", "angles_found"):
        assert found[name].value == pytest.approx(whole[name].value, abs=1e-6), name


# What a colleague's limits on the gates would be; a damaged mask must leave them, or the metric must have a reason.
USUAL = {
    "fragments": (0, 0.1), "lung_top_diff": (0, 0.08), "lung_overlap": (0, 0.05), "lung_gap": (0.1, 0.5), "spine_residual": (0, 0.02),
    "spine_rows": (0.6, 1), "clavicle_y_diff": (0, 0.05), "clavicle_to_lung": (0, 0.08), "rib_gap": (0, 1.6),
    "spine_offset": (0, 0.1), "clavicle_balance": (0.7, 1),
}  # fmt: skip
POSITION = {
    "lung_r": ("apex_margin", "lateral_margin", "base_margin"),
    "spine": ("centring_x", "tilt", "rotation"),
    "clavicle_r": ("rotation", "clavicle_level"),
}


@pytest.mark.parametrize("organ", POSITION)
@pytest.mark.parametrize("how", ["upper half erased", "lower half erased", "moved aside", "moved down", "speckled", "full", "one column"])
def test_a_broken_mask_gives_a_reason_a_gate_or_the_same_number(organ, how, whole):
    masks = frontal_masks()
    masks[organ] = damaged(how, masks[organ])
    found = unbroken(measure(Film("PA", masks, None, FIELD, 0.8)))
    for name in POSITION[organ]:
        value = found[name]
        caught = any(not low <= value.gates[gate] <= high for gate, (low, high) in USUAL.items() if gate in value.gates)
        assert value.value is None or caught or value.value == pytest.approx(whole[name].value, abs=0.02), name


def test_whole_films_keep_within_the_usual_gates():
    for value in measure(frontal(pixels=False)):
        for gate, (low, high) in USUAL.items():
            assert low <= value.gates.get(gate, low) <= high, (value.metric, gate)


def test_a_metric_that_breaks_or_has_no_number_gives_a_reason(monkeypatch):
    def breaks(film):
        raise ZeroDivisionError("nothing there")

    own = {
        "broken": Metric(breaks, ("-",), VIEWS, (), "breaks"),
        "endless": Metric(lambda film: Found(float("inf")), ("-",), VIEWS, (), "no number"),
    }
    monkeypatch.setattr(registry, "metrics", lambda: own)
    broken, endless = measure(frontal(pixels=False))
    assert broken.reason == "the metric is broken: ZeroDivisionError: nothing there"
    assert endless.reason == "the measured value is not a number"


def lung_rows(film):
    """A site's own metric."""
    if film.spacing_mm is None:
        raise NotApplicable("the size of the pixels is not known")
    return Found(film.organ("lung_r").area * film.mm() ** 2)


SITE = Metric(lung_rows, ("mm2",), FRONTAL, ("lung_r",), "area of the right lung")


def test_a_package_adds_a_metric_and_cannot_replace_one(monkeypatch):
    own = [EntryPoint(name, "qc.test_registry:SITE", registry.GROUP) for name in ("site_area", "tilt")]
    monkeypatch.setattr(registry, "entry_points", lambda group: own if group == registry.GROUP else [])
    metrics.cache_clear()
    try:
        found = by_name(measure(frontal(pixels=False)))
    finally:
        metrics.cache_clear()
    assert found["site_area"].unit == "mm2"
    assert found["site_area"].value == pytest.approx(frontal_masks()["lung_r"].sum() * 0.64, rel=0.001)
    assert found["tilt"].unit == "deg"


def test_measuring_changes_nothing_and_repeats():
    masks, picture = frontal_masks(), grey(frontal_masks())
    before = {organ: mask.copy() for organ, mask in masks.items()}, picture.copy()
    first, second = (measure(Film("PA", masks, picture, FIELD, 0.8)) for _ in range(2))
    assert first == second
    assert all((masks[organ] == mask).all() for organ, mask in before[0].items())
    assert (picture == before[1]).all()


def test_a_lateral_film_whose_lungs_fill_the_field_has_answers():
    masks = lateral_masks()
    masks["lung"] = fill(box(-1, -1, 501, 501), (500, 500))
    unbroken(measure(Film("LAT", masks, grey(masks), FIELD, 0.8)))


def test_a_signal_that_comes_while_a_metric_is_measured_is_no_reason_of_the_film():
    def ended(film):
        raise Interrupted(signal.SIGTERM, "ended by SIGTERM.")

    with pytest.raises(Interrupted):
        registry.value_of(draw("PA", COARSE), "tilt", Metric(ended, "deg", VIEWS, (), "none"))
