from itertools import pairwise

import pandas as pd
import pytest
from cohorts import manifest, random_manifest, thyroid

from medimg.data.leaks import prove
from medimg.data.share import keep_share, keep_val
from medimg.data.split import UNUSED, load_split, make_split, save_split
from medimg.errors import LeakError

SHARES = (0.05, 0.25, 0.5, 0.8, 1.0)


def taught(split, rows):
    """Training patients of each fold and member."""
    return split[split["part"] == "train"].merge(rows[["id", "patient"]]).groupby(["fold", "member"])["patient"].agg(set)


@pytest.mark.parametrize("seed", range(5))
def test_a_smaller_share_is_part_of_a_larger_one(seed):
    rows = random_manifest(seed, classes=3, patients=90)
    split = make_split(rows, folds=3, inner_folds=2)
    kept = [taught(keep_share(rows, split, share, seed), rows) for share in SHARES]
    for less, more in pairwise(kept):
        assert all(less[job] <= more[job] for job in more.index)
        assert sum(map(len, less)) < sum(map(len, more))


def test_validation_and_test_stay_and_whole_patients_go():
    rows = random_manifest(3, classes=2, patients=60)
    split = make_split(rows)
    less = keep_share(rows, split, 0.4, 0)
    was = split["part"] == "train"
    assert less["part"][~was].equals(split["part"][~was])
    assert set(less["part"][was]) == {"train", UNUSED}
    assert (less[was].merge(rows).groupby(["fold", "patient"])["part"].agg(set).map(len) == 1).all()


def test_each_set_of_labels_keeps_its_share_and_at_least_one_patient():
    rows = thyroid()
    split = make_split(rows, folds=1)
    for share in SHARES:
        parts = keep_share(rows, split, share, 0).merge(rows)
        counts = pd.crosstab(parts["label"], parts["part"])
        whole = counts["train"] + counts.get(UNUSED, 0)
        assert (counts["train"] >= 1).all()
        assert ((counts["train"] - share * whole).between(0, 1)).all()


def test_other_seeds_keep_other_patients_and_the_order_of_rows_does_not_matter():
    rows = thyroid()
    split = make_split(rows, folds=1)
    one, other = (taught(keep_share(rows, split, 0.25, seed), rows).iloc[0] for seed in (0, 1))
    assert len(one & other) < 0.6 * len(one)
    mixed = rows.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(keep_share(rows, split, 0.25, 0), keep_share(mixed, split, 0.25, 0))


def test_a_smaller_training_part_is_saved_read_back_and_proved(tmp_path):
    rows = manifest(range(60), "ab" * 30)
    split = keep_share(rows, make_split(rows, folds=1), 0.5, 0)
    save_split(split, tmp_path / "split.csv")
    prove(rows, load_split(tmp_path / "split.csv", rows))


def test_who_is_not_used_may_stand_behind_no_generated_picture():
    rows = manifest(range(60), "ab" * 30)
    split = keep_share(rows, make_split(rows, folds=1), 0.5, 0)
    by_part = split.merge(rows).groupby("part")["patient"].agg("|".join)
    pictures = pd.DataFrame({"id": ["g"], "generator": "x", "fold": 0, "donors": by_part["train"]})
    prove(rows, split, pictures)
    with pytest.raises(LeakError, match="donors of generated images are training patients"):
        prove(rows, split, pictures.assign(donors=by_part[UNUSED]))


def test_validation_keeps_whole_patients_until_it_has_so_many_images_and_the_others_train():
    rows = random_manifest(3, classes=2, patients=60)
    split = make_split(rows, folds=3)
    for images in (1, 12, 10_000):
        kept = keep_val(rows, split, images, 0)
        assert (kept.merge(rows).groupby(["fold", "patient"])["part"].agg(set).map(len) == 1).all()
        assert kept["part"][split["part"] != "val"].equals(split["part"][split["part"] != "val"])
        assert set(kept["part"][split["part"] == "val"]) <= {"train", "val"}
        for fold, part in kept[kept["part"] == "val"].merge(rows).groupby("fold"):
            smallest = part.groupby("patient").size().max()
            there = (split[split["fold"] == fold]["part"] == "val").sum()
            assert min(images, there) <= len(part) < images + smallest
    assert keep_val(rows, split, None, 0) is split
    few, more = (set(keep_val(rows, split, n, 0).query("part == 'val'")["id"]) for n in (5, 20))
    assert few < more
    assert few != set(keep_val(rows, split, 5, 1).query("part == 'val'")["id"])
