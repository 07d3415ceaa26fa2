"""From a command's words to the run folder of a project: the one that is meant, or a new one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from medimg.errors import ConfigError, MedimgError, NothingToDo
from medimg.room.folder import Folder
from medimg.room.images import read_images, settled
from medimg.room.lock import holder
from medimg.run.compose import compose, compose_to_look
from medimg.run.folder import make_run, new_run, newest_runs, note_words, stored_settings, trained_run, write_config
from medimg.run.resume import resumed
from medimg.settings import RuleName, Settings

RECIPE = "recipe=label"
LIMITS: tuple[RuleName, ...] = ("max_labels", "max_rounds")


def find(words: Sequence[str], target: str | None, named: str | None = None) -> Path | None:
    """The run of the project that a command means: by name, by MEDIMG_RUN (`named`), the newest on the same images, or the newest.

    None where there is none yet.
    """
    if target:
        return trained_run(target, str(_runs(words)))
    if named:
        return Path(named).absolute() if (Path(named) / "config.yaml").is_file() else None
    settings, still_open = compose_to_look([*words, RECIPE])
    known = list(_projects(Path(settings.runs).expanduser().absolute()))
    if "data.manifest" in still_open:
        return known[0] if known else None
    return next((run for run in known if _question(stored_settings(run)) == _question(settings)), None)


def existing(words: Sequence[str], target: str | None, named: str | None = None) -> Path:
    """The same, where a project must be there; NothingToDo where it is not."""
    run = find(words, target, named)
    if run is None or not Folder(run).there():
        raise NothingToDo(
            f"there is no labelling project{f' in {run}' if run else ''} yet. medimg active-label data.manifest=FILE begins one."
        )
    return run


def go_on(run: Path, words: Sequence[str]) -> Settings:
    """The settings of a project with the words that may change them, written down; ConfigError where others would change."""
    stored = stored_settings(run)
    settings = _with_limits(resumed(run, [*words, RECIPE]))
    if settings != stored:
        write_config(run, settings)
        note_words(run, words)
    return settings


def begin(words: Sequence[str], named: str | None = None) -> tuple[Settings, Path]:
    """Make the run of a new project; what its first start decides for good stands in its config.yaml."""
    settings = _with_limits(compose([*words, RECIPE]))
    settings = settled(settings, read_images(settings))
    if not named:
        return settings, new_run(settings, words)
    run = Path(named).absolute()
    if not make_run(run, settings, words):
        raise ConfigError(f"MEDIMG_RUN={named} exists and is no run folder. Name another folder, or unset it.")
    return settings, run


def _with_limits(settings: Settings) -> Settings:
    """A limit that has a value counts, whatever rules are named."""
    stop = settings.active.stop
    more = tuple(name for name in LIMITS if getattr(stop, name) is not None and name not in stop.rules)
    return replace(settings, active=replace(settings.active, stop=replace(stop, rules=stop.rules + more))) if more else settings


def _projects(home: Path) -> Iterator[Path]:
    """Projects, the newest first, those too that a command is beginning at this moment."""
    return (run for run in newest_runs(home) if (Folder(run).there() or holder(Folder(run).lock)) and _readable(run))


def _readable(run: Path) -> bool:
    try:
        return stored_settings(run).recipe == "label"
    except MedimgError:
        return False


def _question(settings: Settings) -> tuple[object, ...]:
    data = settings.data
    return settings.experiment, data.manifest, data.label, data.where, data.limit


def _runs(words: Sequence[str]) -> str:
    return next((word.partition("=")[2] for word in words if word.startswith("runs=")), "runs")
