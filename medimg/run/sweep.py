"""Sweeps through Hydra's own sweepers and launchers: each job starts an ordinary `medimg train` in a process of its own.

So a trial is a run like any other, can be gone on with, and several processes per run never meet Hydra's multirun.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from medimg.errors import ConfigError, Interrupted
from medimg.run.configs import config_root, groups, refuse_unsafe_files
from medimg.run.words import unreadable

ALLOWED = ("hydra/launcher", "hydra/sweeper", "hydra.launcher.", "hydra.sweeper.")
QUIET = (
    "hydra.output_subdir=null", "hydra/job_logging=none", "hydra/hydra_logging=none", "hydra.sweep.subdir=.",
    "hydra.job.chdir=false",
)  # fmt: skip
JOBS = "jobs"


@dataclass(frozen=True)
class Job:
    """One run of a sweep: its own words, where it is, what came out."""

    number: int
    words: list[str]
    run: str
    exit_code: int
    val_loss: float | None  # mean over the run's networks: what a sweeper may look at
    headline: str  # on the test part: for the reader alone


def sweep(words: Sequence[str]) -> list[Job]:
    """Run all jobs of a sweep and tell what each came to; `hydra.sweep.dir=FOLDER` of a stopped sweep goes on with its runs."""
    refuse_unsafe_files()
    folder, words = _folder(words)
    told = [*_for_hydra(words), *QUIET, f"hydra.sweep.dir={json.dumps(str(folder))}"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "words.txt").write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
    with _hydra() as hydra:
        try:
            hydra.multirun("train", job, told)
        except (HydraException, OmegaConfBaseException, AttributeError) as fault:  # OmegaConf's for a value below one that is null
            text = " ".join(str(fault).split())
            raise ConfigError(f"the sweep cannot be set up: {text[:300]}") from None
        except KeyboardInterrupt as stop:
            number = int(stop.args[0]) if stop.args else int(signal.SIGINT)
            raise Interrupted(number, f"the sweep was stopped. Go on with it: medimg train -m hydra.sweep.dir={folder}") from None
    jobs = [Job(**json.loads(path.read_text())) for path in sorted((folder / JOBS).glob("*.json"))]
    return sorted(jobs, key=lambda done: done.number)


def job(_: Any) -> float:
    """Run one job, wherever a launcher has put it: `medimg train` with the job's words, its folder named by the sweep.

    Returns the loss on validation: a sweeper that searches (Optuna) minimises it, and never sees the test part.
    """
    hydra = HydraConfig.get()
    words = [word.lstrip("+") for word in hydra.overrides.task]
    folder, number = Path(hydra.sweep.dir), int(hydra.job.num)
    run = _run_of(folder, number, words)
    environment = {name: value for name, value in os.environ.items() if name not in ("LOCAL_RANK", "RANK")}
    code = _started([sys.executable, "-m", "medimg", "train", *words], {**environment, "MEDIMG_RUN": str(run)})
    told = Job(number, words, str(run), code, _val_loss(run), _headline(run))
    (folder / JOBS).mkdir(exist_ok=True)
    (folder / JOBS / f"{number:05d}.json").write_text(json.dumps(asdict(told), indent=1) + "\n")
    if code > 128:
        raise KeyboardInterrupt(code - 128)
    return float("nan") if told.val_loss is None else told.val_loss


def _started(command: list[str], environment: dict[str, str]) -> int:
    """Run a process to its end and return its exit code; a signal to this one lets it save its state first."""
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        while child.poll() is None:
            with suppress(subprocess.TimeoutExpired):  # a signal that comes just before an endless wait would be heard at its end
                child.wait(timeout=60)
    except (KeyboardInterrupt, Interrupted) as stop:
        child.terminate()
        child.wait()
        raise KeyboardInterrupt(signal.SIGTERM if isinstance(stop, Interrupted) else signal.SIGINT) from None
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _run_of(folder: Path, number: int, words: Sequence[str]) -> Path:
    """runs/<experiment>/<time of the sweep>-<job>: the same on every start of the sweep."""
    experiment = next((word.partition("=")[2] for word in words if word.startswith("experiment=")), "own")
    return folder.parent.parent / experiment / f"{folder.name}-{number + 1}"


def _for_hydra(words: Sequence[str]) -> list[str]:
    """Let Hydra take keys that no file sets: their names are checked by each run."""
    parser, known, told, faults = OverridesParser.create(), groups(), [], []
    for word in words:
        try:
            override = parser.parse_override(word)
        except HydraException as fault:
            faults.append(unreadable(word, fault))
            continue
        key = override.key_or_group
        if key.startswith("hydra") and (not key.startswith(ALLOWED) or "_target_" in word):
            faults.append(f"'{word}': of Hydra's settings only {', '.join(ALLOWED)} may be given.")
        elif key == "resume" or override.is_delete():
            faults.append(f"'{word}' has no meaning in a sweep, which starts new runs. Leave it out.")
        told.append(word if key.startswith("hydra") or key in known else f"++{word.lstrip('+')}")
    if faults:
        raise ConfigError(*faults)
    return told


def _folder(words: Sequence[str]) -> tuple[Path, list[str]]:
    """Where the sweep keeps its books, and its words; those of a stopped sweep are its first ones."""
    mark = "hydra.sweep.dir="
    given = [word.removeprefix(mark) for word in words if word.startswith(mark)]
    words = [word for word in words if not word.startswith(mark)]
    if not given:
        runs = next((word.partition("=")[2] for word in words if word.startswith("runs=")), "runs")
        return Path(runs).expanduser().absolute() / "sweeps" / time.strftime("%Y-%m-%d_%H-%M-%S"), words
    folder = Path(given[-1]).expanduser().absolute()
    if not (folder / "words.txt").is_file():
        raise ConfigError(f"{mark}{given[-1]} holds no sweep to go on with. Leave it out: a new sweep finds its own folder.")
    stored = (folder / "words.txt").read_text(encoding="utf-8").splitlines()
    if words and words != stored:
        raise ConfigError(
            f"the sweep in {given[-1]} was started with other words: {' '.join(stored)}. Leave yours out, or start a new sweep."
        )
    return folder, stored


def _val_loss(run: Path) -> float | None:
    found = [json.loads(path.read_text())["val/loss"] for path in sorted((run / "stages").glob("1_train_*/best.json"))]
    return fmean(found) if found else None


def _headline(run: Path) -> str:
    try:
        return str(json.loads((run / "metrics.json").read_text())["headline"]["text"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


@contextmanager
def _hydra() -> Iterator[Any]:
    """Hydra as its own main would set it up, with our folder of configurations."""
    Plugins.instance()
    GlobalHydra.instance().clear()
    try:
        yield Hydra.create_main_hydra2("medimg", create_config_search_path(str(config_root())))
    finally:
        GlobalHydra.instance().clear()
