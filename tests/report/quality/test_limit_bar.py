"""Bars of values against limits: every zone where the judge puts it."""

import re

import numpy as np
import pytest

from medimg.qc.verdict import against
from medimg.report.quality.limit_bar import limit_bar, scale, zones

LIMITS = [
    (0.4, 0.6, None, None), (None, None, 0.05, 0.10), (-5.0, -3.0, 3.0, 5.0), (0.01, 0.03, 0.2, None), (None, None, 0.0, 0.02),
    (None, None, 0.0, 0.0), (2.0, 2.0, None, None), (None, 100.0, 130.0, None), (None, None, 0.25, None),
]  # fmt: skip


@pytest.mark.parametrize("limits", LIMITS)
def test_zones_are_the_verdicts_of_the_judge(limits):
    start, end = scale(limits, None)
    found = zones(limits, start, end)
    assert [found[0][1], found[-1][2]] == [start, end]
    assert [one[2] for one in found[:-1]] == [one[1] for one in found[1:]]
    for value in np.linspace(start, end, 200)[1:-1]:
        name = next(name for name, low, high in found if low <= value <= high)
        assert name == against(limits, float(value))[0]


def test_the_scale_holds_limits_and_a_value_that_is_not_far():
    assert scale((-5, -3, 3, 5), 0.0) == (-15, 15)
    assert scale((None, None, 0.05, 0.1), 0.07)[0] == 0.0
    assert scale((0.0, 0.01, None, None), 0.05)[1] > 0.05
    assert scale((0.0, 0.01, None, None), 5.0)[1] < 0.1
    assert scale((None, None, 0.0, 0.0), 0.0)[0] < 0, "what passes has a width"
    assert scale((None, None, 0.03, 0.1), 0.0)[0] < 0, "a needle at 0 is whole"


def test_the_needle_stands_at_the_value_and_an_arrow_beyond_the_scale():
    inside = str(limit_bar((-5, -3, 3, 5), 0.0, str))
    assert re.search(r'class="needle" d="M110\.0 ', inside)
    assert 'd="M219' in limit_bar((-5, -3, 3, 5), 500.0, str)
    assert 'd="M1.0' in limit_bar((-5, -3, 3, 5), -500.0, str)
    assert "needle" not in limit_bar((-5, -3, 3, 5), None, str)


def test_zones_differ_by_texture_and_not_by_colour_alone():
    bar = str(limit_bar((-5, -3, 3, 5), 0.0, str))
    assert (bar.count('class="hatch"'), bar.count('class="dots"'), bar.count('class="zone-pass"')) == (2, 2, 1)
    assert 'class="hatch"' not in limit_bar((None, 100.0, 130.0, None), 120.0, str)


def test_every_limit_is_written_and_escaped():
    bar = str(limit_bar((-5, -3, 3, 5), 0.0, lambda limit: f"<{limit}>"))
    assert re.findall(r">&lt;(-?\d)&gt;<", bar) == ["-5", "-3", "3", "5"]
    assert limit_bar((None, None, None, None), 1.0, str) == ""


@pytest.mark.parametrize("limits", [(0.4, 0.4 + 1e-16, None, None), (None, None, 5e-324, 5e-324), (None, None, 0.0, 1e-13)])
def test_limits_that_are_all_but_equal_have_a_bar(limits):
    assert "needle" in limit_bar(limits, limits[0] or 0.0, str)
