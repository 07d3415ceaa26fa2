"""Charts: months in a row, signals as other shapes, histograms with everything in them."""

import re

import pytest

from medimg.qc.pchart import p_chart
from medimg.qc.rates import Counts, spread
from medimg.qc.verdict import FilmVerdict
from medimg.report.quality.charts import calendar, chart_rows, histogram_svg, p_chart_svg
from medimg.report.quality.words import Words

SHARE = Words("en").share


def drawn(fails, films):
    words = calendar(["2025-01", f"2025-{len(films):02d}"])
    return str(p_chart_svg(p_chart(words, fails, films), "by <month>", SHARE))


def test_months_without_films_have_their_place():
    assert calendar(["2026-02", "2025-11"]) == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert calendar(["1901-01", "2025-11"]) == ["1901-01", "2025-11"]
    counts = Counts(("month",))
    for month in ("2025-01", "2025-01", "2025-03"):
        counts.add({"month": month}, FilmVerdict("fail", "C", "", (), {}, (), ""))
    counts.add({}, FilmVerdict("fail", "C", "", (), {}, (), ""))
    rows = chart_rows(counts, "film", ["2025-01", "2025-03"])
    assert [(row["word"], row["n"]) for row in rows] == [("2025-01", 2), ("2025-02", 0), ("2025-03", 1)]


def test_a_month_outside_the_limits_is_a_diamond_and_a_run_a_square():
    assert 'class="signal"' not in drawn([2] * 6, [100] * 6)
    alarm = drawn([2, 2, 2, 30, 2, 2], [100] * 6)
    assert alarm.count('class="signal"') == 1
    assert alarm.count('class="usual"') == 5
    assert 'class="run"' in drawn([1] * 2 + [12] * 10, [200] * 12)


def test_few_films_are_hollow_and_a_month_without_any_has_no_point():
    svg = drawn([1, 0, 2], [20, 0, 100])
    assert (svg.count('class="few"'), svg.count('class="usual"'), svg.count("<title>")) == (1, 1, 2)
    assert "2025-01: 1 / 20, 5.0 %" in svg
    lines = re.findall(r'class="rate-line" points="([^"]*)"', drawn([1, 2, 0, 2], [50, 100, 0, 100]))
    assert [len(line.split()) for line in lines] == [2, 1]  # broken at the month without films


def test_points_lie_at_their_rate():
    svg = drawn([0, 10], [100, 100])
    heights = [float(y) for y in re.findall(r'class="usual" cx="[\d.]+" cy="([\d.]+)"', svg)]
    assert heights[0] == pytest.approx(150)
    assert heights[1] == pytest.approx(150 - 140 * 0.10 / 0.20)


def test_names_are_escaped():
    assert 'aria-label="by &lt;month&gt;"' in drawn([1, 1], [50, 50])


def test_a_histogram_holds_every_film_and_puts_outliers_into_the_last_bar():
    values = [-20.0, 0.1, 0.1, 0.2, 9.0]
    svg = str(histogram_svg(values, spread(values)))
    heights = [float(height) for height in re.findall(r'class="bin"[^>]* height="([\d.]+)"', svg)]
    assert heights == pytest.approx([28 / 3, 28, 28 / 3], abs=0.06)
    assert re.search(r'class="median" d="M122\.0 ', svg)
