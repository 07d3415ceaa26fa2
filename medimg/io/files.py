"""Files written whole or not at all, whatever happens meanwhile."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO


def write_atomically(path: Path, data: bytes | Callable[[IO[bytes]], None], *, durable: bool = True, mode: int = 0o666) -> None:
    """Replace a file by its new content, or by what `data` writes into it, in one step; on disk when this returns.

    Not `durable`: whole or not at all for every process, but a power failure may take it back. For files that are soon made again.
    `mode`: who may read the file, from its first byte on; the process's mask takes rights away.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            if callable(data):
                data(file)
            else:
                file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    if not durable:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
