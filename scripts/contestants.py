"""The loops that bench.py lets run against each other: medimg, bare PyTorch, and Lightning as it comes.

Each runs in a thread of its own and stops after every few steps, so that one process can go back and forth between them. What is global
in PyTorch (determinism, threads) is taken along, so that none pays for what another has set.
"""

import copy
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from medimg.data.dataset import Pictures
from medimg.data.loader import epoch_batches
from medimg.settings import Trainer
from medimg.tasks.classify import Classify
from medimg.training.checkpoints import CheckpointFolder
from medimg.training.fit import fit
from medimg.training.keeper import Keeper
from medimg.training.machine import Machine
from medimg.training.score import score
from medimg.training.signals import StopWish

ENDLESS = 10**6
LR, DECAY = 1e-4, 0.01
Tick = Callable[[Tensor], None]


@dataclass(frozen=True)
class Race:
    """What all train: a network, pictures with several labels each, and the batches' size and order."""

    network: nn.Module
    train: Pictures
    val: Pictures
    batch_size: int
    seed: int = 1

    @property
    def steps_per_epoch(self) -> int:
        """Batches of one epoch."""
        return len(epoch_batches(len(self.train), self.batch_size, self.seed, 0))


class Over(Exception):
    """The race is over."""


class Loop(threading.Thread):
    """A training loop that goes on for some steps when asked, and then waits. `play` calls the tick after each optimiser step."""

    def __init__(self, name: str, play: Callable[[Tick], None], threads: int) -> None:
        super().__init__(name=name, daemon=True)
        self.play, self.threads = play, threads
        self.losses: list[Tensor] = []
        self.fault: BaseException | None = None
        self._go, self._done = threading.Event(), threading.Event()
        self._left, self._over = 0, False
        self._began, self._spent = np.zeros(2), np.zeros(2)
        self._ways = (False, False, True, False, True)

    def run(self) -> None:
        """Play until told to stop."""
        torch.set_num_threads(self.threads)
        self._wait()
        try:
            self.play(self._tick)
        except Over:
            pass
        except BaseException as fault:
            self.fault = fault
        self._done.set()

    def go(self, steps: int) -> np.ndarray:
        """Run that many steps; returns their seconds by the clock, and by the processor."""
        if self.ident is None:
            self.start()
        self._left = steps
        self._done.clear()
        self._go.set()
        self._done.wait()
        if self.fault:
            raise self.fault
        return self._spent

    def stop(self) -> None:
        """End the loop where it waits."""
        self._over = True
        self._go.set()
        self.join()

    def _tick(self, loss: Tensor) -> None:
        self.losses.append(loss.detach())  # a number only in the end: a GPU would be waited for
        self._left -= 1
        if not self._left:
            self._spent = _clocks() - self._began
            self._ways = (
                torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled(),
                torch.utils.deterministic.fill_uninitialized_memory, torch.backends.cudnn.benchmark, torch.backends.cudnn.allow_tf32,
            )  # fmt: skip
            self._done.set()
            self._wait()

    def _wait(self) -> None:
        self._go.wait()
        self._go.clear()
        if self._over:
            raise Over
        deterministic, warn_only, fill, torch.backends.cudnn.benchmark, torch.backends.cudnn.allow_tf32 = self._ways
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
        torch.utils.deterministic.fill_uninitialized_memory = fill
        self._began = _clocks()


def _clocks() -> np.ndarray:
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return np.array([time.perf_counter(), time.process_time()])


class TickAtEnd(pl.Callback):
    """Tells of each step of a Lightning trainer."""

    def __init__(self, tick: Tick) -> None:
        self.tick = tick

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.tick(outputs["loss"])


def medimg_loop(race: Race, machine: Machine) -> Loop:
    """medimg's own training, as `medimg train` calls it: keeper, validation and checkpoints after each epoch."""

    def play(tick: Tick) -> None:
        network = copy.deepcopy(race.network)
        network = network.to(memory_format=torch.channels_last if machine.channels_last else torch.contiguous_format)
        module = Classify(
            network, "multilabel", steps=ENDLESS, steps_per_epoch=race.steps_per_epoch, seed=race.seed, lr=LR, weight_decay=DECAY,
            schedule="constant", warmup=0.0, channels_last=machine.channels_last,
        )  # fmt: skip

        def judge(judged: nn.Module) -> dict[str, float]:
            logits = torch.from_numpy(score(judged, race.val, machine, batch_size=race.batch_size))
            return {"val/loss": float(F.binary_cross_entropy_with_logits(logits, torch.from_numpy(race.val.labels)))}

        settings = Trainer(epochs=ENDLESS, batch_size=race.batch_size, accelerator=machine.accelerator)
        with tempfile.TemporaryDirectory() as folder:
            keeper = Keeper(CheckpointFolder(Path(folder)), judge, wish=NoWish())
            fit(module, race.train, keeper, settings, machine, seed=race.seed, steps=ENDLESS, extra=[TickAtEnd(tick)])

    return Loop("medimg", play, machine.threads)


class NoWish(StopWish):
    """Signals belong to the main thread, which is not this one."""

    def listen(self) -> None:
        """Leave them."""


def bare_loop(race: Race, machine: Machine) -> Loop:
    """The same training in plain PyTorch, pictures in memory; it too validates and writes its best and last state after each epoch.

    On a GPU it is as deterministic as medimg's: other kernels would give other bits.
    """

    def play(tick: Tick) -> None:
        if machine.accelerator == "gpu":
            machine.settle()
        layout = torch.channels_last if machine.channels_last else torch.contiguous_format
        network = copy.deepcopy(race.network).to(machine.device, memory_format=layout)
        decayed, plain = [p for p in network.parameters() if p.ndim > 1], [p for p in network.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, LR, fused=machine.accelerator == "cpu" or None)
        image, label = in_memory(race.train)
        best = float("inf")
        with tempfile.TemporaryDirectory() as folder:
            for epoch in range(ENDLESS):
                network.train()
                for batch in epoch_batches(len(image), race.batch_size, race.seed, epoch):
                    x, y = (values[batch].to(machine.device, non_blocking=True) for values in (image, label))
                    with torch.autocast(machine.device.type, machine.dtype, enabled=machine.precision != "fp32"):
                        logits = network(x.contiguous(memory_format=layout))
                    loss = F.binary_cross_entropy_with_logits(logits.float(), y)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    tick(loss)
                found = _validate(network, race, machine, layout)
                if found < best:
                    best = found
                    torch.save(network.state_dict(), Path(folder) / "best.pt")
                torch.save({"network": network.state_dict(), "optimizer": optimizer.state_dict()}, Path(folder) / "last.pt")

    return Loop("bare", play, machine.threads)


@torch.inference_mode()
def _validate(network: nn.Module, race: Race, machine: Machine, layout: torch.memory_format) -> float:
    network.eval()
    image, label = in_memory(race.val)
    total = 0.0
    for start in range(0, len(image), race.batch_size):
        x, y = (values[start : start + race.batch_size].to(machine.device) for values in (image, label))
        with torch.autocast(machine.device.type, machine.dtype, enabled=machine.precision != "fp32"):
            logits = network(x.contiguous(memory_format=layout))
        total += float(F.binary_cross_entropy_with_logits(logits.float(), y, reduction="sum"))
    return total / label.numel()


def in_memory(pictures: Pictures) -> tuple[Tensor, Tensor]:
    """Give all pictures (N, C, H, W) and labels (N, classes)."""
    batch = pictures.__getitems__(list(range(len(pictures))))
    return batch["image"].contiguous(), batch["label"]


class Plain(pl.LightningModule):
    """What the Lightning tutorial writes."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        image, label = batch
        return F.binary_cross_entropy_with_logits(self.network(image), label)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), LR, weight_decay=DECAY, fused=self.device.type == "cpu" or None)


def lightning_loop(race: Race, machine: Machine) -> Loop:
    """Lightning with its default settings (fp32, contiguous) on the same pictures in memory; only its bar and its table are off."""

    def play(tick: Tick) -> None:
        data = torch.utils.data.TensorDataset(*in_memory(race.train))
        loader = torch.utils.data.DataLoader(data, batch_size=race.batch_size, shuffle=True)
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer = pl.Trainer(
                accelerator=machine.accelerator, devices=1, max_epochs=ENDLESS, default_root_dir=folder,
                enable_progress_bar=False, enable_model_summary=False, callbacks=[TickAtEnd(tick)],
            )  # fmt: skip
            trainer.fit(Plain(copy.deepcopy(race.network)), loader)

    return Loop("Lightning", play, machine.threads)


def alternate(loops: list[Loop], rounds: int, steps: int, warm: int = 2) -> dict[str, np.ndarray]:
    """Let the loops take turns, `steps` each; returns the seconds of each in each round, (rounds, clock and processor)."""
    for loop in loops:
        loop.go(warm)
    found = np.array([[loop.go(steps) for loop in loops] for _ in range(rounds)])
    return {loop.name: found[:, k] for k, loop in enumerate(loops)}
