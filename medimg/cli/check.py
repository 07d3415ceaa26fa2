"""medimg check: everything that can fail is tried before hours are spent."""

import json
import os
import shutil
import tempfile
import time
from importlib import import_module
from pathlib import Path

from medimg.cli.parser import Command
from medimg.cli.runs import speak
from medimg.errors import ConfigError, MedimgError
from medimg.settings import Settings

FREE_GB = 2.0  # a run of ResNet-50 with its checkpoints, five folds


def check(command: Command) -> int:
    """Compose, validate, read, deal, prove, build, one step; folders and disk. All faults in one list."""
    from medimg.run.compose import compose

    speak(command)
    began = time.monotonic()
    settings = compose(command.overrides)
    faults = [*folder_faults(settings)]
    label = settings.recipe == "label"
    recipe = import_module("medimg.room.check" if label else f"medimg.recipes.{settings.recipe}")
    runs = Path(settings.runs).expanduser().absolute()
    faults += recipe.check(settings, runs)
    if faults:
        raise ConfigError(*faults)
    seconds = time.monotonic() - began
    if command.json:
        print(json.dumps({"faults": [], "seconds": round(seconds, 1), "exit_code": 0}))
    else:
        print(f"No fault found in {seconds:.0f} s: settings, images, patients' parts, network and folders fit together.")
        print(f"Start it: medimg {'active-label' if label else 'train'} " + " ".join(_quoted(word) for word in command.overrides))
    return 0


def folder_faults(settings: Settings) -> list[str]:
    """Whether runs and medimg's own folder can be written, and have room."""
    from medimg.io.home import home

    faults = []
    try:
        own = Path(home())
        faults += _folder_fault(own, "medimg's own folder", "Set MEDIMG_HOME to another place.")
    except MedimgError as fault:
        faults += fault.faults
    runs = Path(settings.runs).expanduser().absolute()
    return faults + _folder_fault(runs, "the folder of runs", "Set runs=FOLDER to another place.")


def _folder_fault(folder: Path, what: str, way_out: str) -> list[str]:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"medimg")
    except OSError as fault:
        return [f"{what} cannot be written ({folder}: {os.strerror(fault.errno or 0)}). {way_out}"]
    free = shutil.disk_usage(there).free / 1e9
    return [f"{what} has {free:.1f} GB left on its disk, {FREE_GB:g} GB are needed. Make room. {way_out}"] if free < FREE_GB else []


def _quoted(word: str) -> str:
    import shlex

    return shlex.quote(word)
