"""Go on with a run: its stored settings rule, and only what does not change its question may differ."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from medimg.errors import ConfigError, RunError
from medimg.run.compose import make_absolute, put
from medimg.run.configs import content
from medimg.run.conflicts import missing_files
from medimg.run.folder import stored_settings
from medimg.run.words import read_words
from medimg.settings import Data, Settings
from medimg.validate import plain, read_settings, shown

# What does not change the numbers a stage was begun for; everything else is the run's question and stays.
MAY_CHANGE = {
    "trainer.workers", "trainer.checkpoint_minutes", "trainer.checkpoint_steps", "evaluate.draws", "evaluate.seed", "evaluate.explain",
    "evaluate.against", "report.images", "logger.tensorboard", "logger.mlflow", "title", "runs", "active.repeats", "active.margin",
    "active.processes",
}  # fmt: skip

# Of a labelling project also how the next batch is chosen, who reads it, and when to stop.
OF_LABELLING = MAY_CHANGE | {
    "active.preset", "active.budget", "active.rounds", "active.strategy", "active.compare", "active.cap", "active.mix", "active.mode",
    "active.init", "active.init_size", "active.stop", "active.page", "active.reading",
}  # fmt: skip

KINDS = {"simulate": "a simulation", "label": "a labelling project"}

LONGER = (
    "A training cannot be made longer afterwards: its learning rate was planned for its length, and when it is finished only its best "
    "state is kept, without the optimiser's. Start a new run from its networks, with its words and model.weights={run}; "
    "trainer.epochs then counts the further epochs. Each fold starts from a network that knows nothing of its test part."
)

TO_JUDGE = {
    "data.manifest", "data.label", "data.where", "data.exclude", "data.subgroups", "data.limit", "evaluate.draws", "evaluate.seed",
    "evaluate.explain", "evaluate.against", "report.images", "trainer.accelerator", "trainer.devices", "trainer.nodes", "trainer.strategy",
    "trainer.workers", "trainer.batch_size", "title", "runs",
}  # fmt: skip


def resumed(run: Path, words: Sequence[str]) -> Settings:
    """The stored settings with the words that may change them; words that repeat what is stored are fine, others are refused.

    RunError where a simulation, or a labelling project, is to go on in a run of another kind.
    """
    stored = stored_settings(run)
    changed = overridden(stored, words)
    if changed.recipe != stored.recipe and changed.recipe in KINDS:
        is_, wanted = (KINDS.get(kind, "a training") for kind in (stored.recipe, changed.recipe))
        raise RunError(f"{run} is {is_}, not {wanted}; give experiment=... or data.manifest=... to begin one.")
    longer = [LONGER.format(run=run)] if changed.trainer.epochs > stored.trainer.epochs else []
    allowed = OF_LABELLING if stored.recipe == "label" else MAY_CHANGE
    _refuse_others(stored, changed, allowed, "Going on with a run", longer)
    return changed


def to_judge(run: Path, words: Sequence[str]) -> tuple[Settings, dict[str, Any]]:
    """The stored settings with words for a judgement, and what of `data` another manifest changes (empty: its own test part)."""
    stored = stored_settings(run)
    refuse_simulated(run, stored)
    changed = overridden(stored, words)
    _refuse_others(stored, changed, TO_JUDGE, "Judging a run")
    asked = {item.name: getattr(changed.data, item.name) for item in fields(Data)}
    asked = {name: value for name, value in asked.items() if value != getattr(stored.data, name)}
    if asked and (gone := missing_files(changed)):
        raise ConfigError(*gone)
    return replace(changed, data=stored.data), asked


def refuse_outlining(run: Path, settings: Settings) -> None:
    """Refuse a run whose networks outline organs and answer no question about an image."""
    if settings.recipe == "chest_qc":
        raise RunError(f"{run.name} outlines organs of chest films. Judge films with it: medimg qc run SOURCE out=DIR network={run}.")


def refuse_simulated(run: Path, settings: Settings) -> None:
    """Refuse a run that is no training."""
    if settings.recipe == "simulate":
        raise RunError(f"{run} is a simulation of labelling and keeps no networks. Name a run of medimg train.")
    if settings.recipe == "label":
        table = run / "active" / "labelled.csv"
        raise RunError(
            f"{run} is a labelling project. For a model to use, train one on its labels: "
            f"medimg train data.manifest={table} data.split=manifest."
        )


def _refuse_others(stored: Settings, changed: Settings, allowed: set[str], what: str, more: Sequence[str] = ()) -> None:
    before, after = flat(plain(stored)), flat(plain(changed))
    wrong = [key for key in after if after[key] != before.get(key) and key not in allowed]
    if wrong:
        raise ConfigError(
            *(f"{key}={shown(after[key])}: this run was made with {shown(before.get(key))}, which rules." for key in wrong),
            *more,
            f"{what} can change only: {', '.join(sorted(allowed))}. Leave the rest out, or start a new run.",
        )


def overridden(stored: Settings, words: Sequence[str]) -> Settings:
    """Stored settings with `key=value` words on top; ConfigError lists every fault of the words."""
    said = read_words(words)
    faults = list(said.faults) + [f"~{key} has no meaning for a run that exists. Leave it out." for key in said.removed]
    config: dict[str, Any] = plain(stored)
    for group, name in said.choices.items():
        if group == "experiment":
            config["experiment"] = name
        elif name:
            for key, value in content(group, name).items():
                put(config, f"{group}.{key}", value)
    for key, value in said.values.items():
        faults += put(config, key, value)
    make_absolute(config)
    settings, wrong = read_settings(config)
    faults += wrong
    if faults:
        raise ConfigError(*dict.fromkeys(faults))
    return replace(settings, seeds=stored.seeds) if settings.every_seed == stored.every_seed else settings


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted keys of a nested mapping; conditions (data.where) count as one value."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and not prefix:
            found |= flat(value, f"{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found
