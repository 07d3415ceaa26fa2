"""A generator trained against a discriminator as a Lightning module: one step computes both losses, one optimiser takes both steps."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from medimg.data.loader import draw
from medimg.tasks.guard import refuse_no_number

SOURCE, AUGMENT, NETWORK = 1, 2, 3  # what a step's numbers are drawn for
WAY_OUT = "Lower generate.lr (of SRGAN generate.sr_lr), or look at these images."


class Adversaries(nn.Module):
    """Both networks as one, so that whatever averages, guards or saves a network does so with both."""

    def __init__(self, generator: nn.Module, discriminator: nn.Module) -> None:
        super().__init__()
        self.generator, self.discriminator = generator, discriminator


class Adversarial(pl.LightningModule):
    """A generator (what `source` gives -> (B, C, S, S) pictures) against a discriminator ((B, C, S, S) -> (B,) logits of being real).

    One Adam with a group of parameters for each network, and one backward of the sum of both losses. The discriminator's loss sees
    generated pictures without their history; the generator's goes through the discriminator with its weights and statistics as
    constants, so no gradient of one loss reaches the other network. Adam treats each parameter by itself: this is, to the bit, two
    optimisers stepping side by side from the same state, and accumulation, DDP's one reduction and going on exactly are those of any
    other task. (Do not clip: the norm would be one of both networks.)

    `source(real, random)` is what the generator is fed: noise, or the real pictures made small. `content(fake, real)` is a loss of
    the generator besides `adversarial` times the one by the discriminator; a module among these does not learn. `augment` varies real
    and generated pictures before they are judged.
    Everything random in a step is a function of (seed, epoch, step, process). The adversarial loss does not saturate: -log D(fake).
    Source: Goodfellow et al., 2014; the optimiser's numbers from Radford et al. (DCGAN), 2016.
    """

    def __init__(
        self, generator: nn.Module, discriminator: nn.Module, source: Callable[[Tensor, np.random.Generator], Tensor], *, seed: int = 0,
        content: Callable[[Tensor, Tensor], Tensor] | None = None, adversarial: float = 1.0,
        augment: Callable[[Tensor, np.random.Generator], Tensor] | None = None,
        lr_generator: float = 2e-4, lr_discriminator: float = 2e-4, betas: tuple[float, float] = (0.5, 0.999),
    ) -> None:  # fmt: skip
        super().__init__()
        self.network = Adversaries(generator, discriminator)
        self.source, self.seed, self.augment = source, seed, augment
        self.content = content.requires_grad_(False).eval() if isinstance(content, nn.Module) else content
        self.adversarial = adversarial
        self.lr_generator, self.lr_discriminator, self.betas = lr_generator, lr_discriminator, betas

    def forward(self, given: Tensor) -> Tensor:
        """Give the generator's pictures."""
        return self.network.generator(given)  # type: ignore[no-any-return]

    def training_step(self, batch: dict[str, Any], batch_idx: int) -> dict[str, Tensor]:
        """Give the sum of both losses, and each; NumericError names the loss that is not a number and the images."""
        losses = self.losses(batch["image"], self.current_epoch, batch_idx, self.global_rank)
        refuse_no_number(self, {f"the {name}'s loss": loss for name, loss in losses.items()}, batch["id"], WAY_OUT)
        return {"loss": losses["generator"] + losses["discriminator"], **{name: loss.detach() for name, loss in losses.items()}}

    def losses(self, real: Tensor, *place: int) -> dict[str, Tensor]:
        """Give the losses of `generator` and `discriminator` for a batch (B, C, S, S) at a place (epoch, step, process) in training."""
        torch.manual_seed(int(draw(self.seed, NETWORK, *place).integers(2**62)))
        fake = self(self.source(real, draw(self.seed, SOURCE, *place)))
        seen, shown = real, fake
        if self.augment is not None:
            random = draw(self.seed, AUGMENT, *place)
            seen, shown = self.augment(real, random), self.augment(fake, random)
        judge = self.network.discriminator
        discriminator = _loss(judge(seen), 1.0) + _loss(judge(shown.detach()), 0.0)
        generator = self.adversarial * _loss(_through(judge, shown), 1.0)
        if self.content is not None:
            generator = generator + self.content(fake, real)
        return {"generator": generator, "discriminator": discriminator}

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Give the one Adam of both networks; the rates stay as they are."""
        groups = [
            {"params": list(self.network.generator.parameters()), "lr": self.lr_generator},
            {"params": list(self.network.discriminator.parameters()), "lr": self.lr_discriminator},
        ]
        return torch.optim.Adam(groups, betas=self.betas, fused=self.device.type == "cpu" or None)


def _loss(logits: Tensor, answer: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, answer))


def _through(network: nn.Module, image: Tensor) -> Tensor:
    """Call a network whose weights are constants and whose running statistics stay as they are."""
    constants = {name: value.detach() for name, value in network.named_parameters()}
    copies = {name: value.clone() for name, value in network.named_buffers()}
    return functional_call(network, {**constants, **copies}, (image,))  # type: ignore[no-any-return]
