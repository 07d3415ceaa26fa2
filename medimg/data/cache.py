"""Prepared pictures kept on disk by content: decoded once, then memory-mapped for every epoch, run and process."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.data.prepare import Affine, Prepare
from medimg.data.store import RowStore
from medimg.errors import ManifestError
from medimg.io import cache_dir, read_image
from medimg.io.workers import Refused, each

_BATCH = 512  # pictures between two writes of the index: what a killed run decodes again at most

Task = tuple[str, int, Prepare]


class PictureCache:
    """All pictures prepared in one way, and where their source pixels went, by id.

    `headers` gives ids the hash of what their headers say of scale and spacing: a corrected header makes another picture of the same
    pixels, which have the same id. An id without one has no header.
    """

    def __init__(self, prepare: Prepare, headers: Mapping[str, str] | None = None) -> None:
        self.prepare, self.headers = prepare, headers or {}
        name = hashlib.sha256(json.dumps(prepare.spec, sort_keys=True).encode()).hexdigest()[:16]
        self.folder = cache_dir("pictures") / name
        self.store = RowStore(self.folder, {"images.f32": prepare.size**2 * 4, "affines.f64": 4 * 8})
        (self.folder / "spec.json").write_text(json.dumps(prepare.spec, sort_keys=True))

    def known(self, ids: Iterable[str]) -> NDArray[np.bool_]:
        """Say of each id whether its picture is complete."""
        known = self.store.known()
        return np.array([self._key(name) in known for name in ids], dtype=bool)

    def fill(
        self,
        rows: pd.DataFrame,
        *,
        workers: int | None = None,
        told: Callable[[int, int], None] | None = None,
        spared: dict[str, str] | None = None,
    ) -> int:
        """Decode and prepare every image (columns id, path, frame) that is not here yet; returns how many were.

        `told(done, of)` hears of progress. ManifestError names all images that cannot be prepared; given `spared`, they are put there
        instead: id -> reason.
        """
        with self.store.lock():
            new = rows[~self.known(rows["id"])].drop_duplicates("id")
            tasks = [(str(path), int(frame), self.prepare) for path, frame in zip(new["path"], new["frame"], strict=True)]
            ids, faults = list(new["id"]), dict[str, str]()
            batch: list[tuple[str, NDArray[np.float32], Affine]] = []
            for done, (k, result) in enumerate(each("medimg.data.cache:prepare_file", tasks, workers=workers), 1):
                if isinstance(result, Refused):
                    faults[ids[k]] = result.reason
                else:
                    batch.append((ids[k], *result))
                if len(batch) == _BATCH:
                    self._append(batch)
                    batch = []
                if told:
                    told(done, len(tasks))
            self._append(batch)
        if spared is not None:
            spared |= faults
        elif faults:
            more = [f"... and {len(faults) - 10} more"] if len(faults) > 10 else []
            named = [f"image {name}: {reason}" for name, reason in list(faults.items())[:10]]
            raise ManifestError(*named, *more, "Mend these files, or leave their rows out of the manifest.")
        return len(tasks)

    def pictures(self) -> NDArray[np.float32]:
        """All complete pictures, (N, size, size), memory-mapped."""
        return np.memmap(self.folder / "images.f32", np.float32, "r", shape=(len(self.store.known()), self.prepare.size, self.prepare.size))

    def affines(self) -> NDArray[np.float64]:
        """Where source pixels went, (N, 4): row scale, column scale, row offset, column offset."""
        return np.fromfile(self.folder / "affines.f64", np.float64).reshape(-1, 4)[: len(self.store.known())]

    def rows_of(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """Row of each id; all must have been filled in."""
        known = self.store.known()
        return np.array([known[self._key(name)] for name in ids], dtype=np.int64)

    def _key(self, name: str) -> str:
        header = self.headers.get(name, "")
        return f"{name}-{header[:16]}" if header else name

    def _append(self, batch: list[tuple[str, NDArray[np.float32], Affine]]) -> None:
        pixels = b"".join(picture.tobytes() for _, picture, _ in batch)
        places = np.array([[a.row_scale, a.column_scale, a.row_offset, a.column_offset] for _, _, a in batch]).tobytes()
        self.store.append([self._key(name) for name, _, _ in batch], {"images.f32": pixels, "affines.f64": places})


def prepare_file(task: Task) -> tuple[NDArray[np.float32], Affine]:
    """Read and prepare one (path, frame, how)."""
    path, frame, prepare = task
    return prepare(read_image(path, frame if frame >= 0 else None))
