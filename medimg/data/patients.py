"""Fused cases: the pictures of one place in all its sequences, alone or with the other places of their patient."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.data import Dataset

from medimg.data.cache import PictureCache
from medimg.data.dataset import label_matrix

MOST = 24  # places of one patient in one step: a longer row of slices is several cases, every k-th place in each


class Places(Dataset[dict[str, Any]]):
    """Rows of `match_places` as tensors: `image` (B, sequences, size, size) float32, `label` (B, classes) of 0 and 1, `id`.

    A missing sequence is a plane of zeros, which no picture is: what is blank everywhere is refused when pictures are prepared.
    """

    def __init__(self, places: pd.DataFrame, sequences: Sequence[str], classes: Sequence[str], cache: PictureCache) -> None:
        self.ids = np.asarray(places["id"], dtype=np.str_)
        self.labels = label_matrix(places["label"], classes)
        self._pictures = cache.pictures()
        members = places[list(sequences)].to_numpy(dtype=object)
        self.present = members != ""
        self._where = np.full(members.shape, -1, dtype=np.int64)
        self._where[self.present] = cache.rows_of([str(name) for name in members[self.present]])

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.__getitems__([index])

    def __getitems__(self, indices: list[int]) -> dict[str, Any]:
        """Fetch many at once."""
        present, where = self.present[indices], self._where[indices]
        image = np.zeros((*where.shape, *self._pictures.shape[1:]), np.float32)
        image[present] = self._pictures[where[present]]
        label = torch.from_numpy(self.labels[indices])
        return {"image": torch.from_numpy(image), "label": label, "id": [str(name) for name in self.ids[indices]]}


class Patients(Dataset[dict[str, Any]]):
    """The places of whole patients: what `Places` gives for all of them, and `patient` (B,), which of the patients asked for each is of.

    A patient of more than 24 places is several entries, so that a batch has a known size at most. `labels` (entries, classes) are
    those that any of an entry's places has.
    """

    def __init__(self, places: Places, patients: "pd.Series[str]") -> None:
        self.places = places
        groups = [np.flatnonzero(patients == name) for name in patients.unique()]
        self.entries = [rows[start :: -(-len(rows) // MOST)] for rows in groups for start in range(-(-len(rows) // MOST))]
        self.labels = np.stack([places.labels[rows].max(axis=0) for rows in self.entries])

    def __len__(self) -> int:
        return len(self.entries)

    def __getitems__(self, indices: list[int]) -> dict[str, Any]:
        """Fetch all places of some entries."""
        chosen = [self.entries[index] for index in indices]
        batch = self.places.__getitems__([int(row) for rows in chosen for row in rows])
        return batch | {"patient": torch.from_numpy(np.repeat(np.arange(len(chosen)), [len(rows) for rows in chosen]))}

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.__getitems__([index])
