"""Batches whose order is a function of seed, epoch and step alone, so that a run can stop and go on anywhere.

Four rules (measured exact at every interruption point): the order is drawn from (seed, epoch) only; the inner DataLoader is made at the
first `next()`, when the trainer knows where it stands; it draws from a generator of its own; whatever else is random in a step is drawn
from (seed, epoch, step).
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from medimg.data.dataset import as_is, dense

Batches = list[list[int]]


def draw(seed: int, *counters: int) -> np.random.Generator:
    """Make the generator of one place in a run: the same numbers for the same (seed, counters), whatever was drawn elsewhere."""
    words = [seed, *counters, len(counters)]  # the length last, because numpy takes (1,) and (1, 0) for the same
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(words)))


def epoch_batches(
    size: int, batch_size: int, seed: int, epoch: int, weights: NDArray[np.float64] | None = None, draws: int | None = None
) -> Batches:  # fmt: skip
    """Deal one epoch: every sample once in random order, or as many draws with replacement by `weights` (size,), or so many `draws`.

    A last batch of one sample is left out, because batch normalisation has no variance there.
    """
    random = draw(seed, epoch)
    if weights is None and draws is None:
        order = random.permutation(size)
    else:
        order = random.choice(size, draws or size, p=None if weights is None else weights / weights.sum())
    batches = [order[start : start + batch_size].tolist() for start in range(0, len(order), batch_size)]
    return batches[:-1] if len(batches) > 1 and len(batches[-1]) == 1 else batches


class TrainLoader:
    """An iterable of training batches for one of `world` processes: batch k of an epoch goes to process k modulo world.

    `position()` gives (epoch, batches of it already done by this process) when an iteration begins. `pin` is for a GPU. `draws` samples
    with replacement make an epoch, where given: a few pictures fill any number of batches.
    Batches that do not go round are left out, so that all processes take the same number of steps.
    """

    def __init__(
        self, dataset: Dataset[Any], *, batch_size: int, seed: int, position: Callable[[], tuple[int, int]], workers: int = 0,
        weights: NDArray[np.float64] | None = None, draws: int | None = None, rank: int = 0, world: int = 1, pin: bool = False,
    ) -> None:  # fmt: skip
        self.dataset, self.batch_size, self.seed, self.position = dataset, batch_size, seed, position
        self.workers, self.weights, self.draws, self.rank, self.world, self.pin = workers, weights, draws, rank, world, pin

    def __len__(self) -> int:
        return len(self._batches(0)) // self.world

    def __iter__(self) -> Iterator[dict[str, Any]]:
        epoch, done = self.position()
        mine = self._batches(epoch)[self.rank :: self.world]
        yield from _loader(self.dataset, mine[done : len(self)], self.workers, self.seed, self.pin)

    def _batches(self, epoch: int) -> Batches:
        return epoch_batches(len(self.dataset), self.batch_size, self.seed, epoch, self.weights, self.draws)  # type: ignore[arg-type]


def in_order(
    dataset: Dataset[Any], *, batch_size: int, workers: int = 0, rank: int = 0, world: int = 1, pin: bool = False
) -> DataLoader[Any]:
    """Load every sample once, nothing padded: the batches of one process, dealt whole to `world` processes. `pin` is for a GPU."""
    size = len(dataset)  # type: ignore[arg-type]
    batches = [list(range(start, min(start + batch_size, size))) for start in range(0, size, batch_size)]
    return _loader(dataset, batches[rank::world], workers, 0, pin)


def _loader(dataset: Dataset[Any], batches: Batches, workers: int, seed: int, pin: bool) -> DataLoader[Any]:
    generator = torch.Generator()
    generator.manual_seed(seed)
    collate: Callable[[Any], Any] = dense if pin else as_is
    return DataLoader(dataset, batch_sampler=batches, num_workers=workers, collate_fn=collate, generator=generator, pin_memory=pin)
