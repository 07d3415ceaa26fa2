"""Prepared pictures with their answers, fetched a batch at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from medimg.data.cache import PictureCache


class Pictures(Dataset[dict[str, Any]]):
    """Rows of a manifest as tensors: `image` (B, channels, size, size) float32, `label` (B, classes) of 0 and 1, `id`.

    `rows` needs the columns id and label; the pictures must be in the cache. A row without a label has all zeros.
    """

    def __init__(self, rows: pd.DataFrame, classes: Sequence[str], cache: PictureCache, channels: int = 1) -> None:
        self.ids = np.asarray(rows["id"], dtype=np.str_)
        self.labels = label_matrix(rows["label"], classes)
        self.channels = channels
        self._pictures = cache.pictures()
        self._where = cache.rows_of(list(rows["id"]))

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.__getitems__([index])

    def __getitems__(self, indices: list[int]) -> dict[str, Any]:
        """Fetch many at once; what DataLoader asks for."""
        image = torch.from_numpy(self._pictures[self._where[indices]])
        image = image[:, None].expand(-1, self.channels, -1, -1)
        return {"image": image, "label": torch.from_numpy(self.labels[indices]), "id": [str(name) for name in self.ids[indices]]}


def label_matrix(labels: "pd.Series[str]", classes: Sequence[str]) -> NDArray[np.float32]:
    """Turn labels joined by a bar into (N, classes) of 0 and 1."""
    place = {name: k for k, name in enumerate(classes)}
    matrix = np.zeros((len(labels), len(classes)), np.float32)
    for row, label in enumerate(labels):
        for name in filter(None, str(label).split("|")):
            matrix[row, place[name]] = 1
    return matrix


def as_is(batch: Any) -> Any:
    """Collate nothing: the data set hands over whole batches."""
    return batch


def dense(batch: dict[str, Any]) -> dict[str, Any]:
    """Give each channel its own memory: a grey picture seen as three lies there once, and such a tensor cannot be pinned."""
    return {**batch, "image": batch["image"].contiguous()}
