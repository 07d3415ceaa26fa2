"""Bland-Altman and intraclass correlation against the papers' own data."""

import numpy as np
import pytest
from scipy import stats

from medimg.evaluate.bland_altman import Estimate, continuous, icc_agreement, icc_consistency, limits_of_agreement, repeatability

# Bland and Altman, Lancet 1986;i:307, table 1: peak expiratory flow (l/min) of 17 people, twice by each of two meters
LARGE = np.array([[494, 490], [395, 397], [516, 512], [434, 401], [476, 470], [557, 611], [413, 415], [442, 431], [650, 638], [433, 429],
                  [417, 420], [656, 633], [267, 275], [478, 492], [178, 165], [423, 372], [427, 421]], dtype=float)  # fmt: skip
MINI = np.array([[512, 525], [430, 415], [520, 508], [428, 444], [500, 500], [600, 625], [364, 460], [380, 390], [658, 642], [445, 432],
                 [432, 420], [626, 605], [260, 227], [477, 467], [259, 268], [350, 370], [451, 443]], dtype=float)  # fmt: skip
# Shrout and Fleiss, Psychol Bull 1979;86:420, table 2: six targets, four judges
SHROUT = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)


def test_bias_and_limits_of_the_peak_flow_meters():
    found = limits_of_agreement(LARGE[:, 0] - MINI[:, 0])
    assert found["bias"].value == pytest.approx(-2.1, abs=0.05)
    assert (found["bias"].low, found["bias"].high) == (pytest.approx(-22.0, abs=0.2), pytest.approx(17.8, abs=0.2))
    # the paper takes 2 SD (-79.7 and 75.5); 1.96 of its SD of 38.8 are meant here
    assert found["lower"].value == pytest.approx(-2.1 - 1.96 * 38.8, abs=0.2)
    assert found["upper"].value == pytest.approx(-2.1 + 1.96 * 38.8, abs=0.2)
    half = (found["lower"].high - found["lower"].low) / 2
    assert half == pytest.approx(34.6, abs=0.1)  # the paper: -114.3 to -45.1


def test_repeatability_of_the_peak_flow_meters():
    """The paper's coefficient is twice the standard deviation of the differences: 43.2 and 56.4 l/min, to the rounding of its SD."""
    for readings, coefficient in ((LARGE, 43.2), (MINI, 56.4)):
        assert repeatability(readings).value == pytest.approx(coefficient * 1.96 / 2, rel=0.01)


def test_repeatability_covers():
    rng = np.random.default_rng(0)
    true = 1.959964 * np.sqrt(2)
    held = sum((found := repeatability(rng.normal(size=(20, 2)))).low <= true <= found.high for _ in range(1000))
    assert 930 <= held <= 970


def test_intraclass_correlations_of_shrout_and_fleiss():
    random, fixed = icc_agreement(SHROUT), icc_consistency(SHROUT)
    assert (round(random.value, 2), round(fixed.value, 2)) == (0.29, 0.71)
    assert (round(random.low, 2), round(random.high, 2)) == (0.02, 0.76)
    assert (round(fixed.low, 2), round(fixed.high, 2)) == (0.34, 0.95)


def test_a_constant_shift_is_seen_by_agreement_and_not_by_consistency():
    first = np.arange(40, dtype=float)
    shifted = np.column_stack([first, first + 10])
    assert icc_consistency(shifted).value == 1.0
    assert icc_agreement(shifted).value == pytest.approx(
        np.var(first, ddof=1) / (np.var(first, ddof=1) + 50)
    )  # variance between over that plus half the square of the shift
    assert icc_agreement(np.column_stack([first, first])).value == 1.0
    assert icc_agreement(np.ones((5, 2))) is icc_consistency(np.ones((5, 2))) is None


@pytest.mark.parametrize("icc", [icc_agreement, icc_consistency])
def test_readings_that_no_binary_fraction_is_agree_wholly_all_the_same(icc):
    assert icc([[0.1, 0.1], [0.2, 0.2], [0.4, 0.4]]) == Estimate(1.0, 1.0, 1.0)
    assert icc(np.full((7, 3), 0.1)) is None


def test_the_limits_hold_95_percent_of_new_differences():
    rng = np.random.default_rng(1)
    found = limits_of_agreement(rng.normal(2, 3, size=20_000))
    assert stats.norm(2, 3).cdf(found["upper"].value) - stats.norm(2, 3).cdf(found["lower"].value) == pytest.approx(0.95, abs=0.004)


def test_rows_tell_n_grey_and_what_is_undefined():
    rows = {row["metric"]: row for row in continuous(LARGE[:, 0], MINI[:, 0])}
    assert list(rows) == ["bias", "lower", "upper", "repeatability", "icc_2_1", "icc_3_1"]
    assert all(row["n"] == row["patients"] == 17 and row["grey"] and row["undefined"] is None for row in rows.values())
    shared = continuous(LARGE[:, 0], MINI[:, 0], patients=np.arange(17) // 2)
    assert all("taken as independent" in row["method"] for row in shared)
    assert all("at least 3" in row["undefined"] for row in continuous([1, 2], [1, 2]))
    assert continuous(np.ones(40), np.ones(40))[-1]["undefined"] == "nothing varies"
    assert not continuous(np.arange(40), np.arange(40))[0]["grey"]
    with pytest.raises(ValueError, match="not a finite number"):
        continuous([1, 2, np.nan], [1, 2, 3])
