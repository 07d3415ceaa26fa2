import numpy as np
import pandas as pd
import pytest

from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.choosing import Chooser
from medimg.settings import Active

POOL = pd.DataFrame({"id": [f"i{k:02d}" for k in range(30)], "patient": [f"p{k // 3}" for k in range(30)]})
POOL = POOL.assign(pixel_sha256=POOL["id"])
DOUBT = np.linspace(0.99, 0.5, 30)
SAID = Answers(np.stack([DOUBT, 1 - DOUBT], axis=1), np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32))


def chooser(**active):
    return Chooser(Active(**{"budget": 4, "init_size": 6, "cap": None, "mix": 0.0, **active}), POOL, 0, 0, lambda: SAID)


def test_rows_are_counted_in_the_whole_pool_and_none_that_is_shut_is_asked_for():
    picks = chooser().next("entropy", 1, SAID, np.array([29, 27]), np.array([28]))
    assert picks.index.tolist() == [26, 25, 24, 23]
    assert chooser().next("entropy", 1, SAID, np.array([29]), budget=2).index.tolist() == [28, 27]


def test_an_image_without_a_finite_score_is_named_by_its_row_in_the_whole_pool():
    p = SAID.probabilities.copy()
    p[7] = np.nan
    assert chooser().next("entropy", 1, Answers(p), np.array([0, 1])).unscored.tolist() == [7]


@pytest.mark.parametrize("init", ["patient", "typical"])
def test_the_first_batch_leaves_out_what_is_shut(init):
    shut = np.flatnonzero(POOL["patient"].isin(["p0", "p1", "p2", "p3", "p4"]))
    first = chooser(init=init).first(shut)
    assert len(first) == 6
    assert not set(first) & set(shut)
    assert sorted(set(first)) == sorted(first)


def test_another_round_and_another_repeat_draw_other_images():
    picked = [chooser().next("random", number, SAID, np.array([], int)).index.tolist() for number in (1, 1, 2)]
    assert picked[0] == picked[1] != picked[2]
    assert Chooser(Active(init_size=6), POOL, 1, 0, lambda: SAID).first().tolist() != chooser().first().tolist()
