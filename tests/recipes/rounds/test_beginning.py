import pandas as pd

from medimg.recipes.rounds.beginning import judges_of
from medimg.recipes.rounds.learners import Fold
from medimg.settings import Settings


def test_the_judges_know_the_validation_labels_and_a_set_of_the_pool_that_its_order_does_not_change():
    pool = pd.DataFrame({"id": [f"i{k}" for k in range(9)]})
    val = pd.DataFrame({"id": ["v0", "v1"], "patient": ["p", "q"], "label": ["b", "a"]})
    judges = judges_of(Settings(), ["a", "b"], Fold(0, {"pool": pool, "val": val}))
    assert judges.truth.tolist() == [[0, 1], [1, 0]]
    assert sorted(judges.stop_set) == list(range(9))
