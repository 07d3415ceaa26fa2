from types import SimpleNamespace

import pytest
import torch

from medimg.cli.screen import screenful
from medimg.errors import NumericError
from medimg.tasks import adversarial, classify
from medimg.tasks.guard import refuse_no_number
from medimg.validate import known_keys


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


@pytest.mark.parametrize("way_out", [classify.WAY_OUT, adversarial.WAY_OUT])
def test_the_way_out_of_a_large_batch_stands_on_the_screen(way_out):
    with pytest.raises(NumericError) as fault:
        refuse_no_number(module(), losses(float("nan")), [f"{number:016x}" for number in range(200)], way_out)
    told = " ".join(screenful(fault.value.faults))
    assert "0000000000000009 and 190 more. " in told
    assert told.endswith(way_out)


def test_the_way_out_of_a_classifier_names_what_each_phase_learns_with():
    keys = set(known_keys())
    assert {"task.lr", "phases.lr", "trainer.clip", "trainer.precision"} <= keys
    assert all(word in classify.WAY_OUT for word in ("task.lr", "phases.lr", "trainer.clip=1", "trainer.precision=fp32"))


def test_all_processes_stop_where_one_has_no_number():
    with pytest.raises(NumericError, match="step 7"):
        refuse_no_number(module(agreed=False), losses(0.5), ["a"], "Lower it.")
    refuse_no_number(module(agreed=True), losses(0.5), ["a"], "Lower it.")
