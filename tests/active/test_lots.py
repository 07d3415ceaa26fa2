import numpy as np
from scipy.stats import kstest

from medimg.active.lots import Lots

TOKENS = [f"token {number}" for number in range(4000)]


def test_a_token_draws_the_same_in_any_company():
    lots = Lots(1, 2, "project")
    whole = lots.uniform(lots.codes(TOKENS), "noise")
    assert np.array_equal(lots.uniform(lots.codes(TOKENS[::-7]), "noise"), whole[::-7])


def test_every_word_of_the_key_matters():
    keys = [Lots(0), Lots(1), Lots(0, 1), Lots(0, 0, "other")]
    draws = np.array([lots.uniform(lots.codes(TOKENS), purpose) for lots in keys for purpose in ("a", "b")])
    assert np.abs(np.corrcoef(draws) - np.eye(len(draws))).max() < 0.06


def test_draws_are_uniform_and_never_nought_or_one():
    lots = Lots(3)
    assert kstest(lots.uniform(lots.codes(TOKENS), "noise"), "uniform").pvalue > 0.01
    assert kstest(lots.steps(4000, "walk"), "uniform").pvalue > 0.01
    ends = lots.uniform(np.arange(2**17, dtype=np.uint64), "ends")
    assert 0 < ends.min() < ends.max() < 1


def test_the_draws_are_pinned():
    lots = Lots(seed=7, round=3, project="clinic")
    assert lots.codes(["a"]).tolist() == [11741321652366645503]
    assert lots.uniform(lots.codes(["a"]), "noise").tolist() == [0.3317859378692377]
