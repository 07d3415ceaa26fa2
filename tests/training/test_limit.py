"""A training with a limit in steps is stopped and continued like any other, also at an epoch's end."""

import pytest
import torch
from stops import Count, StopAt
from toys import run

from medimg.errors import Interrupted
from medimg.settings import Trainer


def limited(folder, *callbacks):
    """Fifteen steps of five an epoch, in two times as many epochs as that takes."""
    return run(folder, Trainer(epochs=6, max_steps=15, batch_size=8, accelerator="cpu"), callbacks=callbacks)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return folder, limited(folder)


@pytest.mark.parametrize("step", [4, 5, 6, 10, 15])
def test_a_limited_training_stopped_at_any_place_continues_to_the_same_bits(step, whole, tmp_path):
    with pytest.raises(Interrupted):
        limited(tmp_path, StopAt(step))
    count = Count()
    weights, rows, *_ = limited(tmp_path, count)
    assert count.batches == 15 - step
    assert [row["step"] for row in rows] == [5, 10, 15]
    assert all(torch.equal(value, whole[1][0][name]) for name, value in weights.items())


def test_a_limited_training_that_is_done_trains_no_more(whole):
    folder, (weights, rows, *_) = whole
    count = Count()
    again = limited(folder, count)
    assert count.batches == 0
    assert len(again[1]) == len(rows) == 3
    assert all(torch.equal(value, weights[name]) for name, value in again[0].items())
