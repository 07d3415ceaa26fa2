"""One class, two, or no decision, from one distribution."""

import numpy as np
import pytest

from medimg.evaluate.rule import PAPER, Rule


def by_hand(row):
    """The classes of one case, as the paper's sentence says it."""
    both = [k for k, p in enumerate(row) if p > 0.45]
    alone = [k for k, p in enumerate(row) if p > 0.90]
    return both if len(both) == 2 else alone


@pytest.mark.parametrize("classes", [2, 3, 6])
@pytest.mark.parametrize("peaked", [0.05, 0.3, 1.0])
def test_the_rule_is_the_papers_sentence_on_random_distributions(classes, peaked):
    p = np.random.default_rng(classes).dirichlet(np.full(classes, peaked), 2000)
    decided = PAPER.decide(p)
    assert [list(np.flatnonzero(row)) for row in decided] == [by_hand(row) for row in p]
    assert decided.sum(axis=1).max() <= 2


def test_two_alike_and_one_above_all_are_decided():
    p = np.array([[0.5, 0.5, 0.0], [0.46, 0.07, 0.47], [0.95, 0.03, 0.02], [0.6, 0.4, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    assert PAPER.decide(p).astype(int).tolist() == [[1, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_a_probability_at_a_limit_is_not_above_it():
    p = np.array([[0.90, 0.06, 0.04], [0.45, 0.50, 0.05], [0.45, 0.45, 0.10]])
    assert not PAPER.decide(p).any()
    assert PAPER.decide(np.nextafter(p, 1)).sum(axis=1).tolist() == [1, 2, 2]


def test_the_papers_limits_come_with_their_source():
    assert (PAPER.one, PAPER.two) == (0.90, 0.45)
    assert "section 3.2" in PAPER.source
    assert PAPER.text == "one class above 0.90, two where both are above 0.45, otherwise no decision"


@pytest.mark.parametrize(("one", "two"), [(0.45, 0.90), (1.0, 0.45), (0.9, 0.5), (0.9, 0.2), (float("nan"), 0.45)])
def test_limits_that_could_name_three_classes_or_none_at_all_are_not_sound(one, two):
    assert PAPER.sound
    assert not Rule(one, two, "").sound
