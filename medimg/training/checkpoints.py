"""Checkpoints that a kill at any moment cannot spoil: written beside, forced to disk, renamed; summed, and the one before kept."""

import contextlib
import hashlib
from pathlib import Path
from typing import IO, Any, cast

import torch
from pytorch_lightning.plugins.io import CheckpointIO

from medimg.errors import RunError
from medimg.io.files import write_atomically

KEPT = 2  # files of each kind: the newest, and the one before


class Summed:
    """A file that is summed while it is written: a checkpoint is never held in memory a second time."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._sum = file, hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Write and sum."""
        self._sum.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Hand on what is buffered."""
        self._file.flush()

    def hexdigest(self) -> str:
        """Give the SHA-256 of all that was written."""
        return self._sum.hexdigest()


class CheckpointFolder(CheckpointIO):
    """Files `<kind>-<step>.ckpt` (kinds: last, best), each with its SHA-256 beside it; a file without a fitting sum does not count."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, kind: str, step: int) -> Path:
        """Name the file of one step."""
        return self.folder / f"{kind}-{step:09d}.ckpt"

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write one checkpoint of plain types; then forget those before the one before, and what a killed process left."""
        path = Path(path)
        sums, digest = path.with_suffix(".sha256"), ""

        def write(file: IO[bytes]) -> None:
            nonlocal digest
            summed = Summed(file)
            torch.save(checkpoint, cast(IO[bytes], summed))
            digest = summed.hexdigest()

        if path.exists():
            sums.unlink(missing_ok=True)
        write_atomically(path, write)
        write_atomically(sums, digest.encode())
        self._tidy(path.name.split("-")[0])

    def load_checkpoint(self, path: str | Path, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Read a checkpoint; it can never run code."""
        return dict(torch.load(path, map_location=map_location or "cpu", weights_only=True))

    def remove_checkpoint(self, path: str | Path) -> None:
        """Delete one checkpoint with its sum."""
        for name in (Path(path), Path(path).with_suffix(".sha256")):
            name.unlink(missing_ok=True)

    def _tidy(self, kind: str) -> None:
        """One process writes here, so whatever is unfinished was left by a killed one."""
        for left in self.folder.glob(".*.tmp"):
            left.unlink(missing_ok=True)
        finished = [path for path in self._all(kind) if path.with_suffix(".sha256").exists()]
        for old in set(self._all(kind)) - set(finished[-KEPT:]):
            self.remove_checkpoint(old)

    def drop(self, kind: str) -> None:
        """Remove every file of a kind: nobody goes on from a finished training."""
        for path in self._all(kind):
            self.remove_checkpoint(path)

    def newest(self, kind: str, *, at_most: int | None = None) -> Path | None:
        """Find the newest whole file of a kind, of no later step than `at_most`; None if there is none."""
        for path in reversed(self._all(kind)):
            if (at_most is None or step_of(path) <= at_most) and is_whole(path):
                return path
        return None

    def _all(self, kind: str) -> list[Path]:
        return sorted(self.folder.glob(f"{kind}-*.ckpt"))


def step_of(path: Path) -> int:
    """Give the optimiser step in a checkpoint's name."""
    return int(path.stem.split("-")[1])


def is_whole(path: Path) -> bool:
    """Tell whether a file is what was once written."""
    with contextlib.suppress(OSError):
        return path.with_suffix(".sha256").read_text() == hashlib.sha256(path.read_bytes()).hexdigest()
    return False


def load_weights(path: Path) -> dict[str, Any]:
    """Read the network's weights of a best checkpoint; RunError if it is damaged."""
    if not is_whole(path):
        raise RunError(
            f"checkpoint {path.name} is damaged (its SHA-256 does not fit). Train this stage again: delete its folder in stages/."
        )
    return dict(torch.load(path, map_location="cpu", weights_only=True)["network"])
