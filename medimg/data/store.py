"""Rows of fixed length kept on disk by id, in several files side by side: written once, mapped by every process."""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class RowStore:
    """Row k of each file belongs to the k-th id of `ids.txt`; `files` says how many bytes a row of each has.

    Rows are appended and never changed, under a lock; an id counts once its line is complete, which is after its rows are on disk.
    """

    def __init__(self, folder: Path, files: Mapping[str, int]) -> None:
        self.folder, self.files = folder, dict(files)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._ids = folder / "ids.txt"

    def known(self) -> dict[str, int]:
        """Row of each id that is complete."""
        return {line: row for row, line in enumerate(self._whole().split())}

    def append(self, ids: Sequence[str], rows: Mapping[str, bytes]) -> None:
        """Add rows under new ids: for each file the bytes of all of them."""
        if not ids:
            return
        count = len(self.known())
        for name, length in self.files.items():
            _write_at(self.folder / name, count * length, rows[name])
        whole = self._whole().encode()
        _write_at(self._ids, len(whole), "".join(f"{name}\n" for name in ids).encode())

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let one process at a time write."""
        with open(self.folder / "lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _whole(self) -> str:
        """The ids whose lines are complete."""
        text = self._ids.read_text() if self._ids.exists() else ""
        return text[: text.rfind("\n") + 1]


def _write_at(path: Path, offset: int, data: bytes) -> None:
    """Write after what counts, over what a killed process left, and wait for the disk."""
    with open(path, "r+b" if path.exists() else "w+b") as file:
        file.seek(offset)
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
