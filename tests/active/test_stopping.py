import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from medimg.active.stopping import HARD, RULES, Round, Stop, agreement, held, pool_entropy, reasons, stopped_by, top_probability
from medimg.errors import ConfigError

ANSWERS = np.arange(200) % 2


def history(count=8, **columns):
    """Rounds of 50 labels; a column is a list, one value a round."""
    return [Round(50 * (n + 1), 1000 - n, **{name: values[n] for name, values in columns.items()}) for n in range(count)]


def stops(rule, rounds, **settings):
    return stopped_by(rounds, Stop((rule,), **settings))[rule]


def test_three_tenths_are_nats_or_bits():
    falling = history(4, max_entropy=[0.5, 0.29, 0.21, 0.2])
    assert stops("max_entropy", falling) == 1
    assert stops("max_entropy", falling, entropy_unit="bits") == 3
    assert stops("max_entropy", falling, max_entropy=0.2) is None


def test_the_threshold_has_its_equivalent_top_probability():
    assert top_probability(Stop().nats()) == pytest.approx(0.911, abs=5e-4)
    assert top_probability(Stop(entropy_unit="bits").nats()) == pytest.approx(0.947, abs=5e-4)
    assert top_probability(0) == 1
    assert top_probability(math.log(6), classes=6) == pytest.approx(1 / 6)
    rest = (1 - (top := top_probability(0.7, classes=4))) / 3
    assert -top * math.log(top) - 3 * rest * math.log(rest) == pytest.approx(0.7)


def test_a_quantile_outlives_one_corrupt_slice():
    chance = np.full(999, 0.99)
    highest, quantile = pool_entropy(np.column_stack([np.append(chance, 0.5), 1 - np.append(chance, 0.5)]))
    rounds = history(1, max_entropy=[highest], high_entropy=[quantile])
    assert stops("max_entropy", rounds) is None
    assert stops("quantile_entropy", rounds) == 0


def test_items_without_an_answer_are_left_out_of_the_pools_entropy():
    assert pool_entropy([[np.nan, 0.5], [1.0, 0.0]]) == (0, 0)
    assert pool_entropy([[np.nan, 0.5]]) is None
    assert pool_entropy(np.empty((0, 2))) is None


def test_agreement_is_cohens_kappa():
    rng = np.random.default_rng(0)
    one, two = rng.integers(0, 4, (2, 300))
    assert agreement(one, two) == pytest.approx(cohen_kappa_score(one, two))


def test_stable_is_the_mean_of_the_last_kappas():
    other = ANSWERS.copy()
    other[:6] = 1 - other[:6]  # kappa 0.94 with the others
    answers = [other, ANSWERS, ANSWERS, ANSWERS, ANSWERS, ANSWERS]
    rounds = history(6, stop_set=answers)
    assert stops("stable", rounds) == 4
    assert stops("stable", rounds[1:], kappa=0.5) == 3
    assert stops("stable", rounds, window=1) == 2
    assert stops("stable", rounds, kappa=0.98) == 3


def test_a_model_of_one_class_is_not_stable_and_a_missing_answer_breaks_the_row():
    assert stops("stable", history(6, stop_set=[np.zeros(50, int)] * 6)) is None
    rounds = history(6, stop_set=[ANSWERS] * 6)
    rounds[3] = replace(rounds[3], stop_set=None)
    assert stops("stable", rounds) is None


def test_plateau_waits_for_patience_rounds_in_a_row():
    rounds = history(7, gain_high=[None, 0.001, 0.2, 0.004, 0.0, -0.1, 0.0])
    assert stops("plateau", rounds) == 5
    assert stops("plateau", rounds, patience=1) == 1
    assert stops("plateau", rounds, delta=-0.001) is None


def test_target_asks_the_lower_limit():
    rounds = history(4, score_low=[None, 0.8, 0.9, 0.95])
    assert stops("target", rounds, target=0.9) == 3


def test_limits_stop_at_once():
    rounds = history(8)
    rounds[7] = replace(rounds[7], open=0)
    assert stops("max_labels", rounds, max_labels=151) == 3
    assert stops("max_rounds", rounds, max_rounds=2) == 2
    assert stops("pool_empty", rounds) == 7
    assert stops("max_labels", rounds) is None


@pytest.mark.parametrize("rule", HARD)
def test_one_limit_is_enough(rule):
    stop = Stop(("max_entropy", "stable", rule), max_labels=50, max_rounds=1)
    assert reasons([Round(40, 2), Round(50, 0)], stop) == [rule]


def test_rounds_are_counted_after_the_initial_training():
    assert held(history(1), Stop(("max_rounds",), max_rounds=1)) == []
    assert held(history(2), Stop(("max_rounds",), max_rounds=1)) == ["max_rounds"]


def test_one_estimate_of_several_is_not_enough_and_two_are():
    rounds = history(7, max_entropy=[0.2] * 7, gain_high=[None, 0.0, 0.0, 0.0, 0.2, 0.0, 0.0])
    stop = Stop(("max_entropy", "plateau"))
    assert stopped_by(rounds, stop) == {"max_entropy": 0, "plateau": 3, "combined": 3}
    assert held(rounds, stop) == ["max_entropy"]
    assert reasons(rounds, stop) == []


def test_the_only_estimate_asked_for_is_enough():
    assert reasons(history(1, max_entropy=[0.2]), Stop(("max_entropy", "max_labels"))) == ["max_entropy"]


def test_nothing_measured_stops_nothing():
    stop = Stop(tuple(RULES), target=0.9)
    assert set(stopped_by(history(), stop).values()) == {None}
    assert stopped_by([], stop).keys() == {*RULES, "combined"}


def test_a_replay_is_what_was_said_at_the_time():
    rng = np.random.default_rng(0)
    stop = Stop(("max_entropy", "plateau", "max_labels"), max_labels=350, patience=1)
    for _ in range(50):
        rounds = history(8, max_entropy=rng.uniform(0, 1, 8), gain_high=rng.uniform(-0.01, 0.02, 8))
        said = [bool(reasons(rounds[: n + 1], stop)) for n in range(8)]
        assert stopped_by(rounds, stop)["combined"] == said.index(True)


def test_wrong_rules_are_refused_in_one_list():
    with pytest.raises(ConfigError) as refused:
        Stop(("plateu", "target"))
    assert "Did you mean plateau?" in refused.value.faults[0]
    assert "active.stop.target has no value" in refused.value.faults[1]
