"""The units of a simulation: one training each, its files written whole, the JSON last; a finished unit is never touched again."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from medimg.errors import RunError
from medimg.recipes.parts.said import Floats
from medimg.recipes.parts.stages import write_json
from medimg.recipes.rounds.cases import write_cases
from medimg.recipes.rounds.state import State, read_state

INITIAL, FULL, FULL_ROUND = "initial", "full", 99


@dataclass(frozen=True)
class Unit:
    """One training of a simulation, and where it lies."""

    sim: Path
    repeat: int
    fold: int
    strategy: str
    round: int

    @property
    def name(self) -> str:
        """The name of its files."""
        return f"r{self.repeat}_f{self.fold}_{self.strategy}_n{self.round:02d}"

    @property
    def folder(self) -> Path:
        """Where its checkpoints lie while they are needed."""
        return self.sim / "open" / self.name

    def facts(self) -> dict[str, Any] | None:
        """Read what it found; None while it is not finished."""
        path = self.sim / f"{self.name}.json"
        return dict(json.loads(path.read_text())) if path.is_file() else None

    def write(
        self, facts: dict[str, Any], stopping: dict[str, Any], test: pd.DataFrame, probabilities: Floats, classes: Sequence[str]
    ) -> None:
        """Write the test cases with the probability of every class, then the facts: from then on it is finished."""
        write_cases(self.sim / f"{self.name}.csv", test, probabilities, classes)
        own = {"repeat": self.repeat, "fold": self.fold, "strategy": self.strategy, "round": self.round}
        write_json(self.sim / f"{self.name}.json", own | facts | {"round_facts": stopping})


def state_of(unit: Unit) -> State:
    """Read what a finished unit left for the next one."""
    state = read_state(unit.folder)
    if state is None:
        cell = f"r{unit.repeat}_f{unit.fold}"
        raise RunError(
            f"sim/open/{unit.name} of this run is gone, so its repeat and fold cannot go on. "
            f"Remove sim/{cell}_*.json and sim/open/{cell}_*, and go on with the run: that repeat and fold is done again."
        )
    return state


def forget(folder: Path) -> None:
    """Remove what only unfinished chains need."""
    shutil.rmtree(folder, ignore_errors=True)
