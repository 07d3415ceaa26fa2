import numpy as np
import pytest

from medimg.active import scores
from medimg.active.scores import distributions, entropy, least_confidence, margin, mutual_information


def some(seed=0, items=50, classes=3, draws=None):
    return np.random.default_rng(seed).dirichlet(np.ones(classes), size=items if draws is None else (draws, items))


def test_scores_equal_their_definitions():
    for row in some():
        ordered = sorted(row)
        assert entropy([row])[0] == pytest.approx(-sum(p * np.log(p) for p in row), rel=1e-12)
        assert margin([row])[0] == pytest.approx(1 - (ordered[-1] - ordered[-2]), rel=1e-12)
        assert least_confidence([row])[0] == pytest.approx(1 - ordered[-1], rel=1e-12)


def test_two_classes_rank_alike_and_three_do_not():
    def rankings(p):
        return [np.argsort(score(p), kind="stable").tolist() for score in scores.OF_PROBABILITIES.values()]

    two, three = rankings(some(classes=2)), rankings(some(classes=3))
    assert two[0] == two[1] == two[2]
    assert three[0] != three[1] != three[2] != three[0]


def test_a_certain_answer_scores_nothing_and_an_even_one_most():
    sure, even = [[0.0, 1.0, 0.0]], [[1 / 3] * 3]
    assert [float(score(sure)[0]) for score in scores.OF_PROBABILITIES.values()] == [0, 0, 0]
    assert [float(score(even)[0]) for score in scores.OF_PROBABILITIES.values()] == pytest.approx([np.log(3), 1, 2 / 3])


@pytest.mark.parametrize("row", [[np.nan, 0.5], [np.inf, 0.5], [np.inf, -np.inf], [-0.2, 1.2], [0.5, 0.4], [0.0, 0.0]])
def test_what_is_no_distribution_has_no_score(row):
    for score in scores.OF_PROBABILITIES.values():
        assert np.isnan(score([row, [0.5, 0.5]])).tolist() == [True, False]


def test_softmax_in_sixteen_bits_is_a_distribution():
    assert np.isfinite(distributions(some(classes=14, items=1000).astype(np.float16))).all()


def test_mutual_information_equals_its_definition(monkeypatch):
    draws = some(draws=4)
    monkeypatch.setattr(scores, "BLOCK", 7)
    found = mutual_information(draws)
    for item in range(draws.shape[1]):
        own = draws[:, item]
        mean = own.mean(axis=0)
        expected = -(mean * np.log(mean)).sum() + (own * np.log(own)).sum(axis=1).mean()
        assert found[item] == pytest.approx(expected, abs=1e-12)
        assert 0 <= found[item] <= np.log(3)


def test_draws_that_agree_carry_no_information_and_one_broken_draw_breaks_its_item():
    draws = np.repeat(some(items=5)[None], 3, axis=0)
    draws[1, 2] = np.nan
    assert mutual_information(draws) == pytest.approx([0, 0, np.nan, 0, 0], abs=1e-12, nan_ok=True)
    assert len(mutual_information(draws[:, :0])) == 0


@pytest.mark.parametrize("wrong", [[0.5, 0.5], [[1.0]]])
def test_probabilities_of_the_wrong_shape_are_refused(wrong):
    with pytest.raises(ValueError, match="shape"):
        entropy(wrong)


def test_draws_of_the_wrong_shape_are_refused():
    for wrong in (np.ones((3, 2)), np.ones((0, 3, 2))):
        with pytest.raises(ValueError, match="draws"):
            mutual_information(wrong)
