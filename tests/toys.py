"""A network and pictures small enough to train in a test, with everything in them that can break a resume: dropout, batch norm, noise."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

from medimg.settings import Trainer
from medimg.tasks.classify import Classify
from medimg.training.checkpoints import CheckpointFolder
from medimg.training.fit import fit
from medimg.training.keeper import Keeper
from medimg.training.machine import Machine
from medimg.training.score import score
from medimg.transforms.augment import Augment

MACHINE = Machine("cpu", "fp32", "contiguous", 1, True, "test")
AUGMENT = Augment(rotate_deg=10, flip_horizontal=True, noise=0.1)


class ToyPictures(Dataset):
    """`count` pictures of 12 px, brighter where the label is the second."""

    def __init__(self, count=37, classes=2):
        generator = torch.Generator().manual_seed(7)
        answer = torch.randint(0, classes, (count,), generator=generator)
        self.labels = nn.functional.one_hot(answer, classes).float().numpy()
        self.image = torch.rand(count, 1, 12, 12, generator=generator) + 0.5 * answer.reshape(-1, 1, 1, 1)
        self.ids = np.array([f"{k:016x}" for k in range(count)])

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, index):
        return self.__getitems__([index])

    def __getitems__(self, indices):
        label = torch.from_numpy(self.labels[indices])
        return {"image": self.image[indices], "label": label, "id": [str(self.ids[k]) for k in indices]}


def network(seed=0, outputs=1):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, 2), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(16, outputs)
    )


def run(folder, settings=None, *, wish=None, callbacks=(), pictures=None, ema=None, seed=3, **task):
    """Train the toy in a folder, from where it stands; returns weights, rows of progress and logits."""
    settings = settings or Trainer(epochs=3, batch_size=8, accelerator="cpu")
    pictures = pictures or ToyPictures()
    module = Classify(network(), "binary", steps=15, steps_per_epoch=5, seed=seed, augment=AUGMENT, **task)

    def judge(judged):
        logits = torch.from_numpy(score(judged, pictures, MACHINE, batch_size=16))
        loss = nn.functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(pictures.labels[:, 1:]))
        return {"val/loss": float(loss)}

    keeper = Keeper(CheckpointFolder(folder), judge, ema=ema, patience=settings.patience, save_steps=settings.checkpoint_steps, wish=wish)
    best = fit(module, pictures, keeper, settings, MACHINE, seed=seed, steps=15, extra=list(callbacks))
    return module.network.state_dict(), keeper.rows, score(module.network, pictures, MACHINE, batch_size=16), best
