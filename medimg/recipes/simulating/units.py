"""The units of a simulation: one training each, its files written whole, the JSON last; a finished unit is never touched again."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.active.stopping import Round
from medimg.errors import RunError
from medimg.io.files import write_atomically
from medimg.recipes.parts.answers import Answers, Floats
from medimg.recipes.parts.stages import write_json

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

    def write(self, facts: dict[str, Any], stopping: Round, test: pd.DataFrame, probabilities: Floats, classes: Sequence[str]) -> None:
        """Write the test cases with the probability of every class, then the facts: from then on it is finished."""
        table = test[["id", "patient", "site", "label"]].assign(**{f"p_{name}": probabilities[:, k] for k, name in enumerate(classes)})
        write_atomically(self.sim / f"{self.name}.csv", table.to_csv(index=False, float_format="%.9g").encode())
        own = {"repeat": self.repeat, "fold": self.fold, "strategy": self.strategy, "round": self.round}
        chosen = None if stopping.stop_set is None else stopping.stop_set.tolist()
        write_json(self.sim / f"{self.name}.json", own | facts | {"round_facts": {**asdict(stopping), "stop_set": chosen}})


@dataclass(frozen=True)
class State:
    """What the next unit of a chain needs: rows labelled so far, what was said of the pool and of validation, the scoring's seconds."""

    labelled: NDArray[np.intp]
    pool: Answers
    val: Floats
    seconds: float

    def write(self, folder: Path) -> None:
        """Keep it beside the unit's checkpoints."""
        known = {name: value for name, value in vars(self.pool).items() if value is not None}
        folder.mkdir(parents=True, exist_ok=True)
        columns = {"labelled": self.labelled, "val": self.val, "seconds": np.float64(self.seconds), **known}
        write_atomically(folder / "state.npz", lambda file: np.savez(file, **columns))


def read_state(unit: Unit) -> State:
    """Read what a finished unit left for the next one."""
    path = unit.folder / "state.npz"
    if not path.is_file():
        cell = f"r{unit.repeat}_f{unit.fold}"
        raise RunError(
            f"sim/open/{unit.name} of this run is gone, so its repeat and fold cannot go on. "
            f"Remove sim/{cell}_*.json and sim/open/{cell}_*, and go on with the run: that repeat and fold is done again."
        )
    with np.load(path) as kept:
        pool = Answers(kept["probabilities"], kept.get("features"), kept.get("draws"))
        return State(kept["labelled"], pool, kept["val"], float(kept["seconds"]))


def forget(folder: Path) -> None:
    """Remove what only unfinished chains need."""
    shutil.rmtree(folder, ignore_errors=True)
