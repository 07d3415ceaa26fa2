from types import SimpleNamespace

import pytest
import torch

from medimg.errors import NumericError
from medimg.tasks.guard import refuse_no_number


def module(agreed=None):
    """A module in epoch 2, step 7, of one process, or of two that agreed on whether all numbers are fine."""
    strategy = SimpleNamespace(reduce_boolean_decision=lambda fine, all: agreed)
    trainer = SimpleNamespace(world_size=1 if agreed is None else 2, strategy=strategy)
    return SimpleNamespace(trainer=trainer, current_epoch=2, global_step=7)


def losses(*values):
    return {name: torch.tensor(value, requires_grad=True) for name, value in zip(("the loss", "the other loss"), values, strict=False)}


def test_numbers_pass():
    assert refuse_no_number(module(), losses(0.5, -3.0), ["a"], "Stop.") is None


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((float("nan"),), "the loss is nan"), ((float("inf"), 1.0), "the loss is inf"), ((1.0, float("nan")), "the other loss is nan"),
        ((float("nan"), float("-inf")), "the loss is nan and the other loss is -inf"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_named_with_place_images_and_way_out(values, told):
    expected = rf"^{told} in epoch 2, step 7; images of this batch: a, b\. The best and last checkpoints are untouched\. Lower it\.$"
    with pytest.raises(NumericError, match=expected):
        refuse_no_number(module(), losses(*values), ["a", "b"], "Lower it.")


def test_all_processes_stop_where_one_has_no_number():
    with pytest.raises(NumericError, match="step 7"):
        refuse_no_number(module(agreed=False), losses(0.5), ["a"], "Lower it.")
    refuse_no_number(module(agreed=True), losses(0.5), ["a"], "Lower it.")
