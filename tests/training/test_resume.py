"""A run that was stopped anywhere and continued ends with the bits of the run never stopped."""

import signal

import pytest
import torch
from stops import Count, StopAt
from toys import run

from medimg.errors import Interrupted
from medimg.settings import Trainer
from medimg.training.signals import StopWish

STEPS = 15  # 37 pictures in batches of 8, three epochs


def same(one, other):
    weights, rows, logits, _ = one
    others, other_rows, other_logits, _ = other
    assert all(torch.equal(weights[name], others[name]) for name in weights)
    timing = ("seconds", "images_per_s")
    assert [{k: v for k, v in row.items() if k not in timing} for row in rows] == [
        {k: v for k, v in row.items() if k not in timing} for row in other_rows
    ]
    assert (logits == other_logits).all()


@pytest.fixture(scope="module")
def never_stopped(tmp_path_factory):
    return run(tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_run_stopped_at_any_step_continues_to_the_same_bits(step, never_stopped, tmp_path):
    with pytest.raises(Interrupted) as stopped:
        run(tmp_path, callbacks=[StopAt(step)])
    assert stopped.value.exit_code == 128 + signal.SIGTERM
    count = Count()
    same(run(tmp_path, callbacks=[count]), never_stopped)
    assert count.batches == STEPS - step


@pytest.mark.parametrize("step", [2, 5, 7, 11, 15])
def test_two_workers_stop_and_continue_to_the_same_bits(step, never_stopped, tmp_path):
    settings = Trainer(epochs=3, batch_size=8, accelerator="cpu", workers=2)
    with pytest.raises(Interrupted):
        run(tmp_path, settings, callbacks=[StopAt(step, signal.SIGINT)])
    same(run(tmp_path, settings), never_stopped)


def test_a_run_stopped_at_every_second_step_continues_to_the_same_bits(never_stopped, tmp_path):
    for step in range(2, STEPS, 2):
        with pytest.raises(Interrupted):
            run(tmp_path, callbacks=[StopAt(step)])
    same(run(tmp_path), never_stopped)


@pytest.mark.parametrize("step", [1, 3, 4, 6])
def test_averaged_weights_accumulation_and_early_stop_survive_a_stop(step, tmp_path_factory):
    settings = Trainer(epochs=4, batch_size=4, accumulate=2, patience=1, accelerator="cpu")
    whole = run(tmp_path_factory.mktemp("whole"), settings, ema=0.9)
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.raises(Interrupted):
        run(folder, settings, ema=0.9, callbacks=[StopAt(step)])
    same(run(folder, settings, ema=0.9), whole)


@pytest.mark.parametrize("step", [1, 5, 8])
@pytest.mark.parametrize("ema", [None, 0.9])
def test_a_run_with_frozen_layers_and_layer_wise_rates_continues_to_the_same_bits(step, ema, tmp_path_factory):
    task = {"freeze": 2, "lr_decay": 0.5, "ema": ema}
    whole = run(tmp_path_factory.mktemp("whole"), **task)
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.raises(Interrupted):
        run(folder, callbacks=[StopAt(step)], **task)
    same(run(folder, **task), whole)


def test_a_finished_run_asked_again_does_nothing_more(tmp_path):
    first, count = run(tmp_path), Count()
    same(run(tmp_path, callbacks=[count]), first)
    assert count.batches == 0


def test_a_damaged_last_checkpoint_falls_back_to_the_one_before(never_stopped, tmp_path):
    with pytest.raises(Interrupted):
        run(tmp_path, Trainer(epochs=3, batch_size=8, accelerator="cpu", checkpoint_steps=1), callbacks=[StopAt(8)])
    newest = sorted(tmp_path.glob("last-*.ckpt"))[-1]
    newest.write_bytes(newest.read_bytes()[:-100])
    same(run(tmp_path), never_stopped)


def test_the_second_interrupt_does_not_wait():
    wish = StopWish()
    wish.listen()
    try:
        signal.raise_signal(signal.SIGINT)
        assert wish.number == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    finally:
        wish.release()
