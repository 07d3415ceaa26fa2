"""Classification of single images as a Lightning module: one step computes, nothing else."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from medimg.data.loader import draw
from medimg.losses import Kind, class_loss
from medimg.models.layers import freeze as freeze_layers
from medimg.models.layers import frozen_norms, layers_of
from medimg.tasks.guard import refuse_no_number

AUGMENT, NETWORK = 1, 2  # what a step's numbers are drawn for
WAY_OUT = (
    "In a new run lower task.lr (of a second phase phases.lr), set trainer.clip=1 or use trainer.precision=fp32; or look at these images."
)


class Classify(pl.LightningModule):
    """A network trained on images with one label of two, one of many, or several: (B, C, H, W) -> (B, outputs) logits.

    `augment(image, random)` varies a training batch with the generator it is given; everything random in a step is a function of
    (seed, epoch, step, process). `steps` is the length of training in optimiser steps, for the schedule;
    `steps_per_epoch` counts those of one epoch. `weight` (classes,) scales the loss of each class. Each layer's learning rate is the
    next one's times `lr_decay`; `freeze` keeps the first layers, or all but the classifier, with their running statistics.
    """

    def __init__(
        self, network: nn.Module, kind: Kind, *, steps: int, steps_per_epoch: int, seed: int = 0,
        augment: Callable[..., Any] | None = None, weight: Tensor | None = None,
        optimizer: Literal["adam", "adamw", "sgd"] = "adamw", lr: float = 1e-3, momentum: float = 0.9, weight_decay: float = 0.01,
        schedule: Literal["constant", "cosine", "exponential", "step"] = "cosine", decay: float = 0.9, decay_step: int | None = None,
        warmup: float = 0.05, label_smoothing: float = 0.0, lr_decay: float = 1.0, freeze: int | Literal["none", "encoder"] = "none",
        channels_last: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.network, self.kind, self.seed, self.augment = network, kind, seed, augment
        self.register_buffer("weight", weight, persistent=False)
        self.steps, self.steps_per_epoch = steps, steps_per_epoch
        self.optimizer, self.lr, self.momentum, self.weight_decay = optimizer, lr, momentum, weight_decay
        self.schedule, self.decay, self.decay_step, self.warmup = schedule, decay, decay_step, warmup
        self.label_smoothing, self.lr_decay = label_smoothing, lr_decay
        freeze_layers(network, freeze)
        self.still = frozen_norms(network)
        self.channels_last = channels_last

    def forward(self, image: Tensor) -> Tensor:
        """Give the logits of a batch."""
        return self.network(image.contiguous(memory_format=torch.channels_last) if self.channels_last else image)  # type: ignore[no-any-return]

    def training_step(self, batch: dict[str, Any], batch_idx: int) -> Tensor:
        """Give the loss of one batch; NumericError names its images when it is not a number."""
        for norm in self.still:  # whoever judges between epochs puts the whole network back to training
            norm.eval()
        place = (self.current_epoch, batch_idx, self.global_rank)
        if self.augment is not None:
            batch = self.varied(batch, draw(self.seed, AUGMENT, *place))
        torch.manual_seed(int(draw(self.seed, NETWORK, *place).integers(2**62)))
        loss = self.loss(self(batch["image"]), batch)
        refuse_no_number(self, {"the loss": loss}, batch["id"], WAY_OUT)
        return loss

    def varied(self, batch: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
        """Give the batch as training sees it."""
        return {**batch, "image": self.augment(batch["image"], random)} if self.augment else batch

    def loss(self, out: Tensor, batch: dict[str, Any]) -> Tensor:
        """Give the loss of a batch from what the network says of it."""
        return class_loss(out, batch["label"], self.kind, self.weight, self.label_smoothing)  # type: ignore[arg-type]

    def configure_optimizers(self) -> Any:
        """Give the optimiser and its schedule in steps; normalisation and bias are never decayed."""
        groups = self._groups()
        optimizer: torch.optim.Optimizer
        if self.optimizer == "sgd":
            optimizer = torch.optim.SGD(groups, self.lr, momentum=self.momentum)
        else:
            kind = torch.optim.Adam if self.optimizer == "adam" else torch.optim.AdamW
            optimizer = kind(groups, self.lr, fused=self.device.type == "cpu" or None)  # one pass over the weights
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, self.factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def _groups(self) -> list[dict[str, Any]]:
        """Parameters that learn, by layer (the classifier first, all together without layer-wise rates) and by decay."""
        layers = layers_of(self.network) if self.lr_decay < 1 else {}
        last = max(layers.values(), default=0)
        groups: dict[tuple[int, bool], dict[str, Any]] = {}
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                below, plain = last - layers.get(name, last), parameter.ndim <= 1
                empty = {"params": [], "weight_decay": 0.0 if plain else self.weight_decay, "lr": self.lr * self.lr_decay**below}
                groups.setdefault((below, plain), empty)["params"].append(parameter)
        return [groups[key] for key in sorted(groups)]

    def factor(self, step: int) -> float:
        """Give the share of the learning rate at an optimiser step: linear warm-up, then the schedule."""
        warm = round(self.warmup * self.steps)
        if step < warm:
            return (step + 1) / (warm + 1)
        if self.schedule == "cosine":
            return float(0.5 * (1 + np.cos(np.pi * min(1.0, (step - warm) / max(1, self.steps - warm)))))
        if self.schedule == "exponential":
            return float(self.decay ** (step // self.steps_per_epoch))
        if self.schedule == "step":
            return self.decay if self.decay_step is not None and step >= self.decay_step else 1.0
        return 1.0
