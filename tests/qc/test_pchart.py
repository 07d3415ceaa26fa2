"""P-charts against textbook limits and by how often chance alone raises an alarm."""

import numpy as np
import pytest
from scipy import stats

from medimg.qc.pchart import binomial, p_chart, shewhart


def test_limits_of_the_textbook():
    """Montgomery, Introduction to Statistical Quality Control, frozen orange juice: p = 0.2313, n = 50, limits 0.0524 and 0.4102."""
    assert [round(limit, 4) for limit in shewhart(0.2313, 50)] == [0.0524, 0.4102]


def test_exact_limits_leave_three_sigmas_share_on_either_side():
    tail = stats.norm.sf(3)
    for share, n in ((0.02, 50), (0.1, 400), (0.5, 30), (0.001, 10)):
        low, high = (round(limit * n) for limit in binomial(share, n))
        assert stats.binom.cdf(low - 1, n, share) < tail <= stats.binom.cdf(low, n, share)
        assert stats.binom.sf(high, n, share) <= tail < stats.binom.sf(high - 1, n, share)


def test_exact_limits_raise_fewer_false_alarms_where_faults_are_rare():
    """What the docstring says of 50 films with 2 % faults: once in 60 months, and once in 2,000."""
    found = {}
    for name, (low, high) in {"shewhart": shewhart(0.02, 50), "binomial": binomial(0.02, 50)}.items():
        counts = np.arange(51)
        outside = (counts / 50 < low) | (counts / 50 > high)
        found[name] = 1 / stats.binom.pmf(counts[outside], 50, 0.02).sum()
    assert found == {"shewhart": pytest.approx(60, rel=0.1), "binomial": pytest.approx(2000, rel=0.1)}


def test_a_month_outside_the_limits_is_a_signal():
    rows = p_chart(["1", "2", "3", "4"], [2, 3, 30, 2], [100, 100, 100, 100])
    assert [row["signal"] for row in rows] == [False, False, True, False]
    assert rows[0]["centre"] == pytest.approx(37 / 400)
    assert (rows[0]["low"], rows[0]["high"]) == shewhart(37 / 400, 100)
    wilson = stats.binomtest(2, 100).proportion_ci(method="wilson")
    assert (rows[0]["rate_low"], rows[0]["rate_high"]) == pytest.approx((wilson.low, wilson.high))


def test_the_eighth_point_on_one_side_tells_a_shift_and_empty_months_do_not_interrupt():
    fails, films = [4] * 7 + [0] + [4, 4, 1], [100] * 7 + [0] + [100, 100, 100]  # 3.7 % of all
    rows = p_chart([str(n) for n in range(11)], fails, films)
    assert [row["run"] for row in rows] == [False] * 8 + [True, True, False]
    assert rows[7]["rate"] is None
    assert not rows[7]["signal"]


def test_no_films_at_all_and_impossible_counts():
    assert p_chart(["1"], [0], [0])[0]["centre"] is None
    with pytest.raises(ValueError, match="more fails than films"):
        p_chart(["1"], [3], [2])
