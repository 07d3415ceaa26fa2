import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from toys import MACHINE, ToyPictures, run

from medimg.errors import ConfigError, RunError
from medimg.settings import Trainer
from medimg.tasks.classify import Classify
from medimg.training import fit as module
from medimg.training.checkpoints import CheckpointFolder, step_of
from medimg.training.fit import fit
from medimg.training.keeper import Keeper

CPU = Trainer(epochs=3, batch_size=8, accelerator="cpu")


class Count(pl.Callback):
    steps = batches = 0

    def on_train_batch_end(self, trainer, *_):
        self.steps, self.batches = trainer.global_step, self.batches + 1


def plain(seed=0):
    """A network in which a batch is the sum of its cases: no batch norm, no dropout."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 4, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 1))


def train(folder, settings, *, pictures=None, callbacks=(), network=None, **task):
    task = {"optimizer": "sgd", "lr": 0.1, "warmup": 0.0, "schedule": "constant", **task}
    classify = Classify(network or plain(), "binary", steps=15, steps_per_epoch=5, seed=3, **task)
    keeper = Keeper(CheckpointFolder(folder), lambda _: {"val/loss": 1.0})
    best = fit(
        classify, pictures or ToyPictures(), keeper, settings, MACHINE, seed=3, steps=settings.max_steps or 15, extra=list(callbacks)
    )
    return classify.network.state_dict(), best


def test_accumulated_gradients_equal_a_larger_batch(tmp_path):
    settings = [Trainer(epochs=3, batch_size=size, accumulate=times, accelerator="cpu") for size, times in ((8, 1), (4, 2), (2, 4))]
    whole, *parts = [train(tmp_path / str(k), s, pictures=ToyPictures(32))[0] for k, s in enumerate(settings)]
    for part in parts:
        for name, value in whole.items():
            torch.testing.assert_close(part[name], value, atol=1e-5, rtol=1e-4)


def test_two_trainings_are_the_same_to_the_bit(tmp_path):
    one, other = run(tmp_path / "one"), run(tmp_path / "other")
    assert all(torch.equal(one[0][name], other[0][name]) for name in one[0])


def test_another_seed_is_another_training(tmp_path):
    one, other = run(tmp_path / "one"), run(tmp_path / "other", seed=4)
    assert not all(torch.equal(one[0][name], other[0][name]) for name in one[0])


def test_training_learns_what_can_be_learned(tmp_path):
    _, rows, _, _ = run(tmp_path, Trainer(epochs=15, batch_size=8, accelerator="cpu"), lr=0.01, schedule="constant")
    assert rows[-1]["val/loss"] < 0.6 * rows[0]["val/loss"]


@pytest.mark.parametrize("steps", [2, 5, 7])
def test_the_limit_of_steps_is_kept_and_the_last_epoch_judged(steps, tmp_path):
    count = Count()
    _, best = train(tmp_path, Trainer(epochs=3, batch_size=8, accelerator="cpu", max_steps=steps), callbacks=[count])
    assert count.steps == steps
    assert step_of(best) == min(steps, 5)


def test_a_limit_in_optimiser_steps_counts_accumulated_batches_once(tmp_path):
    count = Count()
    train(tmp_path, Trainer(epochs=3, batch_size=4, accumulate=2, accelerator="cpu", max_steps=3), callbacks=[count])
    assert (count.steps, count.batches) == (3, 6)


def test_clipping_limits_the_gradients_norm(tmp_path):
    norms = []

    class Norms(pl.Callback):
        def on_before_optimizer_step(self, trainer, classify, optimizer):
            norms.append(float(torch.cat([p.grad.flatten() for p in classify.parameters()]).norm()))

    start = plain()
    before = torch.cat([value.flatten() for value in start.state_dict().values()])
    settings = Trainer(epochs=1, batch_size=64, accelerator="cpu", clip=1e-3)
    weights, _ = train(tmp_path, settings, callbacks=[Norms()], network=start, momentum=0.0, weight_decay=0.0)
    moved = torch.cat([value.flatten() for value in weights.values()]) - before
    assert norms[0] > 1e-2
    assert float(moved.norm()) == pytest.approx(0.1 * 1e-3, rel=0.02)


@pytest.mark.parametrize("kinds", ["best", "all"])
def test_a_best_checkpoint_that_is_damaged_is_refused_not_replaced_by_an_older_one(kinds, tmp_path):
    run(tmp_path, CPU)
    found = sorted(tmp_path.glob("best-*.ckpt"))
    for path in found if kinds == "all" else found[-1:]:
        path.write_bytes(b"spoilt")
    with pytest.raises(RunError, match=r"Delete the stage's folder"):
        run(tmp_path, CPU)


def test_too_few_batches_for_all_processes_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module.ranks, "world", lambda: 2)
    monkeypatch.setattr(module.pl, "Trainer", lambda **_: None)
    with pytest.raises(ConfigError, match=r"10 training images in batches of 16 .* 2 processes"):
        train(tmp_path, Trainer(epochs=1, batch_size=16, accelerator="cpu"), pictures=ToyPictures(10))


def test_a_second_interrupt_is_an_interrupt_not_an_exit_of_lightnings(tmp_path):
    class Twice(pl.Callback):
        def on_train_batch_start(self, *_):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, CPU, callbacks=[Twice()])
