"""Fail rates: counted film by film, with intervals that are known, per room and month."""

import numpy as np
import pytest
from qc.rulesets import CHEST, good_film
from scipy import stats

from medimg.qc.judge import judge_film
from medimg.qc.rates import Counts, fail_rate, interval, months, rates, spread
from medimg.qc.rules import GROUPS
from medimg.qc.verdict import FilmVerdict


def counted(films, by=("StationName", "month")):
    counts = Counts(by)
    for facts, numbers in films:
        counts.add(facts, judge_film(good_film(**numbers), {"view": "PA"}, CHEST))
    return counts


FILMS = [
    ({"StationName": "DR1", "month": "2026-01"}, {}),
    ({"StationName": "DR1", "month": "2026-02"}, {"apex_margin": 0.0}),
    ({"StationName": "", "month": "2026-01"}, {"lung_area": 0.05}),
    ({"StationName": "DR2", "month": "2026-01"}, {"centring_x": 0.07}),
]


def row_of(rows, by, word, item):
    return next(row for row in rows if (row["by"], row["word"], row["item"]) == (by, word, item))


def test_each_rate_is_a_share_of_the_films_that_could_be_judged():
    rows = rates(counted(FILMS))
    whole = row_of(rows, "", "", "film")
    assert (whole["n"], whole["fails"], whole["open"], whole["rate"]) == (3, 1, 1, pytest.approx(1 / 3))
    rule = row_of(rows, "", "", "C1_apex_margin")
    assert (rule["n"], rule["fails"], rule["open"]) == (3, 1, 1)
    group = row_of(rows, "StationName", "DR2", "overall")
    assert (group["n"], group["fails"], group["warns"], group["rate"]) == (1, 0, 1, 0.0)
    assert row_of(rows, "StationName", "unknown", "film")["rate"] is None
    assert row_of(rows, "", "", "I5_retrocardiac")["not_applicable"] == 4


def test_every_division_counts_every_film_once():
    rows = rates(counted(FILMS * 5))
    for item in ("film", "organs", "P1_rotation"):
        whole = row_of(rows, "", "", item)
        for by in ("StationName", "month"):
            parts = [row for row in rows if row["by"] == by and row["item"] == item]
            for key in ("n", "fails", "warns", "open", "not_applicable"):
                assert sum(part[key] for part in parts) == whole[key]


def test_the_order_is_film_groups_rules():
    items = counted(FILMS).items()
    assert items[:6] == ["film", "overall", "organs", "imaging", "position", "C1_apex_margin"]
    assert len(items) == 5 + len(CHEST.of_view("PA"))
    assert rates(Counts(())) == []


@pytest.mark.parametrize(("fails", "n", "low", "high"), [(3, 30, 0.035, 0.256), (30, 300, 0.071, 0.139)])
def test_the_specifications_wilson_intervals(fails, n, low, high):
    assert [round(limit, 3) for limit in interval(fails, n)] == [low, high]


def test_wilson_intervals_are_those_of_scipy():
    for n in (1, 7, 30, 1000):
        for fails in {0, 1, n // 3, n}:
            found = stats.binomtest(fails, n).proportion_ci(method="wilson")
            assert interval(fails, n) == pytest.approx((found.low, found.high), abs=1e-12)
            assert (interval(fails, n)[0] == 0.0, interval(fails, n)[1] == 1.0) == (fails == 0, fails == n)


def two_by_two(share, studies, together, rng):
    """Studies of two films, which fail both or none where `together`."""
    fails = np.repeat(rng.random(studies) < share, 2) if together else rng.random(2 * studies) < share
    counts = Counts(())
    for place, fail in enumerate(fails):
        verdict = "fail" if fail else "pass"
        counts.add({"study": f"s{place // 2}"}, FilmVerdict(verdict, "", "", (), dict.fromkeys(GROUPS, verdict), (), ""))
    return fail_rate(counts, "", "", "film")


def test_intervals_cover_where_films_of_one_study_fail_together():
    rng = np.random.default_rng(0)
    found = [two_by_two(0.2, 100, True, rng) for _ in range(400)]
    assert 0.93 < np.mean([row["low"] <= 0.2 <= row["high"] for row in found]) < 0.975
    naive = [interval(row["fails"], row["n"]) for row in found]
    assert np.mean([low <= 0.2 <= high for low, high in naive]) < 0.88


def test_films_that_fail_alone_have_wilsons_interval():
    rng = np.random.default_rng(1)
    for _ in range(20):
        row = two_by_two(0.2, 300, False, rng)
        low, high = interval(row["fails"], row["n"])
        assert row["high"] - row["low"] == pytest.approx(high - low, rel=0.15)
        assert row["high"] - row["low"] >= high - low - 1e-12


def test_where_no_film_fails_studies_count_and_films_without_a_study_count_alone():
    assert two_by_two(0.0, 40, True, np.random.default_rng(2))["high"] == interval(0, 40)[1]
    counts = Counts(())
    for study in ("unknown", "unknown", "", "a", "a"):
        counts.add({"study": study}, FilmVerdict("pass", "A", "", (), dict.fromkeys(GROUPS, "pass"), (), ""))
    assert fail_rate(counts, "", "", "film")["high"] == interval(0, 4)[1]


def test_a_share_of_nothing_has_no_interval():
    assert interval(0, 0) == (None, None)


def test_fewer_than_thirty_films_are_grey():
    rows = rates(counted([FILMS[0]] * 30 + [FILMS[3]] * 29))
    assert not row_of(rows, "StationName", "DR1", "film")["grey"]
    assert row_of(rows, "StationName", "DR2", "film")["grey"]


def test_months_are_laid_out_for_a_chart():
    assert months(counted(FILMS), "film") == (["2026-01", "2026-02"], [0, 1], [2, 1])


def test_spread_of_the_deviation_index():
    values = np.random.default_rng(0).normal(0.5, 1.5, size=500)
    row = spread([*values, np.nan, None])
    assert (row["n"], row["median"]) == (500, pytest.approx(np.median(values)))
    assert row["iqr"] == pytest.approx(stats.iqr(values))
    assert (row["sd"], row["skew"]) == (pytest.approx(values.std(ddof=1)), pytest.approx(stats.skew(values, bias=False)))
    assert spread([])["median"] is None
    assert spread([1.0, 1.0, 1.0])["sd"] is None
