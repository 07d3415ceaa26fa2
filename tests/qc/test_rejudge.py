"""Stored values judged again: the same limits give the same bits, others are seen at once, and memory does not grow."""

import csv
import io
import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from qc.rulesets import CHEST, FOLDER, good_film, open_gates

from medimg.errors import RunError
from medimg.qc.judge import judge_film
from medimg.qc.load import load
from medimg.qc.rejudge import facts_of, rejudge
from medimg.qc.rows import COLUMNS, rows_of, value_of
from medimg.qc.value import Value

CHILD = load("chest_child", FOLDER)


def random_film(rng, view):
    """Values of every kind: good, at limits, beyond them, without a number, of another unit, with and without gates."""
    for rule in CHEST.of_view(view):
        kind = rng.integers(0, 8)
        if kind == 0:
            continue
        edges = [limit for limit in rule.limits if limit is not None] or [0]
        number = float(rng.normal() * 10.0 ** rng.integers(-5, 4)) if kind > 2 else float(rng.choice(edges))
        if kind == 7:
            yield Value(rule.metric, None, rule.unit, 'the "heart", right\nside', bool(rng.integers(0, 2)))
        else:
            gates = open_gates(rule) if kind % 2 else {name: float(rng.normal()) for name in rule.gates}
            yield Value(rule.metric, number, "mm" if kind == 6 else rule.unit, gates=gates)
    yield Value("a_metric_no_rule_asks_for", math.pi, "mm")


def run(films, rules):
    """films.csv and rules.csv of values judged at once, as texts."""
    told, long = io.StringIO(), io.StringIO()
    first, second = csv.writer(told), csv.writer(long)
    first.writerow(["film", "view", "StationName", "age"])
    second.writerow(COLUMNS)
    for film, facts, values in films:
        first.writerow([film, facts["view"], facts.get("StationName", ""), facts.get("age", "")])
        second.writerows(rows_of(film, values, judge_film(values, facts, rules)))
    return told.getvalue(), long.getvalue()


def again(told, long, rules):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in rejudge(csv.DictReader(io.StringIO(told, newline="")), csv.DictReader(io.StringIO(long, newline="")), rules):
        writer.writerows(rows_of(one.film, one.values, one.verdict))
    return out.getvalue()


@pytest.fixture(scope="module")
def films():
    rng = np.random.default_rng(0)
    facts = [
        {"view": view, "StationName": room, "age": age} for view in ("PA", "LAT", "AP") for room in ("DR1", "") for age in (40.5, 7.0, "")
    ]
    facts = [{key: value for key, value in one.items() if value != ""} for one in facts]
    return [(f"film{n}", one, list(random_film(rng, one["view"]))) for n, one in enumerate(facts * 5)]


def test_rejudged_by_the_same_rules_is_bit_identical(films):
    for rules in (CHEST, CHILD):
        told, long = run(films, rules)
        assert again(told, long, rules) == long


def test_rejudged_by_other_rules_is_what_judging_at_once_gives(films):
    strict = replace(
        CHILD,
        version="strict",
        rules=tuple(replace(rule, limits=tuple(None if x is None else x * 0.9 for x in rule.limits)) for rule in CHILD.rules),
    )
    told, long = run(films, CHEST)
    assert again(told, long, strict) == run(films, strict)[1]
    assert again(told, again(told, long, strict), CHEST) == long  # nothing that is stored is lost on the way


def test_a_rule_that_was_off_is_judged_when_it_is_on():
    off = replace(CHEST, rules=tuple(replace(rule, enabled=rule.id != "P1_rotation") for rule in CHEST.rules))
    films = [("a", {"view": "PA"}, good_film(rotation=0.1))]
    told, long = run(films, off)
    assert "not_applicable,off" in long
    assert again(told, long, CHEST) == run(films, CHEST)[1]


def test_a_film_without_values_stays_in_its_place():
    films = [("a", {"view": "PA"}, []), ("b", {"view": "OBL"}, []), ("c", {"view": "LAT"}, good_film("LAT"))]
    told, long = run(films, CHEST)
    found = list(rejudge(csv.DictReader(io.StringIO(told)), csv.DictReader(io.StringIO(long)), CHEST))
    assert [(one.film, one.verdict.verdict) for one in found] == [("a", "review"), ("b", "not_applicable"), ("c", "pass")]


def test_tables_in_another_order_are_refused(films):
    told, long = run(films[:4], CHEST)
    header, *lines = told.splitlines()
    with pytest.raises(RunError, match=r"film1 where films\.csv has none, or in another order"):
        again("\n".join([header, *reversed(lines)]), long, CHEST)


def test_a_damaged_row_names_its_film(films):
    told, long = run(films[:2], CHEST)
    with pytest.raises(RunError, match=r"film0: its rows in rules\.csv are damaged"):
        again(told, long.replace('"":', '""', 1), CHEST)


def test_a_value_comes_back_to_the_bit():
    value = Value("rotation", 0.1 + 0.2, "ratio", gates={"spine_residual": 1 / 3})
    row = dict(zip(COLUMNS, next(rows_of("a", [value], judge_film([value], {"view": "PA"}, CHEST))), strict=True))
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in rows_of("a", [value], judge_film([value], {"view": "PA"}, CHEST))]
    assert value_of(next(row for row in rows if row["metric"] == "rotation")) == value
    assert value_of(row) is None


def test_facts_are_read_from_the_table():
    assert facts_of({"film": "a", "view": "PA", "StationName": "", "age": "0.5"}) == {"view": "PA", "age": 0.5}


def test_memory_does_not_grow_with_the_number_of_films():
    values = good_film()
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in rows_of("x", values, judge_film(values, {"view": "PA"}, CHEST))]

    def peak(count):
        films = ({"film": str(n), "view": "PA"} for n in range(count))
        stored = ({**row, "film": str(n)} for n in range(count) for row in rows)
        tracemalloc.start()
        assert sum(one.verdict.verdict == "pass" for one in rejudge(films, stored, CHEST)) == count
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    assert peak(200) < 1.5 * peak(20)
