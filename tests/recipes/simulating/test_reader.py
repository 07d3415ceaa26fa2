import numpy as np
import pandas as pd

from medimg.active.lots import Lots
from medimg.recipes.simulating.reader import read_by

ROWS = pd.DataFrame({"id": [f"i{k}" for k in range(3000)], "label": ["a", "b", "c"] * 1000})


def test_a_perfect_reader_says_the_truth():
    assert read_by(ROWS, ["a", "b", "c"], 0.0, Lots(1)).equals(ROWS)


def test_a_share_of_the_labels_is_another_class_evenly():
    read = read_by(ROWS, ["a", "b", "c"], 0.2, Lots(1))["label"]
    wrong = (read != ROWS["label"]).to_numpy()
    assert abs(wrong.mean() - 0.2) < 0.03
    shares = pd.crosstab(ROWS["label"][wrong], read[wrong], normalize="index").to_numpy()
    assert np.abs(shares[~np.eye(3, dtype=bool)] - 0.5).max() < 0.1


def test_the_reader_errs_on_the_same_images_in_any_order_and_of_two_classes():
    rows = ROWS[ROWS["label"] != "c"]
    once = read_by(rows, ["a", "b"], 0.3, Lots(4)).set_index("id")["label"]
    again = read_by(rows[::-1], ["a", "b"], 0.3, Lots(4)).set_index("id")["label"]
    assert once.sort_index().equals(again.sort_index())
    assert set(once) == {"a", "b"}
    assert not once.equals(read_by(rows, ["a", "b"], 0.3, Lots(5)).set_index("id")["label"])
