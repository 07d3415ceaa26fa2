"""Tables of rates: known numbers, people beside us, and nobody ranked."""

import re

import pytest
from qc.rulesets import CHEST

from medimg.qc.explain import explain
from medimg.qc.rates import Counts, interval
from medimg.qc.verdict import FilmVerdict, RuleVerdict
from medimg.report.quality.people import Beside
from medimg.report.quality.rate_tables import WIDEST, rate_bar, rate_tables, scale_end
from medimg.report.quality.rules import RuleTexts
from medimg.report.quality.words import Words

GROUPS = {"overall": "pass", "organs": "pass", "imaging": "pass", "position": "pass"}


def film(verdict="pass", tilt="pass"):
    rules = (RuleVerdict("C6_tilt", "overall", "tilt", tilt), RuleVerdict("C1_apex_margin", "overall", "apex_margin", "pass"))
    return FilmVerdict(verdict, "", "", (), GROUPS | {"overall": verdict}, rules, "chest-1")


def tables(language="en", rooms=("DR2", "DR1", "DR3")):
    counts = Counts(("StationName", "operator"))
    for room, films, fails in zip(rooms, (40, 35, 10), (20, 7, 0), strict=False):
        for place in range(films):
            verdict = "fail" if place < fails else "pass"
            counts.add({"StationName": room, "operator": f"op-{place % 2}"}, film(verdict, verdict))
    words = Words(language)
    return rate_tables(counts, RuleTexts({rule["id"]: rule for rule in explain(CHEST)}, words), words)


def test_the_film_and_its_groups_have_counts_rates_and_intervals():
    rows = {row[0].text: row for row in tables().groups({}).rows}
    assert list(rows) == ["Film", "Overall completeness", "Organ completeness", "Imaging detail", "Position detail"]
    low, high = (f"{100 * limit:.1f} %" for limit in interval(27, 85))
    assert [cell.text for cell in rows["Film"][1:5]] == ["85", "27", "31.8 %", f"{low} to {high}"]


def test_rules_that_films_fail_stand_apart_from_the_others():
    found = tables()
    assert [row[0].text for row in found.rules({}, True).rows] == ["C6 Tilt"]
    assert [row[0].text for row in found.rules({}, False).rows] == ["C1 Apex margin"]
    assert found.rules({}, False).caption == "Rules that no film fails (1)"


def test_rooms_are_not_ranked_and_few_films_are_grey():
    rows = tables().divided("StationName").rows
    assert [row[0].text for row in rows] == ["DR1", "DR2", "DR3"]
    assert tables().divided("StationName").head[:2] == ["Room", "Film"]
    assert [(row[1].text, row[1].more, "grey" in row[1].look) for row in rows] == [
        ("20.0 %", "n = 35", False), ("50.0 %", "n = 40", False), ("0.0 %", "n = 10", True),
    ]  # fmt: skip
    assert "no ranking" in tables().divided("StationName").note
    assert "pseudonyms" in tables().divided("operator").note
    assert "pseudonyms" not in tables().divided("StationName").note


def test_each_rule_stands_by_room_unless_they_are_too_many():
    assert [[cell.text for cell in row] for row in tables().rules_by("StationName").rows] == [["C6 Tilt", "20.0 %", "50.0 %", "0.0 %"]]
    counts = Counts(("StationName",))
    for room in range(WIDEST + 1):
        counts.add({"StationName": f"DR{room:02d}"}, film("fail", "fail"))
    assert not rate_tables(counts, RuleTexts({}, Words("en")), Words("en")).rules_by("StationName")


def test_people_stand_beside_us_with_the_films_that_both_judged():
    human = {"film": [Beside("Li", 40, 8, 10), Beside("Wang", 20, 5, 5)]}
    table = tables().groups(human)
    assert table.head[-2:] == ["Human", "Ours on the same films"]
    film_row, group_row = table.rows[0], table.rows[1]
    assert [cell.text for cell in film_row[-2:]] == ["20.0 % / 25.0 %", "25.0 % / 25.0 %"]
    assert film_row[-1].small == "Li, n = 40; Wang, n = 20"
    assert [cell.text for cell in group_row[-2:]] == ["–", "–"]
    assert "medimg qc agree" in table.note
    assert "medimg qc agree" not in tables().groups({}).note


def test_what_no_film_could_be_judged_by_has_no_rate():
    counts = Counts(())
    counts.add({}, FilmVerdict("review", "", "", (), dict.fromkeys(GROUPS, "unevaluable"), (), ""))
    row = rate_tables(counts, RuleTexts({}, Words("en")), Words("en")).groups({}).rows[0]
    assert [cell.text for cell in row[1:6]] == ["0", "0", "–", "–", ""]
    assert row[7].text == "1"


@pytest.mark.parametrize(("highs", "end"), [([0.03, None], 0.05), ([0.06], 0.1), ([0.5], 0.5), ([0.51], 1.0), ([], 1.0)])
def test_scales_end_at_round_numbers(highs, end):
    assert scale_end(highs) == end


def test_a_bar_is_as_long_as_its_rate():
    bar = str(rate_bar({"rate": 0.1, "low": 0.05, "high": 0.2, "grey": True}, 0.2))
    assert re.search(r'width="59\.0"', bar)
    assert "M30.5 7H119.0" in bar
    assert 'class="rate grey"' in bar
