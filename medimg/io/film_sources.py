"""The files that a quality run looks at, one by one: of folders, single files and manifests. Nothing is kept in memory but the one."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from medimg.errors import ConfigError, ManifestError
from medimg.io.aliases import canonical
from medimg.io.film_reader import FilmFile
from medimg.io.scan import OWN
from medimg.io.table import read_parts

TOLD = ("view", "site", "operator", "age", "patient_id", "study", "sop", "month", "acquired_month", "StationName")
MASK = "mask_"
PART = 1000  # rows of a manifest that are held at once


@dataclass(frozen=True)
class Found:
    """A file of source number `source`, called `name` in tables; or why it is none: `fault`."""

    source: int
    name: str
    file: FilmFile
    size: int = 0
    mtime_ns: int = 0
    fault: str = ""
    drawn: tuple[tuple[int, int], ...] = ()  # size and time of each mask

    @cached_property
    def key(self) -> str:
        """Tells a file as it is now, with what a manifest says of it, from all others."""
        told = [self.file.path, dict(self.file.told), dict(self.file.masks), self.size, self.mtime_ns, self.drawn]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def check_sources(words: Sequence[str]) -> list[Path]:
    """Sources as paths. Raises ConfigError for each that is not there, and for one named twice."""
    paths = [Path(word).absolute() for word in words]
    faults = [f"{word}: no such file or folder. Check the path." for word, path in zip(words, paths, strict=True) if not path.exists()]
    faults += [f"{word}: named twice. Leave one out." for place, word in enumerate(words) if paths[place] in paths[:place]]
    if faults:
        raise ConfigError(*faults)
    return paths


def found_in(sources: Sequence[Path], own: Path, organs: Sequence[str]) -> Iterator[Found]:
    """Every file below the sources; links are not followed, `own` (the results) and medimg's tables are left out.

    A name is relative to its source; of several sources it begins with the source's own name. `organs`: the masks that are known.
    """
    for number, source in enumerate(sources):
        before = f"{source.name}/" if len(sources) > 1 else ""
        if source.is_dir():
            yield from _below(source, source, number, before, own)
        elif source.suffix.lower() == ".csv":
            yield from _listed(source, number, before, organs)
        else:
            yield _seen(source, number, shown(source.name))


def _below(folder: Path, top: Path, number: int, before: str, own: Path) -> Iterator[Found]:
    def named(path: str) -> str:
        return before + shown(os.path.relpath(path, top))

    try:
        entries = os.scandir(folder)
    except OSError as fault:
        yield Found(number, named(str(folder)), FilmFile(str(folder)), fault=f"the folder cannot be read ({fault.strerror})")
        return
    with entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if Path(entry.path) != own:
                    yield from _below(Path(entry.path), top, number, before, own)
            elif not entry.is_file():
                yield Found(number, named(entry.path), FilmFile(entry.path), fault="a link to a folder, a broken link or no ordinary file")
            elif entry.name not in OWN:
                yield _seen(Path(entry.path), number, named(entry.path))


def shown(name: str) -> str:
    """A file's name as text, whatever bytes it was written in."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _state(path: Path) -> tuple[int, int]:
    """Size and time of a file; nothing of one that is not there."""
    try:
        state = path.stat()
    except OSError:
        return (0, 0)
    return state.st_size, state.st_mtime_ns


def _seen(path: Path, number: int, name: str, **told: Any) -> Found:
    file = FilmFile(str(path), **told)
    try:
        state = path.stat()
    except OSError as fault:
        return Found(number, name, file, fault=f"the file cannot be read ({fault.strerror})")
    return Found(number, name, file, state.st_size, state.st_mtime_ns, drawn=tuple(_state(Path(mask)) for mask in file.masks.values()))


def _listed(manifest: Path, number: int, before: str, organs: Sequence[str]) -> Iterator[Found]:
    """Rows of a manifest; a row without an image is a fault of the table."""
    for table in read_parts(manifest, rows=PART):
        if "image" not in table:
            raise ManifestError(f"manifest {manifest}: column image is missing. It has: {', '.join(map(str, table.columns[:20]))}.")
        masks = {name: str(name)[len(MASK) :] for name in table.columns if str(name).startswith(MASK)}
        for cells in table.itertuples(index=False, name=None):
            row = dict(zip(map(str, table.columns), map(str, cells), strict=True))
            told = {name: row[name] for name in TOLD if row.get(name)}
            if "view" in told:
                told["view"] = canonical("view", told["view"])
            drawn = {organ: str(manifest.parent / row[name]) for name, organ in masks.items() if organ in organs and row[name]}
            image = manifest.parent / row["image"]
            name = os.path.relpath(image, manifest.parent)
            yield _seen(image, number, before + shown(image.name if name.startswith("..") else name), told=told, masks=drawn)
