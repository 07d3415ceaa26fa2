import numpy as np
import pandas as pd
import pytest

from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.choosing import Chooser
from medimg.room.choosing import Known, aligned, choose
from medimg.settings import Active

NONE = np.empty(0, np.intp)
POOL = pd.DataFrame(
    {"id": [f"i{k:02d}" for k in range(40)], "patient": [f"p{k // 4}" for k in range(40)], "slice_mm": np.arange(40) % 4 * 5.0}
)
POOL = POOL.assign(pixel_sha256=POOL["id"])
DOUBT = np.linspace(0.99, 0.5, 40)
SAID = Answers(np.stack([DOUBT, 1 - DOUBT], axis=1))


def chooser(**active):
    return Chooser(Active(**{"budget": 6, "init_size": 8, "cap": None, "mix": 0.0, **active}), POOL, 0, 0, lambda: SAID)


def ids(proposals):
    return [one.item for one in proposals]


def test_the_first_batch_begins_with_what_validation_wants_and_has_spare_images():
    chosen = choose(chooser(), Known(NONE, NONE, None), "diverse", 0, ["v0", "v1"])
    assert ids(chosen.groups[0]) == ["v0", "v1"]
    assert len(chosen.groups[1]) == 8
    assert POOL.set_index("id")["patient"][ids(chosen.groups[1])].nunique() == 2
    assert len(chosen.reserves) == 4
    assert {one.reason for one in chosen.reserves} == {"reserve"}
    assert len(set(chosen.ids)) == 14
    assert [one.rank for one in [*chosen.groups[0], *chosen.groups[1], *chosen.reserves]] == list(range(14))


def test_with_labels_already_there_the_first_round_asks_nothing_of_the_pool():
    chosen = choose(chooser(), Known(np.array([3]), NONE, None), "diverse", 0, [])
    assert chosen.ids == []


def test_a_batch_is_the_strategys_and_the_spare_images_are_the_next_best():
    chosen = choose(chooser(), Known(np.array([39]), np.array([38]), SAID), "entropy", 1, [])
    assert ids(chosen.groups[1]) == ["i37", "i36", "i35", "i34", "i33", "i32"]
    assert ids(chosen.reserves) == ["i31", "i30", "i29", "i28"]
    one = chosen.groups[1][0]
    p = SAID.probabilities[37]
    assert one.probabilities == tuple(p)
    assert one.score == pytest.approx(-(p * np.log(p)).sum())


def test_a_random_share_keeps_its_probability_and_images_without_a_score_are_named():
    p = SAID.probabilities.copy()
    p[5] = np.nan
    chosen = choose(chooser(mix=0.5), Known(NONE, NONE, Answers(p)), "entropy", 2, [])
    drawn = [one for one in chosen.groups[1] if one.reason == "random"]
    assert len(drawn) == 3
    assert all(one.inclusion == pytest.approx(3 / 40) for one in drawn)
    assert all(one.inclusion is None for one in chosen.groups[1] if one.reason != "random")
    assert chosen.unscored == ["i05"]


def test_a_budget_above_the_pool_offers_the_rest():
    chosen = choose(chooser(budget=50), Known(np.arange(35), NONE, SAID), "entropy", 1, [])
    assert sorted(ids(chosen.groups[1])) == ["i35", "i36", "i37", "i38", "i39"]
    assert chosen.reserves == []
    assert choose(chooser(), Known(np.arange(40), NONE, SAID), "entropy", 1, []).ids == []


def test_where_a_patient_is_the_unit_the_middle_slice_is_shown_and_no_other_of_that_patient():
    chosen = choose(chooser(unit="patient", budget=3), Known(NONE, NONE, SAID), "entropy", 1, [])
    assert sorted(ids(chosen.groups[1])) == ["i30", "i34", "i38"]
    assert not {"p7", "p8", "p9"} & set(POOL.set_index("id")["patient"][ids(chosen.reserves)])


def test_answers_follow_their_images_when_the_pool_has_changed():
    then, now = pd.Series(["a", "b", "c"]), pd.Series(["c", "new", "a"])
    said = Answers(np.array([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7]]), np.arange(6.0).reshape(3, 2), np.arange(12.0).reshape(2, 3, 2))
    moved = aligned(said, then, now)
    assert moved.probabilities[[0, 2]].tolist() == [[0.3, 0.7], [0.1, 0.9]]
    assert np.isnan(moved.probabilities[1]).all()
    assert np.isnan(moved.features[1]).all()
    assert moved.features[2].tolist() == [0, 1]
    assert moved.draws[1, 0].tolist() == [10, 11]
    assert np.isnan(moved.draws[:, 1]).all()
    assert aligned(said, then, then) is said
