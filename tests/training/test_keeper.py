import signal

import pytest
import pytorch_lightning as pl
import torch
from toys import MACHINE, ToyPictures, network, run

from medimg.data.loader import epoch_batches
from medimg.errors import Interrupted, NumericError
from medimg.settings import Trainer
from medimg.tasks.classify import Classify
from medimg.training.checkpoints import CheckpointFolder, load_weights, step_of
from medimg.training.fit import fit
from medimg.training.keeper import Keeper
from medimg.training.signals import StopWish

CPU = Trainer(epochs=3, batch_size=8, accelerator="cpu")


class At(pl.Callback):
    """Does something before the batch after a number of optimiser steps."""

    def __init__(self, step, act):
        self.step, self.act = step, act

    def on_train_batch_start(self, trainer, module, *_):
        if trainer.global_step == self.step:
            self.act(module)


class Snapshots(pl.Callback):
    """The network after each batch."""

    def __init__(self):
        self.weights = []

    def on_train_batch_end(self, trainer, module, *_):
        self.weights.append({name: value.clone() for name, value in module.network.state_dict().items()})


def train(folder, settings=CPU, *, losses=None, callbacks=(), **options):
    """Train the toy with a judge that gives `losses` epoch by epoch; returns the keeper and the best file."""
    told = iter(losses or [])
    module = Classify(network(), "binary", steps=15, steps_per_epoch=5, seed=3)
    keeper = Keeper(CheckpointFolder(folder), lambda _: {"val/loss": next(told, 1.0)}, patience=settings.patience, **options)
    return keeper, fit(module, ToyPictures(), keeper, settings, MACHINE, seed=3, steps=15, extra=list(callbacks))


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def spoil_weights(module):
    next(module.network.parameters()).data[0] = float("nan")


def test_a_loss_that_is_no_number_stops_in_its_step_and_names_the_images(tmp_path):
    pictures, before = ToyPictures(), {}
    bad = epoch_batches(37, 8, 3, 1)[2][1]  # an image of the third batch of the second epoch

    class Watch(pl.Callback):
        steps = 0

        def on_train_batch_start(self, trainer, *_):
            before.update(files(tmp_path)) if trainer.current_epoch == 1 else None

        def on_train_batch_end(self, trainer, *_):
            self.steps = trainer.global_step

        def on_train_epoch_end(self, trainer, *_):
            pictures.image[bad] = float("inf")

    watch = Watch()
    module = Classify(network(), "binary", steps=15, steps_per_epoch=5, seed=3)
    keeper = Keeper(CheckpointFolder(tmp_path), lambda _: {"val/loss": 1.0}, save_steps=5)
    with pytest.raises(NumericError) as fault:
        fit(module, pictures, keeper, CPU, MACHINE, seed=3, steps=15, extra=[watch])
    text = str(fault.value)
    assert all(pictures.ids[k] in text for k in epoch_batches(37, 8, 3, 1)[2])
    assert "task.lr" in text
    assert fault.value.exit_code == 5
    assert watch.steps == 7
    assert files(tmp_path) == before
    assert step_of(CheckpointFolder(tmp_path).newest("last")) == step_of(CheckpointFolder(tmp_path).newest("best")) == 5


@pytest.mark.parametrize("checkpoint_steps", [1, None])
def test_weights_that_are_no_numbers_are_never_saved(checkpoint_steps, tmp_path, monkeypatch):
    class SpoilAfterStep(pl.Callback):
        def on_before_zero_grad(self, trainer, module, _):
            if trainer.global_step == 5:
                spoil_weights(module)

    monkeypatch.setattr("medimg.tasks.classify.refuse_no_number", lambda *_: None)  # so that the guard of the weights has to hold
    module = Classify(network(), "binary", steps=15, steps_per_epoch=5, seed=3)
    keeper = Keeper(CheckpointFolder(tmp_path), lambda _: {"val/loss": 1.0}, save_steps=checkpoint_steps)
    with pytest.raises(NumericError, match=r"first: 0\.weight"):
        fit(module, ToyPictures(), keeper, CPU, MACHINE, seed=3, steps=15, extra=[SpoilAfterStep()])
    for kind in ("last", "best") if checkpoint_steps else ("best",):  # the best waits in memory, and is written when numbers break
        path = keeper.folder.newest(kind)
        state = torch.load(path, weights_only=True)
        state = state["state_dict"] if kind == "last" else state["network"]
        assert all(value.isfinite().all() for value in state.values())
        assert step_of(path) == 5


@pytest.mark.parametrize(("losses", "epochs", "best"), [([3, 2, 1, 2, 3, 1], 5, 3), ([1, 2, 3], 3, 1), ([3, 2.5, 2, 1.5, 1, 0.5], 6, 6)])
def test_training_stops_after_so_many_epochs_without_a_better_loss(losses, epochs, best, tmp_path):
    settings = Trainer(epochs=6, batch_size=8, accelerator="cpu", patience=2)
    keeper, path = train(tmp_path, settings, losses=losses)
    assert len(keeper.rows) == epochs
    assert keeper.best_step == step_of(path) == 5 * best
    assert keeper.best == min(losses[:epochs])


def test_best_holds_the_weights_of_the_least_loss(tmp_path):
    snapshots = Snapshots()
    _, path = train(tmp_path, losses=[2, 1, 3], callbacks=[snapshots])
    kept = load_weights(path)
    assert all(torch.equal(value, snapshots.weights[9][name]) for name, value in kept.items())


def test_an_equal_loss_is_not_better(tmp_path):
    _, path = train(tmp_path, losses=[1, 1, 1])
    assert step_of(path) == 5


@pytest.mark.parametrize("accumulate", [1, 2])
def test_averaged_weights_are_their_formula_after_each_optimiser_step(accumulate, tmp_path):
    ema, snapshots, start = 0.6, Snapshots(), network().state_dict()
    settings = Trainer(epochs=2, batch_size=8, accelerator="cpu", accumulate=accumulate)
    train(tmp_path, settings, losses=[2, 1], callbacks=[snapshots], ema=ema)
    name, step = "6.weight", 0
    average = start[name].double()
    for batch, weights in enumerate(snapshots.weights):
        if (batch % 5 + 1) % accumulate == 0 or batch % 5 == 4:
            step += 1
            keep = min(ema, (1 + step) / (10 + step))
            average = keep * average + (1 - keep) * weights[name].double()
    assert step == (10 if accumulate == 1 else 6)
    kept = load_weights(CheckpointFolder(tmp_path).newest("best"))
    torch.testing.assert_close(kept[name].double(), average, atol=1e-6, rtol=1e-6)
    assert kept["1.num_batches_tracked"] == 10


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize(("step", "saved"), [(0, 1), (4, 5), (14, 15)])
def test_a_signal_in_the_first_or_the_last_batch_saves_that_batch_and_leaves(number, code, step, saved, tmp_path):
    with pytest.raises(Interrupted, match="resume=RUN") as stopped:
        train(tmp_path, callbacks=[At(step, lambda _: signal.raise_signal(number))])
    assert stopped.value.exit_code == code
    assert step_of(CheckpointFolder(tmp_path).newest("last")) == saved


def test_handlers_are_given_back_however_training_ends(tmp_path):
    """Otherwise a SIGTERM while a run is judged would go unheard."""
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with pytest.raises(Interrupted):
        train(tmp_path / "one", callbacks=[At(3, lambda _: signal.raise_signal(signal.SIGTERM))])
    with pytest.raises(NumericError):
        train(tmp_path / "two", callbacks=[At(3, spoil_weights)])
    train(tmp_path / "three")
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


def test_a_wish_from_before_training_is_heard_at_the_first_batch(tmp_path):
    wish = StopWish()
    wish.number = signal.SIGTERM
    with pytest.raises(Interrupted):
        train(tmp_path, wish=wish)
    assert step_of(CheckpointFolder(tmp_path).newest("last")) == 1


def test_state_is_saved_every_so_many_steps_and_minutes_and_at_epochs_where_it_is_worth_it(tmp_path, monkeypatch):
    seen = []

    class Saved(pl.Callback):
        def on_save_checkpoint(self, trainer, *_):
            seen.append(trainer.global_step)

    train(tmp_path / "steps", callbacks=[Saved()], save_steps=3)
    assert seen == [3, 5, 6, 9, 10, 12, 15]
    seen.clear()
    train(tmp_path / "minutes", callbacks=[Saved()], save_minutes=0.0)
    assert seen == list(range(1, 16))
    seen.clear()
    train(tmp_path / "short", callbacks=[Saved()])
    assert seen == [15]
    seen.clear()
    monkeypatch.setattr("medimg.training.keeper.SPARED_SECONDS", 0.0)
    monkeypatch.setattr("medimg.training.keeper.SAVE_SHARE", 0)
    train(tmp_path / "epochs", callbacks=[Saved()])
    assert seen == [5, 10, 15]
    seen.clear()
    monkeypatch.setattr("medimg.training.keeper.SAVE_SHARE", 1e6)
    train(tmp_path / "costly", callbacks=[Saved()])
    assert seen == [5, 15]


def test_checkpoints_hold_plain_types_only(tmp_path):
    run(tmp_path, CPU, ema=0.9)
    folder = CheckpointFolder(tmp_path)
    for kind in ("last", "best"):
        assert torch.load(folder.newest(kind), weights_only=True)


def test_each_epoch_has_one_row_that_all_hear_of(tmp_path):
    heard = []
    keeper, _ = train(tmp_path, losses=[3, 2, 1], told=lambda rows: heard.append(len(rows)))
    assert heard == [1, 2, 3]
    assert [(row["epoch"], row["step"], row["val/loss"]) for row in keeper.rows] == [(0, 5, 3), (1, 10, 2), (2, 15, 1)]
    assert all(row["images_per_s"] > 0 and row["lr"] >= 0 for row in keeper.rows)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_train_loss_is_the_mean_over_the_batches(accumulate, tmp_path):
    losses = []

    class Heard(Classify):
        def training_step(self, batch, batch_idx):
            loss = super().training_step(batch, batch_idx)
            losses.append(float(loss.detach()))
            return loss

    keeper = Keeper(CheckpointFolder(tmp_path), lambda _: {"val/loss": 1.0})
    settings = Trainer(epochs=1, batch_size=8, accelerator="cpu", accumulate=accumulate)
    fit(Heard(network(), "binary", steps=5, steps_per_epoch=5), ToyPictures(), keeper, settings, MACHINE, seed=3, steps=5)
    assert keeper.rows[0]["train/loss"] == pytest.approx(sum(losses) / len(losses), rel=1e-5)


@pytest.mark.parametrize("ema", [None, 0.6])
def test_without_a_judge_the_newest_state_is_kept_and_nothing_stops_early(ema, tmp_path):
    settings, snapshots = Trainer(epochs=3, batch_size=8, accelerator="cpu", patience=1), Snapshots()
    module = Classify(network(), "binary", steps=15, steps_per_epoch=5, seed=3)
    keeper = Keeper(CheckpointFolder(tmp_path), None, patience=1, ema=ema)
    best = fit(module, ToyPictures(), keeper, settings, MACHINE, seed=3, steps=15, extra=[snapshots])
    assert keeper.best_step == step_of(best) == 15
    assert ["val/loss" in row for row in keeper.rows] == [False] * 3
    expected = keeper.average.state_dict() if ema else snapshots.weights[-1]
    assert all(torch.equal(value, expected[name]) for name, value in load_weights(best).items())


@pytest.mark.parametrize(("losses", "best"), [([0.5, 0.9, 0.7, 0.6], 0), ([0.5, 0.9, 0.4, 0.6], 10)])
@pytest.mark.parametrize("stop", [None, 3, 8])
def test_the_state_a_training_begins_with_is_kept_until_an_epoch_beats_it_wherever_it_is_stopped(losses, best, stop, tmp_path):
    given = {name: value.clone() for name, value in network().state_dict().items()}
    if stop:
        with pytest.raises(Interrupted):
            train(tmp_path, losses=losses, compete=True, callbacks=[At(stop - 1, lambda _: signal.raise_signal(signal.SIGTERM))])
        losses = losses[1 + (stop - 1) // 5 :]
    keeper, file = train(tmp_path, losses=losses, compete=True)
    assert keeper.best_step == step_of(file) == best
    assert [row["epoch"] for row in keeper.rows] == [0, 1, 2]
    same = [torch.equal(value, given[name]) for name, value in load_weights(file).items()]
    assert all(same) if best == 0 else not all(same)
