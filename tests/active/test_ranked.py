import numpy as np
import pytest
from pools import random_pool, tokens

from medimg.active import ranked
from medimg.active.lots import Lots
from medimg.active.scores import entropy, least_confidence, margin, mutual_information
from medimg.active.strategies import pick


def best(score, count):
    return np.argsort(-score)[:count].tolist()


@pytest.mark.parametrize(("name", "score"), [("entropy", entropy), ("margin", margin), ("least_confidence", least_confidence)])
def test_top_takes_the_highest_scores(name, score):
    pool = random_pool(classes=3)
    assert pick(name, pool, 20, Lots(0)).index.tolist() == best(score(pool.probabilities), 20)


def test_of_three_classes_margin_and_entropy_choose_differently():
    pool = random_pool(classes=3)
    assert set(pick("margin", pool, 20, Lots(0)).index) != set(pick("entropy", pool, 20, Lots(0)).index)


def test_of_two_classes_the_aliases_are_the_same_to_the_last_tie():
    pool = random_pool()
    pool.probabilities[:50] = 0.5
    chosen = [pick(name, pool, 80, Lots(0)).index.tolist() for name in ("entropy", "margin", "least_confidence")]
    assert chosen[0] == chosen[1] == chosen[2]


def test_without_noise_bald_takes_what_the_draws_disagree_on(monkeypatch):
    monkeypatch.setattr(ranked, "TEMPERATURE", 0)
    pool = random_pool()
    chosen = pick("bald", pool, 20, Lots(0)).index.tolist()
    assert chosen == best(mutual_information(pool.draws), 20)


def test_power_draws_in_proportion_to_the_score():
    pool = random_pool(items=4, patients=4)
    first = [pick("power", pool, 1, Lots(seed)).index[0] for seed in range(3000)]
    score = entropy(pool.probabilities)
    assert np.bincount(first, minlength=4) / 3000 == pytest.approx(score / score.sum(), abs=0.03)


def test_power_takes_items_without_doubt_last():
    pool = random_pool(items=10)
    pool.probabilities[:4] = [1, 0]
    assert set(pick("power", pool, 10, Lots(0)).index[6:]) == {0, 1, 2, 3}


def test_random_patient_takes_nobody_twice_before_everybody_once():
    pool = random_pool(items=300, patients=20)
    for seed in range(5):
        chosen = pool.groups[pick("random_patient", pool, 50, Lots(seed)).index]
        assert [len(set(chosen[start : start + 20])) for start in (0, 20)] == [20, 20]


def test_ties_are_broken_by_lot_and_differ_between_rounds():
    pool = random_pool()
    pool.probabilities[:] = 0.5
    rounds = [tuple(tokens(pool, pick("entropy", pool, 10, Lots(0, number)).index)) for number in range(5)]
    assert len(set(rounds)) == 5
