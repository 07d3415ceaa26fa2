"""Built-in cohorts: drawn from distributions, imaged with physics, written once as real DICOM files with a manifest."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from medimg.errors import ConfigError
from medimg.io.claim import claimed

COHORTS = {
    "thyroid": "medimg.phantoms.thyroid",
    "brain": "medimg.phantoms.brain",
    "chest": "medimg.phantoms.chest",
    "chest_enriched": "medimg.phantoms.chest_enriched",
    "chest_training": "medimg.phantoms.chest_training",
}


def parameters_hash(parameters: Any) -> str:
    """Hash a cohort's frozen parameters (a dataclass instance): 12 hex digits that name its folder and its tables."""
    text = json.dumps(asdict(parameters), sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:12]


def describe(name: str, n: int | None = None, seed: int | None = None) -> dict[str, Any]:
    """Say which cohort this is: name, version, hash of its parameters, and n and seed where they differ from the frozen ones."""
    parameters = _module(name).PARAMETERS
    return {"name": name, "version": str(parameters.version), "parameters": parameters_hash(parameters), "n": n, "seed": seed}


def unit(name: str) -> str:
    """What the `n` of a cohort counts."""
    return "films" if name.startswith("chest") else "patients"


def cohort(name: str, *, n: int | None = None, seed: int | None = None, out: Path | None = None) -> Path:
    """Return the manifest.csv of a built-in cohort, writing its files first if they are not there yet.

    Without `n` the cohort has the paper's size and class counts; with it, about the same proportions. Without `out` the files lie in
    medimg's cache and are used again; a cohort is complete or absent, never half written.
    """
    stamp = describe(name, n, seed)
    folder = _cached(stamp) if out is None else Path(out)
    manifest = folder / "manifest.csv"
    if _stamp(folder) == stamp and manifest.is_file():
        return manifest
    with _alone(folder, name) if out is None else nullcontext():
        if _stamp(folder) != stamp and folder.exists() and any(folder.iterdir()):
            raise ConfigError(f"{folder} exists and holds something other than the cohort {name}. Name another folder, or remove this one.")
        if _stamp(folder) != stamp:
            _write(folder, stamp)
    return manifest


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """Let one process at a time write a folder; another waits, and finds it written."""
    lock = folder.with_name(f".{folder.name}.lock")
    with claimed(lock) as ours:
        if ours:
            yield
            return
    print(f"another process is drawing the built-in cohort {name}: waiting for it", file=sys.stderr)
    with claimed(lock, wait=True):
        yield


def cohort_of(path: Path) -> str:
    """Name the built-in cohort that a file or folder is of, as phantom:chest@1; "" where it is of none."""
    for folder in (path, *path.parents):
        try:
            stamp = _stamp(folder)
        except (OSError, ValueError):  # no file of ours
            continue
        if isinstance(stamp, dict) and stamp.get("name") in COHORTS:
            return f"phantom:{stamp['name']}@{stamp.get('version')}"
    return ""


def _module(name: str) -> Any:
    if name not in COHORTS:
        raise ConfigError(f"no built-in cohort is called {name!r}. Choose one of: {', '.join(COHORTS)}.")
    return import_module(COHORTS[name])


def _cached(stamp: dict[str, Any]) -> Path:
    from medimg.io.home import cache_dir

    extra = "".join(f"-{key}{stamp[key]}" for key in ("n", "seed") if stamp[key] is not None)
    return Path(cache_dir("phantoms")) / f"{stamp['name']}-{stamp['version']}-{stamp['parameters']}{extra}"


def _stamp(folder: Path) -> Any:
    path = folder / "cohort.json"
    return json.loads(path.read_text()) if path.is_file() else None


def _write(folder: Path, stamp: dict[str, Any]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder.parent))
    try:
        _module(stamp["name"]).write(temporary, n=stamp["n"], seed=stamp["seed"])
        (temporary / "cohort.json").write_text(json.dumps(stamp, indent=1) + "\n")
        try:
            os.rename(temporary, folder)
        except OSError:  # another process was first: its files are the same
            if _stamp(folder) != stamp:
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
