"""A generator and a discriminator small enough to train in a test, and the same training written without Lightning."""

import torch
from torch import nn
from toys import MACHINE, ToyPictures

from medimg.data.loader import draw, epoch_batches
from medimg.settings import Trainer
from medimg.tasks.adversarial import AUGMENT, NETWORK, SOURCE, Adversarial
from medimg.tasks.sources import Noise
from medimg.training.checkpoints import CheckpointFolder
from medimg.training.fit import fit
from medimg.training.keeper import Keeper
from medimg.transforms.diff_augment import DiffAugment

NOISE, DRAWS, STEPS, SEED = Noise(6), 40, 15, 3  # 40 draws in batches of 8, three epochs
LR_GENERATOR, LR_DISCRIMINATOR, BETAS = 1e-2, 3e-3, (0.5, 0.999)


def adversaries(seed=0, *, noisy=True):
    """Generator and discriminator of 12 px; `noisy` with batch norm and dropout, where a batch is more than its cases."""
    torch.manual_seed(seed)
    generator = nn.Sequential(
        nn.Linear(6, 72), nn.Unflatten(1, (2, 6, 6)), nn.BatchNorm2d(2) if noisy else nn.Identity(), nn.ReLU(),
        nn.Upsample(scale_factor=2), nn.Conv2d(2, 1, 3, padding=1), nn.Sigmoid(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, 4, 3, 2), nn.BatchNorm2d(4) if noisy else nn.Identity(), nn.LeakyReLU(0.2), nn.Dropout(0.3 if noisy else 0.0),
        nn.Flatten(), nn.Linear(100, 1), nn.Flatten(0),
    )  # fmt: skip
    return generator, discriminator


def task(*, noisy=True, source=NOISE, **options):
    options = {"lr_generator": LR_GENERATOR, "lr_discriminator": LR_DISCRIMINATOR, "betas": BETAS, **options}
    return Adversarial(*adversaries(noisy=noisy), source, seed=SEED, **options)


def run(folder, *, settings=None, pictures=None, callbacks=(), ema=None, module=None, draws=DRAWS, **options):
    """Train the toys in a folder, from where they stand; returns their weights, the rows of progress and the best file."""
    settings = settings or Trainer(epochs=3, batch_size=8, accelerator="cpu")
    module = module or task(**options)
    keeper = Keeper(CheckpointFolder(folder), None, ema=ema, save_steps=settings.checkpoint_steps)
    steps = settings.max_steps or STEPS
    best = fit(
        module, pictures or ToyPictures(5), keeper, settings, MACHINE, seed=SEED, steps=steps, draws=draws, extra=list(callbacks)
    )  # fmt: skip
    return module.network.state_dict(), keeper.rows, best


def bare(steps, *, noisy=True, world=1, draws=DRAWS, batch_size=8, augment=DiffAugment()):  # noqa: B008
    """Two Adams side by side in a bare loop, the gradients averaged over `world` batches a step; returns the weights of both networks."""
    pictures, (generator, discriminator) = ToyPictures(5), adversaries(noisy=noisy)
    adams = [
        torch.optim.Adam(generator.parameters(), LR_GENERATOR, BETAS, fused=True),
        torch.optim.Adam(discriminator.parameters(), LR_DISCRIMINATOR, BETAS, fused=True),
    ]  # fmt: skip
    bce, per_epoch = nn.functional.binary_cross_entropy_with_logits, draws // batch_size // world
    for step in range(steps):
        epoch, batch = divmod(step, per_epoch)
        for adam in adams:
            adam.zero_grad()
        for rank in range(world):
            place = (epoch, batch, rank)
            indices = epoch_batches(5, batch_size, SEED, epoch, draws=draws)[batch * world + rank]
            torch.manual_seed(int(draw(SEED, NETWORK, *place).integers(2**62)))
            real = pictures.image[indices]
            fake = generator(NOISE(real, draw(SEED, SOURCE, *place)))
            if augment:
                random = draw(SEED, AUGMENT, *place)
                real, fake = augment(real, random), augment(fake, random)
            said = discriminator(real)
            guessed = discriminator(fake.detach())
            ((bce(said, torch.ones_like(said)) + bce(guessed, torch.zeros_like(guessed))) / world).backward()
            fooled = discriminator(fake)
            own = torch.autograd.grad(bce(fooled, torch.ones_like(fooled)) / world, list(generator.parameters()))
            for parameter, gradient in zip(generator.parameters(), own, strict=True):
                parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
        for adam in adams:
            adam.step()
    return {f"generator.{k}": v for k, v in generator.named_parameters()} | {
        f"discriminator.{k}": v for k, v in discriminator.named_parameters()
    }
