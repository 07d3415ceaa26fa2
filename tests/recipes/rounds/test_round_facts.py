import math

import numpy as np
import pandas as pd
import pytest

from medimg.active.lots import Lots
from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.round_facts import Judges, stop_set

LABELS = np.tile([0, 1], 30)
VAL = pd.DataFrame({"id": [f"v{k}" for k in range(60)], "patient": [f"p{k // 2}" for k in range(0, 120, 2)], "label": LABELS.astype(str)})


def judges(labels=LABELS):
    return Judges(np.array([0, 2]), VAL, np.eye(2)[labels])


def told(strength):
    noise = np.random.default_rng(0).normal(size=60)
    p = 1 / (1 + np.exp(-(strength * (LABELS - 0.5) + noise)))
    return np.stack([1 - p, p], axis=1)


def test_entropies_are_of_the_images_without_a_label_and_the_stop_set_of_all():
    pool = Answers(np.array([[0.5, 0.5], [0.9, 0.1], [0.2, 0.8]]))
    facts = judges().facts(61, np.array([False, True, False]), pool, told(1), None)
    assert (facts.labels, facts.open, facts.gain_high) == (61, 1, None)
    assert facts.max_entropy == pytest.approx(-0.9 * math.log(0.9) - 0.1 * math.log(0.1))
    assert facts.stop_set.tolist() == [0, 1]


def test_the_limits_of_the_score_hold_the_score_and_the_gain():
    weak, strong = told(1), told(6)
    facts = judges().facts(1, np.array([False]), None, strong, weak)
    assert 0.9 < facts.score_low < 1
    assert 0 < facts.gain_high < 0.6
    assert judges().facts(1, np.array([False]), None, strong, strong).gain_high == 0
    assert (facts.max_entropy, facts.stop_set) == (None, None)


def test_one_class_in_validation_gives_no_score():
    assert judges(np.ones(60, int)).facts(1, np.array([False]), None, told(1), None).score_low is None


def test_the_stop_set_is_the_same_in_any_order_and_at_most_two_thousand():
    pool = pd.DataFrame({"id": [f"i{k}" for k in range(2500)]})
    once, other = stop_set(pool, Lots(1)), pool[::-1].reset_index(drop=True)
    assert len(once) == 2000
    assert set(pool["id"][once]) == set(other["id"][stop_set(other, Lots(1))])
