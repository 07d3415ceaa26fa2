"""Films with the masks of their organs, fetched a batch at a time."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset


class Films(Dataset[dict[str, Any]]):
    """Films as tensors: `image` (B, 1, size, size) float32, `mask` (B, organs, size, size) of 0 and 1, `known` (B, organs), `id`.

    `images` (N, size, size) float32, `packed` (N, organs, size, size / 8) with eight columns to a byte, and `known` (N, organs) may be
    mapped files; `where` (ids,) are the rows of images and of packed and known that belong to each id.
    """

    def __init__(
        self, images: NDArray[np.float32], packed: NDArray[np.uint8], known: NDArray[np.bool_], ids: Sequence[str],
        where: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    ) -> None:  # fmt: skip
        self.ids = np.asarray(ids, dtype=np.str_)
        own = np.arange(len(self.ids))
        self._images, self._packed = images, packed
        self._image_row, self._mask_row = where or (own, own)
        self.known = known[self._mask_row]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.__getitems__([index])

    def __getitems__(self, indices: list[int]) -> dict[str, Any]:
        """Fetch many at once; what DataLoader asks for."""
        image = torch.from_numpy(self._images[self._image_row[indices]])[:, None]
        mask = np.unpackbits(self._packed[self._mask_row[indices]], axis=-1, count=image.shape[-1])
        known = torch.from_numpy(self.known[indices])
        return {"image": image, "mask": torch.from_numpy(mask), "known": known, "id": [str(name) for name in self.ids[indices]]}

    def fingerprints(self) -> list[str]:
        """Hash all that can be learned from each film: its image, its masks, and which of them are known."""
        rows = zip(self._image_row, self._mask_row, self.known, strict=True)
        return [hashlib.sha256(self._images[i].tobytes() + self._packed[m].tobytes() + known.tobytes()).hexdigest() for i, m, known in rows]


def films_in_memory(
    images: NDArray[np.float32], masks: NDArray[np.bool_], known: NDArray[np.bool_] | None = None, ids: Sequence[str] | None = None
) -> Films:
    """Lay out arrays as films: images (N, size, size) near 0..1, masks (N, organs, size, size), known (N, organs), all by default."""
    flags = np.ones(masks.shape[:2], bool) if known is None else known
    return Films(images, np.packbits(masks, axis=-1), flags, ids or [f"{k:016x}" for k in range(len(images))])
