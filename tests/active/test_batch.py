import numpy as np
import pytest
from pools import random_pool

from medimg.active.batch import Batch, Picks, whole_patients
from medimg.active.lots import Lots
from medimg.active.pool import laid_out


def items(pool):
    return laid_out(pool, Lots(0), None, with_features=False)


def test_a_batch_knows_what_is_open_what_is_left_and_who_has_room():
    pool = random_pool(items=30, patients=3)
    batch = Batch(items(pool), np.ones(30, dtype=bool), 10, 5)
    batch.draw(4)
    batch.take(np.flatnonzero(batch.open)[:3], "strategy")
    assert (batch.left, batch.open.sum(), batch.room.sum()) == (3, 23, 8)
    assert batch.reason.tolist() == ["random"] * 4 + ["strategy"] * 3
    assert batch.probability[:4] == pytest.approx(4 / 15 * 5 / batch.size[batch.items.group[batch.places[:4]]])
    assert np.isnan(batch.probability[4:]).all()


def test_whole_patients_keep_their_order_reason_and_probability():
    pool = random_pool(items=30, patients=3)
    slices = items(pool)
    whole = whole_patients(Picks(np.array([2, 0]), np.array(["random", "strategy"]), np.array([0.3, np.nan]), np.empty(0, int)), slices)
    drawn = (slices.group == 2).sum()
    assert set(whole.index[:drawn]) == set(slices.rows[slices.group == 2])
    assert set(whole.index[drawn:]) == set(slices.rows[slices.group == 0])
    assert whole.reason.tolist() == ["random"] * drawn + ["strategy"] * (len(whole.index) - drawn)
    assert (whole.probability[:drawn] == 0.3).all()
