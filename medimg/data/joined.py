"""Several sets of pictures as one: real ones and generated ones."""

import bisect
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from medimg.data.dataset import Pictures


class Drawn(Dataset[dict[str, Any]]):
    """Pictures that lie in memory or in a mapped file: `pictures` (N, size, size) float32, `labels` (N, classes), `ids` (N,)."""

    def __init__(self, pictures: NDArray[np.float32], labels: NDArray[np.float32], ids: Sequence[str], channels: int = 1) -> None:
        self.pictures, self.labels, self.ids, self.channels = pictures, labels, np.asarray(ids, dtype=np.str_), channels

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.__getitems__([index])

    def __getitems__(self, indices: list[int]) -> dict[str, Any]:
        """Fetch many at once, as `Pictures` does."""
        image = torch.from_numpy(np.ascontiguousarray(self.pictures[indices]))[:, None].expand(-1, self.channels, -1, -1)
        return {"image": image, "label": torch.from_numpy(self.labels[indices]), "id": [str(name) for name in self.ids[indices]]}


class Joined(Dataset[dict[str, Any]]):
    """Pictures of several sets, one set after another; batches may hold pictures of several."""

    def __init__(self, sets: Sequence[Pictures | Drawn]) -> None:
        self.sets = [each for each in sets if len(each)]
        self.labels = np.concatenate([each.labels for each in self.sets])
        self.ids = np.concatenate([each.ids for each in self.sets])
        self._ends = [*accumulate(len(each) for each in self.sets)]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.__getitems__([index])

    def __getitems__(self, indices: list[int]) -> dict[str, Any]:
        """Fetch many at once, in the order asked for."""
        where = np.array([bisect.bisect(self._ends, index) for index in indices])
        starts = [0, *self._ends]
        image: torch.Tensor | None = None
        for k in np.unique(where):
            here = np.flatnonzero(where == k)
            part = self.sets[k].__getitems__([indices[place] - starts[k] for place in here])["image"]
            image = part.new_empty((len(indices), *part.shape[1:])) if image is None else image
            image[torch.from_numpy(here)] = part
        return {"image": image, "label": torch.from_numpy(self.labels[indices]), "id": [str(name) for name in self.ids[indices]]}
