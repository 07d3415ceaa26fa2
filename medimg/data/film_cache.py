"""Chest films and the masks of their organs kept on disk: read as medimg qc run reads them, squared, one bit a pixel of a mask."""

import hashlib
import json
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.data.film_frame import framed, squared
from medimg.data.films import Films
from medimg.data.store import RowStore
from medimg.errors import ManifestError
from medimg.io import cache_dir
from medimg.io.film_place import LONGER
from medimg.io.film_reader import FilmFile, read_film
from medimg.io.workers import Refused, each

Pixels = NDArray[np.float32]
Packed = NDArray[np.uint8]
Task = tuple[str, str, tuple[str, ...], tuple[str, ...], int]  # path, view, organs, their masks ("" for none), size
VERSION = 3  # a new number whenever the same files give other films
_BATCH = 64  # films between two writes


class FilmCache:
    """Films of `size` x `size` px with masks of `organs`; an organ without a file on a film is not known there.

    Kept by name, length and time of the files that a film is made of.
    """

    def __init__(self, organs: Sequence[str], size: int) -> None:
        self.organs, self.size = tuple(organs), size
        self.spec = {"version": VERSION, "organs": list(self.organs), "size": size, "grid": LONGER}  # how films are prepared
        name = hashlib.sha256(json.dumps(self.spec, sort_keys=True).encode()).hexdigest()[:16]
        self.shape = (len(self.organs), size, -(-size // 8))
        files = {"images.f32": 4 * size**2, "masks.u1": int(np.prod(self.shape)), "known.u1": len(self.organs)}
        self.store = RowStore(cache_dir("films") / name, files)

    def fill(self, rows: pd.DataFrame, *, workers: int | None = None, told: Callable[[int, int], None] | None = None) -> int:
        """Read every film (columns id, path, view, mask_<organ>) that is not here yet; returns how many.

        `told(done, of)` hears of progress. ManifestError names all films that cannot be used.
        """
        keys, tasks = self.keys(rows), [self._task(row) for row in rows.to_dict("records")]
        ids, faults = list(rows["id"]), list[str]()
        with self.store.lock():
            first = {key: k for k, key in reversed([*enumerate(keys)])}
            new = sorted(first[key] for key in first.keys() - self.store.known().keys())
            batch: list[tuple[str, Pixels, Packed, list[bool]]] = []
            for done, (k, found) in enumerate(each("medimg.data.film_cache:prepare_film", [tasks[k] for k in new], workers=workers), 1):
                if isinstance(found, Refused):
                    faults.append(f"film {ids[new[k]]}: {found.reason}")
                else:
                    batch.append((keys[new[k]], *found, [bool(path) for path in tasks[new[k]][3]]))
                if len(batch) == _BATCH or done == len(new):
                    self._append(batch)
                    batch = []
                if told:
                    told(done, len(new))
        if faults:
            more = [f"... and {len(faults) - 10} more"] if len(faults) > 10 else []
            raise ManifestError(*faults[:10], *more, "Mend these films or masks, or leave their rows out of the manifest.")
        return len(new)

    def missing(self, rows: pd.DataFrame) -> int:
        """Count the films that are not here yet."""
        known = self.store.known()
        return sum(key not in known for key in self.keys(rows))

    def films(self, rows: pd.DataFrame) -> Films:
        """Lay out films that have been filled in, memory-mapped, in the order of the rows."""
        known, folder = self.store.known(), self.store.folder
        where = np.array([known[key] for key in self.keys(rows)], dtype=np.int64)
        images = np.memmap(folder / "images.f32", np.float32, "r", shape=(len(known), self.size, self.size))
        packed = np.memmap(folder / "masks.u1", np.uint8, "r", shape=(len(known), *self.shape))
        flags = np.fromfile(folder / "known.u1", np.uint8).reshape(-1, len(self.organs))[: len(known)].astype(bool)
        return Films(images, packed, flags, [str(name) for name in rows["id"]], (where, where))

    def keys(self, rows: pd.DataFrame) -> list[str]:
        """Give what each film is kept under: its id and view, and name, length and time of its files."""
        return [_key(str(row["id"]), self._task(row)) for row in rows.to_dict("records")]

    def _task(self, row: dict[Hashable, Any]) -> Task:
        cells = [row.get(f"mask_{organ}") for organ in self.organs]
        masks = tuple(str(cell) if isinstance(cell, str | Path) else "" for cell in cells)
        return str(row["path"]), str(row["view"]), self.organs, masks, self.size

    def _append(self, batch: list[tuple[str, Pixels, Packed, list[bool]]]) -> None:
        rows = {
            "images.f32": b"".join(image.tobytes() for _, image, _, _ in batch),
            "masks.u1": b"".join(packed.tobytes() for _, _, packed, _ in batch),
            "known.u1": np.array([flags for *_, flags in batch], dtype=np.uint8).tobytes(),
        }
        self.store.append([key for key, *_ in batch], rows)


def prepare_film(task: Task) -> tuple[Pixels, Packed]:
    """Read one film: canonical grey of its field, framed (size, size), and masks there (organs, size, size / 8). UnreadableImage."""
    path, view, organs, masks, size = task
    names = {organ: mask for organ, mask in zip(organs, masks, strict=True) if mask}
    film = read_film(FilmFile(path, {"view": view} if view else {}, names))
    blank = np.zeros(film.pixels.shape, bool)
    planes = [squared(framed(film.masks.get(organ, blank)[film.within]).astype(np.float32), size) >= 0.5 for organ in organs]
    return squared(framed(film.pixels[film.within]), size), np.packbits(np.stack(planes), axis=-1)


def _key(name: str, task: Task) -> str:
    path, view, _, masks, _ = task
    files = [(each, state.st_size, state.st_mtime_ns) if each and (state := Path(each).stat()) else None for each in (path, *masks)]
    return hashlib.sha256(json.dumps([name, view, files]).encode("utf-8", "surrogateescape")).hexdigest()[:32]
