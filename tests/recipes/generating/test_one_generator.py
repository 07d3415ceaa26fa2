import json
import signal
from dataclasses import replace

import pytest
import torch
from toy_adversaries import NOISE, adversaries
from toys import MACHINE, ToyPictures

from medimg.errors import Interrupted
from medimg.recipes.generating.one_generator import Plan, train_generator
from medimg.settings import Trainer
from medimg.tasks.adversarial import Adversarial
from medimg.training.checkpoints import load_weights, step_of
from medimg.transforms.diff_augment import DiffAugment

PLAN = Plan(steps=12, batch_size=16, steps_per_row=5, lr_generator=1e-2, lr_discriminator=1e-2)
CPU = Trainer(accelerator="cpu", patience=1, clip=0.1, accumulate=2, epochs=1)  # what classifiers are told does not matter here


def train(folder, plan=PLAN, **options):
    """Train the toys on five pictures; returns both networks and the keeper."""
    options = {"machine": MACHINE, "seed": 3, "augment": DiffAugment(), **options}
    generator, discriminator = adversaries()
    keeper = train_generator(
        generator, discriminator, NOISE, ToyPictures(5), plan=plan, trainer=CPU, folder=folder, what="generator", **options
    )
    return generator, discriminator, keeper


def weights(*networks):
    return [value for network in networks for value in network.state_dict().values()]


def same(one, other):
    return all(torch.equal(mine, theirs) for mine, theirs in zip(weights(*one[:2]), weights(*other[:2]), strict=True))


@pytest.fixture(scope="module")
def never_stopped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return *train(folder), folder


def test_steps_are_counted_and_five_pictures_fill_batches_of_sixteen(never_stopped, tmp_path, monkeypatch):
    sizes, made = [], Adversarial.training_step
    monkeypatch.setattr(Adversarial, "training_step", lambda self, batch, k: sizes.append(len(batch["id"])) or made(self, batch, k))
    _, _, keeper = train(tmp_path)
    assert sizes == [16] * 12
    assert [row["step"] for row in keeper.rows] == [5, 10, 12]


def test_both_networks_are_left_in_the_newest_averaged_state(never_stopped, tmp_path):
    generator, discriminator, keeper, folder = never_stopped
    best = max(folder.glob("checkpoints/best-*.ckpt"))
    assert step_of(best) == keeper.best_step == 12
    kept = load_weights(best)
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        assert all(torch.equal(value, kept[f"{name}.{key}"]) for key, value in network.state_dict().items())
    plain = train(tmp_path, replace(PLAN, ema=None))
    last = torch.load(max((tmp_path / "checkpoints").glob("last-*.ckpt")), weights_only=True)["state_dict"]
    assert all(torch.equal(value, last[f"network.generator.{key}"]) for key, value in plain[0].state_dict().items())
    assert not same(plain, never_stopped)


def test_progress_tells_of_both_losses(never_stopped):
    *_, folder = never_stopped
    rows = [json.loads(line) for line in (folder / "progress.jsonl").read_text().splitlines()]
    assert [row["train/loss"] for row in rows] == pytest.approx([row["train/generator"] + row["train/discriminator"] for row in rows])


@pytest.mark.parametrize("step", [1, 5, 8, 12])
def test_a_training_that_was_stopped_ends_with_the_same_bits(step, never_stopped, tmp_path, monkeypatch):
    made, steps = Adversarial.training_step, []

    def stopping(self, *given):
        steps.append(1)
        if len(steps) == step:
            signal.raise_signal(signal.SIGTERM)
        return made(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Adversarial, "training_step", stopping)
        with pytest.raises(Interrupted):
            train(tmp_path)
    assert same(train(tmp_path), never_stopped)


def test_a_finished_training_asked_again_is_loaded(never_stopped, monkeypatch):
    *_, folder = never_stopped
    monkeypatch.setattr(Adversarial, "training_step", lambda *_: pytest.fail("a step was trained"))
    again = train(folder)
    assert same(again, never_stopped)
    assert [row["step"] for row in again[2].rows] == [5, 10, 12]


def test_half_precision_is_for_others(never_stopped, tmp_path):
    assert same(train(tmp_path, machine=replace(MACHINE, precision="bf16", memory_format="channels_last")), never_stopped)


def test_another_seed_is_another_training(never_stopped, tmp_path):
    assert not same(train(tmp_path, seed=4), never_stopped)
