"""The folder where medimg keeps its key, its look-up table and its caches: never a run, never the user's data."""

import os
from pathlib import Path

from medimg.errors import ConfigError


def home() -> Path:
    """$MEDIMG_HOME or ~/.medimg, made with mode 0700 when absent."""
    folder = Path(os.environ.get("MEDIMG_HOME") or Path.home() / ".medimg").expanduser().absolute()
    return _made(folder)


def cache_dir(kind: str) -> Path:
    """A folder for one kind of thing that can be made again: `index`, `images`, `phantoms`."""
    return _made(_made(home() / "cache") / kind)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise ConfigError(
            f"medimg's own folder cannot be made ({fault.strerror}). Set MEDIMG_HOME to a folder on a local disk that you may write to."
        ) from None
    return folder
