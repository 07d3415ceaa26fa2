"""Films and a network small enough to train in a test: a bright disc and a dark square are the organs."""

import numpy as np
import torch
from torch import nn

from medimg.data.films import films_in_memory
from medimg.recipes.parts.one_segmenter import train_segmenter
from medimg.settings import Task, Trainer
from medimg.training.machine import Machine
from medimg.transforms.randomise import Randomise

MACHINE = Machine("cpu", "fp32", "contiguous", 1, True, "test")
ORGANS = ("disc", "square")
AUGMENT = Randomise(rotate_deg=5, scale=0.1, stretch=0, shear=0, translate=0.05, bend=0.01, noise=0.05)


def arrays(count=6, size=16, seed=0):
    """Images (N, size, size) and masks (N, 2, size, size) that may overlap."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    images, masks = np.empty((count, size, size), np.float32), np.empty((count, 2, size, size), bool)
    for k in range(count):
        centre, corner = random.uniform(0.3, 0.7, 2) * size, (random.uniform(0.1, 0.5, 2) * size).astype(int)
        masks[k, 0] = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < (size / 4) ** 2
        masks[k, 1] = (abs(rows - corner[0] - size // 5) <= size // 5) & (abs(columns - corner[1] - size // 5) <= size // 5)
        images[k] = 0.5 + 0.4 * masks[k, 0] - 0.4 * masks[k, 1] + random.normal(0, 0.02, (size, size))
    return images, masks


def films(count=6, size=16, known=None, seed=0):
    return films_in_memory(*arrays(count, size, seed), known)


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.2), nn.Conv2d(4, 2, 3, padding=1))


def run(folder, made=None, trainer=None, task=None, train=None, val=None, augment=AUGMENT, **more):
    """Train a toy in a folder, from where it stands: (its weights, rows of progress)."""
    made = made or network()
    keeper = train_segmenter(
        made, ORGANS, train or films(), val or films(4, seed=1), MACHINE, task or Task(lr=0.01),
        trainer or Trainer(epochs=3, batch_size=2, accelerator="cpu"), seed=3, folder=folder, augment=augment, **more,
    )  # fmt: skip
    return made.state_dict(), keeper.rows
