"""The files of a folder, and what their headers say: looked at once, in child processes, and remembered."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from medimg.io import workers
from medimg.io.identity import hash_ids
from medimg.io.index import Index, file_key
from medimg.io.series import rules_text
from medimg.io.survey import IDS
from medimg.io.workers import Refused

_BATCH = 256  # files between two writes: what a stopped scan loses at most

Refusals = list[tuple[str, str]]


def list_files(folder: Path, own: Sequence[str], given: Sequence[Path | str] = ()) -> tuple[list[str], Refusals]:
    """All files below the folder in order of path, without medimg's own tables (by name) and those given; links are not followed."""
    found: list[str] = []
    refused: Refusals = []
    tables = {str(Path(path).absolute()) for path in given}
    for entry in _walk(str(folder), refused, folder):
        if os.path.basename(entry) not in own and entry not in tables:
            found.append(entry)
    return sorted(found), refused


def _walk(folder: str, refused: Refusals, top: Path) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError as fault:
        refused.append((os.path.relpath(folder, top), f"the folder cannot be read ({fault.strerror})"))
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, refused, top)
        elif entry.is_file():
            yield entry.path
        else:
            refused.append((os.path.relpath(entry.path, top), "a link to a folder, a broken link or no ordinary file: not followed"))


def survey_all(paths: list[str], limits: dict[str, Any]) -> list[Any]:
    """What `survey.survey` says of each file, ids hashed, or Refused; in child processes, and from the index where nothing changed."""
    version = hashlib.sha256(rules_text().encode()).hexdigest()[:16]
    keys = [file_key(path, version) or path for path in paths]
    with Index("survey") as index:
        known = index.get(keys)
        missing = [i for i, key in enumerate(keys) if key not in known]
        results: list[Any] = [_recalled(known[key]) if key in known else None for key in keys]
        fresh: list[int] = []
        for place, seen in workers.in_children("medimg.io.survey:survey", [paths[i] for i in missing], **limits):
            results[missing[place]] = seen
            if not isinstance(seen, Refused) or seen.lasting:
                fresh.append(missing[place])
            if len(fresh) == _BATCH:
                _remember(index, fresh, keys, results)
        _remember(index, fresh, keys, results)
    return results


def _remember(index: Index, fresh: list[int], keys: list[str], results: list[Any]) -> None:
    """Hash the raw ids of new results in one go, then store them."""
    read = [results[i] for i in fresh if not isinstance(results[i], Refused)]
    hashed = iter(hash_ids([seen[name] for seen in read for name in IDS]))
    for seen in read:
        seen |= {name: next(hashed) for name in IDS}
        seen["site"] = seen["site"] and f"site-{seen['site'][-6:]}"
    index.put([(keys[i], json.dumps(results[i].reason if isinstance(results[i], Refused) else results[i])) for i in fresh])
    fresh.clear()


def _recalled(stored: str) -> Any:
    seen = json.loads(stored)
    return Refused(seen, lasting=True) if isinstance(seen, str) else seen
