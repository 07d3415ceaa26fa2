"""Prepared pictures kept on disk by content: decoded once, then memory-mapped for every epoch, run and process."""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.data.prepare import Affine, Prepare
from medimg.errors import ManifestError, UnreadableImage
from medimg.io import cache_dir, read_image
from medimg.io.workers import Refused, in_children

_FEW = 32  # below this, starting processes costs more than it saves
_BATCH = 512  # pictures between two writes of the index: what a killed run decodes again at most

Task = tuple[str, int, Prepare]


class PictureCache:
    """All pictures prepared in one way: row k of `images.f32` belongs to the k-th id of `ids.txt`.

    Rows are appended and never changed, under a lock; an id counts once its line is complete, which is after its pixels are on disk.
    """

    def __init__(self, prepare: Prepare) -> None:
        self.prepare = prepare
        name = hashlib.sha256(json.dumps(prepare.spec, sort_keys=True).encode()).hexdigest()[:16]
        self.folder = cache_dir("pictures") / name
        self.folder.mkdir(mode=0o700, exist_ok=True)
        (self.folder / "spec.json").write_text(json.dumps(prepare.spec, sort_keys=True))
        self._images, self._affines, self._ids = (self.folder / part for part in ("images.f32", "affines.f64", "ids.txt"))

    def known(self) -> dict[str, int]:
        """Row of each id that is complete."""
        text = self._ids.read_text() if self._ids.exists() else ""
        return {line: row for row, line in enumerate(text[: text.rfind("\n") + 1].split())}

    def fill(self, rows: pd.DataFrame, *, workers: int | None = None, told: Callable[[int, int], None] | None = None) -> int:
        """Decode and prepare every image (columns id, path, frame) that is not here yet; returns how many were.

        `told(done, of)` hears of progress. ManifestError names all images that cannot be prepared.
        """
        with self._lock():
            known = self.known()
            new = rows[~rows["id"].isin(known)].drop_duplicates("id")
            tasks = [(str(path), int(frame), self.prepare) for path, frame in zip(new["path"], new["frame"], strict=True)]
            ids, faults = list(new["id"]), list[str]()
            batch: list[tuple[str, NDArray[np.float32], Affine]] = []
            for done, (k, result) in enumerate(_prepared(tasks, workers), 1):
                if isinstance(result, Refused):
                    faults.append(f"image {ids[k]}: {result.reason.removeprefix('image: ')}")
                else:
                    batch.append((ids[k], *result))
                if len(batch) == _BATCH:
                    self._append(batch)
                    batch = []
                if told:
                    told(done, len(tasks))
            self._append(batch)
        if faults:
            more = [f"... and {len(faults) - 10} more"] if len(faults) > 10 else []
            raise ManifestError(*faults[:10], *more, "Mend these files, or leave their rows out of the manifest.")
        return len(tasks)

    def pictures(self) -> NDArray[np.float32]:
        """All complete pictures, (N, size, size), memory-mapped."""
        return np.memmap(self._images, np.float32, "r", shape=(len(self.known()), self.prepare.size, self.prepare.size))

    def affines(self) -> NDArray[np.float64]:
        """Where source pixels went, (N, 4): row scale, column scale, row offset, column offset."""
        return np.fromfile(self._affines, np.float64).reshape(-1, 4)[: len(self.known())]

    def rows_of(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """Row of each id; all must have been filled in."""
        known = self.known()
        return np.array([known[name] for name in ids], dtype=np.int64)

    def _append(self, batch: list[tuple[str, NDArray[np.float32], Affine]]) -> None:
        if not batch:
            return
        count = len(self.known())
        pixels = b"".join(picture.tobytes() for _, picture, _ in batch)
        places = np.array([[a.row_scale, a.column_scale, a.row_offset, a.column_offset] for _, _, a in batch]).tobytes()
        _write_at(self._images, count * self.prepare.size**2 * 4, pixels)
        _write_at(self._affines, count * 4 * 8, places)
        text = self._ids.read_text() if self._ids.exists() else ""
        whole = text[: text.rfind("\n") + 1].encode()
        _write_at(self._ids, len(whole), "".join(f"{name}\n" for name, _, _ in batch).encode())

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with open(self.folder / "lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def prepare_file(task: Task) -> tuple[NDArray[np.float32], Affine]:
    """Read and prepare one (path, frame, how)."""
    path, frame, prepare = task
    return prepare(read_image(path, frame if frame >= 0 else None))


def _prepared(tasks: list[Task], workers: int | None) -> Iterator[tuple[int, tuple[NDArray[np.float32], Affine] | Refused]]:
    if len(tasks) >= _FEW:
        yield from in_children("medimg.data.cache:prepare_file", tasks, workers=workers)
        return
    for k, task in enumerate(tasks):
        try:
            yield k, prepare_file(task)
        except UnreadableImage as fault:
            yield k, Refused(str(fault))


def _write_at(path: Path, offset: int, data: bytes) -> None:
    """Write after what counts, over what a killed process left, and wait for the disk."""
    with open(path, "r+b" if path.exists() else "w+b") as file:
        file.seek(offset)
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
