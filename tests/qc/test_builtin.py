"""Built-in films with exact masks, measured and judged by the built-in rules: good ones pass, every planted fault fails its own rule."""

from dataclasses import replace

import numpy as np
import pytest
from qc.builtin import FAULTS, PARAMETERS, built_in, exam_of, facts_of
from qc.rulesets import CHEST
from qc.shapes import by_name

from medimg.phantoms.chest_faults import Rates
from medimg.phantoms.chest_shots import shots
from medimg.qc.film import Film
from medimg.qc.judge import judge_film
from medimg.qc.registry import measure
from medimg.qc.verdict import FAIL, PASS, UNEVALUABLE

BOTH = [(fault, view) for fault in FAULTS for view in fault.views]
CUT = {"organ_cut", "angles_found", "recess_level"}
# What cannot be right where the frame cuts a lung; and in a shallow breath the heart lies across, hardly to one side.
ALSO = {"cut_apex": CUT, "cut_angle": CUT, "poor_inspiration": {"view_match"}}
# measured minus true value: a pixel of 1 mm over a field of 350, a rib at the dome, a tenth of the contour that lies at the frame
NEAR = {
    "apex_margin": 0.004, "lateral_margin": 0.004, "base_margin": 0.005, "centring_x": 0.006, "centring_y": 0.004,
    "collimation_excess": 0.02, "tilt": 0.4, "wall_margin": 0.004, "organs_missing": 0, "organ_cut": 0.01, "lung_area": 0.005,
    "lung_balance": 0.02, "angles_found": 0, "deviation_index": 1e-6, "lung_grey": 0.01, "organ_contrast": 0.02, "polarity": 0,
    "rotation": 0.06, "rotation_mm": 1.5, "scapula_overlap": 0.02, "inspiration": 0, "clavicle_level": 0.005, "apex_above_clavicle": 0.012,
    "view_match": 0, "trachea_shift": 0.005, "cardiothoracic_ratio": 0.01, "posterior_borders": 1.5, "sternum_profile": 0.01,
    "arm_over_lung": 0.004, "recess_level": 2.5,
}  # fmt: skip


@pytest.fixture(scope="module")
def good():
    return {view: built_in(exam_of(view)) for view in ("PA", "LAT")}


def judged(film, **facts):
    return judge_film(measure(film), facts_of(film) | facts, CHEST)


def told(verdict, *words):
    return {one.metric for one in verdict.rules if one.verdict in words}


@pytest.mark.parametrize("view", ["PA", "LAT"])
def test_a_good_film_passes_every_rule(good, view):
    verdict = judged(good[view][0])
    assert told(verdict, FAIL, UNEVALUABLE) == set()
    assert verdict.verdict == PASS
    assert verdict.grade in ("A", "B")


@pytest.mark.parametrize("view", ["PA", "LAT"])
def test_measures_of_a_good_film_are_its_true_values(good, view):
    film, true = good[view]
    found = by_name(measure(film))
    far = {name: (found[name].value, true[name]) for name in NEAR.keys() & found.keys() & true.keys()
           if abs(found[name].value - true[name]) > NEAR[name]}  # fmt: skip
    assert far == {}
    assert len(NEAR.keys() & found.keys() & true.keys()) > 18


@pytest.mark.parametrize(("fault", "view"), BOTH, ids=lambda value: getattr(value, "name", value))
def test_every_planted_fault_fails_its_own_rule_and_no_other(fault, view):
    film, _ = built_in(exam_of(view, fault.name))
    own = "centring_y" if (fault.metric, view) == ("centring_x", "LAT") else fault.metric
    verdict = judged(film)
    assert own in told(verdict, FAIL)
    assert told(verdict, FAIL, UNEVALUABLE) - {own} <= ALSO.get(fault.name, set())
    assert verdict.verdict == FAIL


def test_a_child_s_film_has_no_verdict_by_the_adults_rules(good):
    assert judged(good["PA"][0], age=9.0).verdict == "not_applicable"


@pytest.mark.parametrize(("organ", "rows"), [("lung_r", slice(0, 200)), ("lung_l", slice(220, None)), ("spine", slice(0, 240))])
def test_half_a_mask_of_a_good_film_gives_no_automatic_fail(good, organ, rows):
    film = good["PA"][0]
    broken = film.masks[organ].copy()
    broken[rows] = False
    assert judged(Film("PA", {**film.masks, organ: broken}, film.pixels, film.field, film.spacing_mm, film.stored)).verdict != FAIL


def test_of_a_film_without_spacing_what_needs_mm_does_not_apply(good):
    film = good["PA"][0]
    verdict = judged(Film("PA", film.masks, film.pixels, film.field, None, film.stored))
    assert told(verdict, "not_applicable") >= {"collimation_excess", "sharpness", "rotation_mm"}
    assert verdict.verdict == PASS


def test_few_films_without_a_fault_have_a_finding_about_their_shoulders():
    plain = replace(PARAMETERS, rates=Rates(0, 0, 0, 0, 0))
    planned = [shot for shot in shots(plain, 40) if shot.exam.view == "PA"]
    films = [built_in(shot.exam, shot.patient, replace(shot.room, pixel_mm=1.6), reduce=1)[0] for shot in planned]
    verdicts = [judge_film(measure(film), facts_of(film), CHEST) for film in films]
    cut = [name for verdict in verdicts for name in told(verdict, "warn") if name == "shoulder_cut"]
    assert len(cut) < len(films) / 5


def test_measuring_and_judging_repeat_to_the_bit(good):
    film = good["LAT"][0]
    again = Film(film.view, film.masks, film.pixels, film.field, film.spacing_mm, film.stored)
    assert judged(film) == judged(again)
    assert np.isfinite([value.value for value in measure(film) if value.value is not None]).all()
