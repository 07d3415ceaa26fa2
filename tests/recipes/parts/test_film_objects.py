from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from film_objects import read, write_film
from qc.rulesets import CHEST, good_film
from qc.shapes import frontal

from medimg.io.objects import write_objects
from medimg.qc.judge import judge_film
from medimg.qc.registry import measure
from medimg.qc.value import Mark
from medimg.recipes.parts.film_objects import film_result

MASKS = {"spine": np.ones((4, 4), bool)}


def result(values, **changes):
    judged = judge_film(values, {"view": "PA"}, CHEST)
    told = {
        "masks": MASKS, "to_source": [[2.0, 0.0, 0.5], [0.0, 2.0, 0.5]], "model": "m", "config": "c", "when": datetime(2026, 1, 2),
    } | changes  # fmt: skip
    return film_result("a1", "PA", values, judged, CHEST, **told), judged


def of_rule(found, rule):
    return next(one for one in found.rules if one.rule == rule)


def test_a_good_film_has_every_rule_with_its_value_and_no_words_against_it():
    found, judged = result(good_film())
    assert (found.verdict, found.grade, found.reject) == ("pass", "A", {})
    assert [(one.rule, one.value, one.limits) for one in found.rules] == [(one.rule, one.value, one.limits) for one in judged.rules]
    assert not of_rule(found, "P1_rotation").texts
    assert found.groups == judged.groups


@pytest.mark.parametrize(("language", "title"), [("en", "Apex margin"), ("zh", "肺尖上方留边")])
def test_a_fail_says_what_was_found_and_how_to_mend_it(language, title):
    found, _ = result(good_film(apex_margin=0.001), language=language)
    one, text = of_rule(found, "C1_apex_margin"), CHEST["C1_apex_margin"].text
    assert (one.verdict, one.title) == ("fail", title)
    assert one.texts == (text.finding["low"][language], text.mend["low"][language])
    assert found.reject == {"Positioning": "111209"}


def test_what_could_not_be_judged_says_why():
    values = [replace(one, value=None, reason="no edge") if one.metric == "sharpness" else one for one in good_film()]
    assert of_rule(result(values)[0], "I6_sharpness").texts == ("could not be measured (no edge)",)


@pytest.mark.parametrize(("language", "told"), [("en", "I6 Sharpness of the borders"), ("zh", "I6 边缘锐利度")])
def test_a_film_left_to_a_person_names_the_rules_that_are_open(language, told):
    values = [replace(one, value=None, reason="no edge") if one.metric == "sharpness" else one for one in good_film()]
    found, judged = result(values, language=language)
    assert (judged.verdict, found.reasons) == ("review", (told,))


def test_a_film_that_no_rule_is_for_says_why():
    judged = judge_film(good_film(), {"view": "PA", "age": 3}, replace(CHEST, ages=(18.0, None)))
    told = {"masks": MASKS, "to_source": [], "model": "m", "config": "c", "when": datetime(2026, 1, 2)}
    assert film_result("a1", "PA", good_film(), judged, CHEST, **told).reasons == ("no rules for this age",)


def test_marks_are_those_that_were_measured():
    mark = Mark("line", "d", ((1.0, 2.0), (3.0, 4.0)))
    values = [replace(one, marks=(mark,)) if one.metric == "rotation" else one for one in good_film()]
    (line,) = of_rule(result(values)[0], "P1_rotation").marks
    assert (line.kind, line.label, line.points) == ("line", "d", mark.points)


def test_a_measured_film_becomes_objects_that_say_the_same(tmp_path):
    pytest.importorskip("highdicom", reason="highdicom (medimg[dicom]) is not installed")
    film = frontal(rotation_mm=18.0)
    values = measure(film)
    found, judged = result(values, masks=film.masks, to_source=[[0.1, 0.0, 0.0], [0.0, 0.1, 0.0]])
    paths = write_objects(write_film(tmp_path / "film.dcm"), found, tmp_path, ["sr", "seg", "pr"])
    assert len(paths) == 3
    groups = next(item for item in read(paths[0]).ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == "126010").ContentSequence
    assert [group.ContentSequence[0].TextValue for group in groups] == ["film", *(one.rule for one in judged.rules)]
    assert len(read(paths[1]).SegmentSequence) == sum(mask.any() for mask in film.masks.values())
