"""The page of a film: what was found, how to mend it, where it was measured."""

import json
import re

import pytest
from qc.rulesets import CHEST

from medimg.report.quality.film_page import findings, read_film, told, within
from medimg.report.quality.rules import RuleTexts
from medimg.report.quality.words import Words


def films(folder):
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((folder / "films").glob("*.json"))]


def page_of(folder, film):
    return (folder / "films" / f"{film['film']}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_fault_is_told_with_value_and_advice_in_the_language(folders, language):
    seen = 0
    for film in films(folders[language]):
        page = page_of(folders[language], film)
        for rule in film["rules"]:
            text = CHEST[rule["rule"]].text
            assert text.title[language] in page
            if rule["verdict"] in ("fail", "warn"):
                seen += 1
                assert text.finding[rule["side"]][language] in page
                assert text.mend[rule["side"]][language] in page
                assert Words(language).value(rule["value"], rule["unit"], rule["limits"]) in page
    assert seen > 3


def test_contours_and_marks_of_every_rule_lie_over_the_image(folders):
    for film in films(folders["en"]):
        page = page_of(folders["en"], film)
        rows, columns = film["shape"]
        assert f'viewBox="-0.5 -0.5 {columns} {rows}"' in page
        assert f'<image href="{film["film"]}.jpg"' in page
        for rule in film["rules"]:
            assert (f'id="m-{rule["rule"]}"' in page) == bool(rule["marks"])
        assert page.count('class="organ ') >= 2 * sum(bool(parts) for parts in film["contours"].values())


def test_ids_are_there_once_and_switches_have_labels(folders):
    for film in films(folders["en"]):
        ids = re.findall(r'\bid="([^"]+)"', page_of(folders["en"], film))
        assert len(ids) == len(set(ids))


def test_facts_are_those_of_the_film(folders):
    film = films(folders["en"])[0]
    page = page_of(folders["en"], film)
    for name in ("operator", "StationName", "month", "study"):
        assert film["facts"][name] in page
    assert "decoding 61 ms" in page


def test_what_doubts_the_masks_is_found_first_and_what_counts_before_what_is_only_shown():
    def one(rule, verdict):
        given = {"rule": rule, "group": "position", "value": None, "unit": "frac", "limits": [None] * 4, "reason": "no_value", "side": ""}
        return told(given | {"verdict": verdict, "critical": True}, RuleTexts({}, Words("en")), Words("en"))

    rules = [one("P2", "pass"), one("P8", "fail"), one("C1", "unevaluable"), one("O3", "unevaluable"), one("C4", "fail")]
    assert [found.rule for found in findings(rules, ("O3", "C4", "C1"))] == ["O3", "C4", "C1", "P8"]


def test_a_damaged_file_has_no_page(tmp_path):
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text("[]")
    assert [read_film(tmp_path / f"{name}.json") for name in "abc"] == [None, None, None]


@pytest.mark.parametrize(
    ("limits", "unit", "text"),
    [
        ((0.4, 0.6, None, None), "ratio", "Must be at least 0.40, should be at least 0.60."),
        ((-5.0, -3.0, 3.0, 5.0), "deg", "Must be −5° to 5°, should be −3° to 3°."),
        ((None, None, 0.0, 0.0), "count", "Must be at most 0."),
        ((0.425, 0.5125, None, None), "ratio", "Must be at least 0.425, should be at least 0.5125."),
        ((0.0123, None, None, None), "frac", "Must be at least 1.23 %."),
        ((None, None, None, 12.75), "mm", "Must be at most 12.75 mm."),
        ((1.0, 1.0, None, None), "bool", "Must be yes."),
        ((None, 100.0, 130.0, None), "kV", "Should be 100 kV to 130 kV."),
        ((None, None, None, None), "ratio", ""),
    ],
)
def test_limits_are_told_as_a_sentence(limits, unit, text):
    assert within(limits, unit, Words("en")) == text
