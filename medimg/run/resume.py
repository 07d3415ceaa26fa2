"""Go on with a run: its stored settings rule, and only what does not change its question may differ."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from medimg.errors import ConfigError
from medimg.run.compose import put, read_words
from medimg.run.configs import content
from medimg.run.folder import stored_settings
from medimg.settings import Settings
from medimg.validate import plain, read_settings, shown

# What does not change the numbers a stage was begun for; everything else is the run's question and stays.
MAY_CHANGE = {
    "trainer.workers", "trainer.checkpoint_minutes", "trainer.checkpoint_steps", "evaluate.draws", "evaluate.seed", "evaluate.explain",
    "report.images", "logger.tensorboard", "logger.mlflow", "title", "runs",
}  # fmt: skip


def resumed(run: Path, words: Sequence[str]) -> Settings:
    """The stored settings with the words that may change them; words that repeat what is stored are fine, others are refused."""
    stored = stored_settings(run)
    changed = overridden(stored, words)
    before, after = flat(plain(stored)), flat(plain(changed))
    wrong = [key for key in after if after[key] != before.get(key) and key not in MAY_CHANGE]
    if wrong:
        raise ConfigError(
            *(f"{key}={shown(after[key])}: this run was made with {shown(before.get(key))}, which rules." for key in wrong),
            f"Going on with a run can change only: {', '.join(sorted(MAY_CHANGE))}. Leave the rest out, or start a new run.",
        )
    return changed


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
