"""The one callback: judges each epoch on validation, keeps last and best, stops early, and obeys signals."""

import copy
import time
from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
import torch
from torch import nn

from medimg.errors import Interrupted, NumericError
from medimg.training.checkpoints import CheckpointFolder
from medimg.training.signals import StopWish

Row = dict[str, float]
SPARED_SECONDS, SAVE_SHARE = 30.0, 20  # the work that a kill may cost at least, and in how many times a save's own seconds


class Keeper(pl.Callback):
    """Everything that happens between batches, in one order, so that a run continued is the run never stopped.

    `judge(network)` gives the measures of an epoch on validation, among them `val/loss`, least of which is best; without a judge the
    newest state is the best, and nothing stops early. `told(rows)` hears all rows of progress after each epoch, with the mean of each
    loss that a step names. Saves every `save_steps` optimiser steps (then at each epoch's end as well) or
    `save_minutes`; at an epoch's end where half a minute has passed and saving would take at most a twentieth of it; when a signal came;
    and at the end. The best weights wait in memory for the next save: a kill costs the time since the last save, nothing else. `ema`
    averages the weights after each optimiser step, from step n by at most (1 + n) / (10 + n); the average is then what is judged and
    kept as best. With `compete` the state that training begins with is judged too, and is the best, at step 0, until an epoch beats it.
    """

    def __init__(
        self, folder: CheckpointFolder, judge: Callable[[nn.Module], Row] | None, *, told: Callable[[list[Row]], None] | None = None,
        patience: int | None = None, ema: float | None = None, save_steps: int | None = None, save_minutes: float = 5.0,
        wish: StopWish | None = None, compete: bool = False,
    ) -> None:  # fmt: skip
        self.folder, self.judge, self.told, self.compete = folder, judge, told, compete
        self.patience, self.ema, self.save_steps, self.save_minutes = patience, ema, save_steps, save_minutes
        self.wish = wish or StopWish()
        self.rows: list[Row] = []
        self.best, self.best_step, self.waited, self.stopped = float("inf"), -1, 0, False
        self.losses = torch.zeros(2, dtype=torch.float64)  # sum, count
        self.parts: dict[str, torch.Tensor] = {}  # sums of the losses that a step names
        self.seconds = 0.0
        self.average: nn.Module | None = None
        self._average_state: dict[str, Any] | None = None
        self._saved = self._began = time.monotonic()
        self._cost, self._saved_step = 0.0, -1  # seconds of the last save, and its step
        self._waiting: dict[str, Any] | None = None  # the best weights, not written yet
        self._images = 0

    def state_dict(self) -> dict[str, Any]:
        """Plain types and tensors only."""
        return {
            "rows": self.rows, "best": self.best, "best_step": self.best_step, "waited": self.waited, "stopped": self.stopped,
            "losses": self.losses.cpu(), "parts": {name: value.cpu() for name, value in self.parts.items()},
            "average": self.average.state_dict() if self.average else self._average_state,
        }  # fmt: skip

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        state = dict(state_dict)
        self._average_state = state.pop("average")
        for name, value in state.items():
            setattr(self, name, value)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Set up the average of weights; a run that had stopped early stays stopped."""
        if self.ema is not None:
            self.average = copy.deepcopy(_network(pl_module))
            if self._average_state is not None:
                self.average.load_state_dict(self._average_state)
        self._average_state = None
        self._began = self._saved = time.monotonic()
        trainer.should_stop = trainer.should_stop or self.stopped
        self.wish.listen()  # after Lightning has set handlers of its own, which would end the run with 0
        if self.compete and self.judge and not trainer.global_step:
            self._keep(network := self.average or _network(pl_module), self.judge(network)["val/loss"], 0)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Give the signals back."""
        self.wish.release()

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Average, and save where it is time to; never at an epoch's last batch, whose state belongs to the epoch's end."""
        self._images += len(batch["id"]) * trainer.world_size
        self._count_loss(outputs["loss"].detach().double() * trainer.accumulate_grad_batches, outputs)
        last = trainer.fit_loop.epoch_loop.batch_progress.is_last_batch
        if last or not (batch_idx + 1) % trainer.accumulate_grad_batches:
            self._update_average(_network(pl_module), trainer.global_step)
        if last or trainer.should_stop or not trainer.global_step or (batch_idx + 1) % trainer.accumulate_grad_batches:
            return
        signal_number = self._agreed(trainer, self.wish.number)
        due = self.save_steps is not None and trainer.global_step % self.save_steps == 0
        if due or self._agreed(trainer, int(time.monotonic() - self._saved > 60 * self.save_minutes)) or signal_number:
            self._save(trainer, pl_module)
        self._leave(signal_number)

    def _count_loss(self, loss: torch.Tensor, outputs: dict[str, torch.Tensor]) -> None:
        """Add on the loss's own device: to ask a GPU for a number is to wait for it."""
        self.losses = self.losses.to(loss.device) + torch.stack([loss, torch.ones_like(loss)])
        for name in outputs.keys() - {"loss"}:
            part = outputs[name].detach().double()
            self.parts[name] = self.parts[name].to(part.device) + part if name in self.parts else part

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Judge, keep the best, decide whether to stop, save."""
        if self.rows and self.rows[-1]["epoch"] == trainer.current_epoch:
            return  # continued from the save below: this epoch is in the books
        self._refuse_broken(pl_module)
        network = self.average or _network(pl_module)
        row: Row = {"epoch": trainer.current_epoch, "step": trainer.global_step, "train/loss": float(self.losses[0] / self.losses[1])}
        row |= {f"train/{name}": float(self.parts[name] / self.losses[1]) for name in sorted(self.parts)}
        row |= self.judge(network) if self.judge else {}
        spent = max(time.monotonic() - self._began, 1e-9)
        row |= {"lr": float(trainer.optimizers[0].param_groups[0]["lr"]), "seconds": spent, "images_per_s": self._images / spent}
        self.rows = [*self.rows, row]
        self.losses, self.parts = torch.zeros(2, dtype=torch.float64), {}
        if self.judge is None or row["val/loss"] < self.best:
            self._keep(network, row.get("val/loss", self.best), trainer.global_step)
        else:
            self.waited += 1
        self.stopped = self.patience is not None and self.waited >= self.patience
        trainer.should_stop = trainer.should_stop or self.stopped
        signal_number = self._agreed(trainer, self.wish.number)
        if signal_number or self.save_steps is not None or self._agreed(trainer, int(self._worth_saving())):
            self._save(trainer, pl_module)
        for logger in trainer.loggers:
            logger.log_metrics({k: v for k, v in row.items() if k != "epoch"}, step=trainer.global_step)
        if self.told and trainer.is_global_zero:
            self.told(self.rows)
        self._began, self._images = time.monotonic(), 0
        self._leave(signal_number)

    def _keep(self, network: nn.Module, loss: float, step: int) -> None:
        self.best, self.best_step, self.waited = loss, step, 0
        weights = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
        self._waiting = {"network": weights, "step": step}

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save what the last epoch left."""
        if self._saved_step != trainer.global_step or self._waiting:
            self._save(trainer, pl_module)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Keep the best weights of a training that numbers have broken; its state is not worth keeping."""
        if isinstance(exception, NumericError):
            self._write_best(trainer)

    def _worth_saving(self) -> bool:
        since = time.monotonic() - self._saved
        return since > min(max(SPARED_SECONDS, SAVE_SHARE * self._cost), 60 * self.save_minutes)

    def _save(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        self._refuse_broken(module)
        began = time.monotonic()
        self._write_best(trainer)
        trainer.save_checkpoint(self.folder.path("last", trainer.global_step))
        self._saved, self._saved_step = time.monotonic(), trainer.global_step
        self._cost = self._saved - began

    def _write_best(self, trainer: pl.Trainer) -> None:
        if self._waiting and trainer.is_global_zero:
            self.folder.save_checkpoint(self._waiting, self.folder.path("best", self._waiting["step"]))
        self._waiting = None

    def _refuse_broken(self, module: pl.LightningModule) -> None:
        state = _network(module).state_dict()  # one value that is no number spoils the sum, which is quicker than asking each
        broken = [
            name for name, value in state.items() if value.is_floating_point() and not bool(value.sum(dtype=torch.float64).isfinite())
        ]
        if broken:
            raise NumericError(
                f"{len(broken)} tensors of the network hold values that are no numbers (first: {broken[0]}). The best and last checkpoints "
                "are untouched. Lower the learning rate (task.lr; of generators generate.lr), set trainer.clip=1, or use "
                "trainer.precision=fp32, in a new run."
            )

    @torch.no_grad()
    def _update_average(self, network: nn.Module, step: int) -> None:
        if self.average is None or self.ema is None:
            return
        share = 1 - min(self.ema, (1 + step) / (10 + step))  # young averages forget the random start faster
        own = network.state_dict()
        for name, value in self.average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(own[name], share)
            else:
                value.copy_(own[name])

    def _agreed(self, trainer: pl.Trainer, value: int) -> int:
        """Give all processes the largest of their values."""
        if trainer.world_size == 1:
            return value
        shared = torch.tensor(value, device=trainer.strategy.root_device)
        torch.distributed.all_reduce(shared, torch.distributed.ReduceOp.MAX)
        return int(shared)

    def _leave(self, signal_number: int) -> None:
        if signal_number:
            raise Interrupted(
                signal_number, "Interrupted: the state is saved. The same command with resume=RUN goes on exactly where it stopped."
            )


def _network(module: pl.LightningModule) -> nn.Module:
    """Give the network inside a task."""
    network = module.network
    assert isinstance(network, nn.Module)
    return network
