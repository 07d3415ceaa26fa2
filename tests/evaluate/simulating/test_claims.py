"""Sentences of the verdict: claimed only where interval and corrected p-value carry it."""

import pytest

from medimg.evaluate.simulating.claims import better, verdict, worse

UNITS = {"complete": True, "finished": 9, "planned": 9, "alone": False, "repeats_used": 5}


def difference(low, high, p):
    middle = (low + high) / 2
    row = {"strategy": "entropy", "what": "area", "axis": "labels", "estimate": middle, "undefined": None, "method": "drawn"}
    return row | {"low": low, "high": high, "p_holm": p}


def told(within=(), full_low=0.9, gap=None, alone=False, labels=(20.0, 30.0, 40.0), more=()):
    curve = {"strategy": "entropy", "metric": "auroc", "val_labels": 15.0}
    return verdict(
        {
            "units": UNITS | {"alone": alone}, "strategies": ["random", "entropy"], "margin": 0.02,
            "differences": [gap or difference(-1, 1, 1), *more],
            "curves": [curve | {"round": n, "labels": labels[n]} for n in range(3)],
            "full": [{"metric": "auroc", "estimate": 0.95, "low": full_low, "labels": 400.0}],
            "against_full": [{"strategy": "entropy", "round": n, "within": n in within} for n in range(3)],
        }
    )  # fmt: skip


@pytest.mark.parametrize(("low", "p", "is_better"), [(0.01, 0.04, True), (0.01, 0.06, False), (-0.001, 0.04, False)])
def test_better_needs_the_interval_and_the_corrected_p(low, p, is_better):
    row = difference(low, 0.05, p)
    assert better(row) == is_better
    assert worse(difference(-0.05, -low, p)) == is_better
    assert ("entropy is better than random" in " ".join(told(gap=row))) == is_better


def test_an_interval_above_nought_that_is_no_claim_stands_with_the_corrected_p_that_decides():
    others = [difference(-0.01, 0.02, p) | {"strategy": name} for name, p in (("badge", 0.6), ("power", 0.9), ("typical", 1.0))]
    text = " ".join(told(gap=difference(0.002, 0.030, 0.097), more=others))
    assert "entropy (+0.016, 95 % +0.002 to +0.030, p 0.097 after correction for 4 strategies); badge (" in text
    assert text.count("after correction") == 1


def test_strategies_without_an_interval_share_one_reason():
    none = {"low": None, "high": None, "p_holm": None, "method": "too few patients"}
    text = " ".join(told(gap=difference(0, 0, 1) | none, more=[difference(0.1, 0.1, 1) | none | {"strategy": "badge"}]))
    assert "not shown at 5 repeats: entropy, badge (too few patients)." in text


def test_full_data_performance_names_the_labels_from_which_it_holds():
    text = " ".join(told(within=(1, 2)))
    assert "reaches full-data performance within 0.02: entropy from 30 labels (8 % of the pool); 15 validation labels beside these." in text
    assert "not shown at 5 repeats: random." in text


def test_the_initial_labels_are_no_merit():
    text = " ".join(told(within=(0, 1, 2)))
    assert "already with the initial labels alone, no merit of theirs: entropy" in text
    assert "What reaches" not in text


def test_full_data_no_better_than_guessing_is_no_goal_and_one_repeat_shows_nothing():
    assert "not shown to be better than guessing" in " ".join(told(within=(1, 2), full_low=0.48))
    text = " ".join(told(within=(1, 2), gap=difference(0.1, 0.2, 0.001), alone=True))
    assert "is better" not in text
    assert "What reaches" not in text
