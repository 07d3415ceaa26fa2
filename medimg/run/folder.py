"""The run folder: made once, found again by name, and held by one command at a time."""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import yaml

from medimg import __version__
from medimg.errors import ConfigError, RunError
from medimg.run.configs import groups
from medimg.settings import Settings
from medimg.validate import did_you_mean, plain, read_settings

CONFIG = "config.yaml"
JUDGES = "# medimg eval"
WAIT_SECONDS = 120.0


def new_run(settings: Settings, words: Sequence[str], judges: Path | None = None) -> Path:
    """Make runs/<experiment>/<time>/ with config.yaml and overrides.txt in it, and let runs/latest point there.

    A folder that `judges` another run says so, and is not the latest: that stays the newest one that was trained.
    """
    words = _headed(words, judges)
    now = time.strftime("%Y-%m-%d_%H-%M-%S")
    home = Path(settings.runs).expanduser().absolute() / (settings.experiment or "own")
    for number in range(1, 10_000):
        run = home / (now if number == 1 else f"{now}-{number}")
        if make_run(run, settings, words):
            if not judges:
                point_latest(run, Path(settings.runs).expanduser().absolute())
            return run
    raise RunError(f"no free name for a run is left beside {run}. Set runs=FOLDER.")


def named_run(named: str, settings: Settings, words: Sequence[str], judges: Path | None = None) -> Path | None:
    """Make the run folder that MEDIMG_RUN names; None where it exists already."""
    run = Path(named).absolute()
    return run if make_run(run, settings, _headed(words, judges)) else None


def _headed(words: Sequence[str], judges: Path | None) -> Sequence[str]:
    return [f"{JUDGES} {judges.name}", *words] if judges else words


def make_run(run: Path, settings: Settings, words: Sequence[str]) -> bool:
    """Make one run folder; False where it exists already."""
    try:
        run.parent.mkdir(parents=True, exist_ok=True)
        run.mkdir()
    except FileExistsError:
        if run.parent.is_dir():
            return False
        raise RunError(f"{run.parent} is a file, so no run can be written there. Set runs=FOLDER.") from None
    except OSError as fault:
        raise RunError(f"the run folder {run} cannot be made ({fault.strerror}). Set runs=FOLDER to a place you may write to.") from None
    (run / "overrides.txt").write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
    write_config(run, settings)
    return True


def write_config(run: Path, settings: Settings) -> None:
    """Write config.yaml whole or not at all."""
    head = f"# Every setting of this run, as resolved by medimg {__version__}.\n"
    text = head + yaml.safe_dump(plain(settings), sort_keys=False, allow_unicode=True, width=120)
    beside = run / f".{CONFIG}.{os.getpid()}"
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, run / CONFIG)


def note_words(run: Path, words: Sequence[str]) -> None:
    """Add the words of a later command to overrides.txt."""
    with (run / "overrides.txt").open("a", encoding="utf-8") as file:
        file.write(f"# again on {time.strftime('%Y-%m-%d %H:%M:%S')}\n" + "".join(f"{word}\n" for word in words))


def stored_settings(run: Path) -> Settings:
    """The settings a run was made with."""
    try:
        config = yaml.safe_load((run / CONFIG).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        config = None
    if not isinstance(config, dict):
        raise RunError(f"{run} has no readable {CONFIG}, so it is no run folder or a damaged one. Name another run, or start a new one.")
    settings, faults = read_settings(config)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise RunError(f"{run}/{CONFIG} does not fit this medimg: {faults[0]}{more} Start a new run, or use the version it names.")
    return settings


def find_run(name: str | None, runs: str = "runs") -> Path:
    """A run folder by its path, by its name below the folder of runs, or the newest where no name is given."""
    home = Path(runs).expanduser().absolute()
    wanted = name or "latest"
    for path in (Path(wanted).expanduser().absolute(), home / wanted):
        if (path / CONFIG).is_file() and (name or path.parent == home):
            return path.resolve()
    if name and Path(name).is_dir():
        raise RunError(f"{name} has no {CONFIG}, so it is no run folder or a damaged one. Name another run, or start a new one.")
    if name and Path(name).expanduser().is_absolute():
        raise RunError(f"run {name}: no such folder. Check the path.")
    for experiment in get_close_matches(name or "", groups()["experiment"], n=1, cutoff=0.85):
        raise RunError(f"run '{name}' is not found. Did you mean experiment={experiment}, for a new run?")
    known = [path.relative_to(home).as_posix() for path in newest_runs(home)]
    if not known:
        raise RunError(
            f"run '{wanted}' is not found: there are no runs in {home}. medimg train makes one; elsewhere: its path, or runs=FOLDER."
        )
    raise RunError(f"run '{wanted}' is not found.{did_you_mean(wanted, known)} Newest runs in {home}: {', '.join(known[:5])}.")


def trained_run(name: str | None, runs: str = "runs") -> Path:
    """A run that was trained; RunError for the folder of a judgement."""
    run = find_run(name, runs)
    first = (run / "overrides.txt").read_text(encoding="utf-8").partition("\n")[0] if (run / "overrides.txt").is_file() else ""
    if first.startswith(JUDGES):
        judged = first.removeprefix(JUDGES).strip()
        raise RunError(f"{run} holds no networks: it is a judgement of run {judged}. Name that run.")
    return run


def newest_runs(home: Path) -> list[Path]:
    """All runs below a folder, the newest first."""
    found = [path.parent for path in home.glob(f"*/*/{CONFIG}")] + [path.parent for path in home.glob(f"*/*/*/{CONFIG}")]
    return sorted(found, key=lambda path: path.name, reverse=True)


def point_latest(run: Path, home: Path) -> None:
    """Let `latest` point to a run, by a relative link that survives a moved folder."""
    link = home / f".latest.{os.getpid()}"
    try:
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(run, home), target_is_directory=True)
        os.replace(link, home / "latest")
    except OSError:  # a file system without links, or a folder called latest: the run does not need it
        link.unlink(missing_ok=True)


def forget_latest(run: Path) -> None:
    """Let `latest` point to the newest run that is left when it pointed to one that was removed."""
    home = run.parents[1]
    link = home / "latest"
    if link.is_symlink() and not link.exists():
        link.unlink()
        if left := newest_runs(home):
            point_latest(left[0], home)


@contextmanager
def held(run: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a run for this process; a second command on it is refused while the first one lives, unless both can share it."""
    with (run / ".lock").open("a") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(f"{run} is being written by another medimg process. Wait for it, or end it first.") from None
        yield


def rank() -> int:
    """The number of this process among those of one run, as torchrun, SLURM or Lightning tell it."""
    for name in ("RANK", "SLURM_PROCID", "LOCAL_RANK"):
        if os.environ.get(name, "").isdigit():
            return int(os.environ[name])
    return 0


def leaders_run() -> Path:
    """The folder in which the first process of this run writes; waits until it is there."""
    name = os.environ.get("MEDIMG_RUN")
    if not name:
        raise ConfigError(
            f"this is process {rank()} of several, and nobody said which run folder they share. "
            "Set MEDIMG_RUN=FOLDER for all of them, or let medimg start them (trainer.strategy=ddp trainer.devices=N)."
        )
    if not comes(Path(name), WAIT_SECONDS):
        raise RunError(f"process {rank()} waited {WAIT_SECONDS:.0f} s and no run came into {name}. Look at the first process's log.")
    return Path(name).absolute()


def comes(run: Path, seconds: float) -> bool:
    """Wait for a run that another process may be making; whether it is there in time."""
    until = time.monotonic() + seconds
    while not (there := (run / CONFIG).is_file()) and time.monotonic() < until:
        time.sleep(0.2)
    return there
