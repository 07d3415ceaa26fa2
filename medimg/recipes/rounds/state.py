"""What the next round needs of the one before: which images had labels, what its model said of the pool and of validation."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimg.io.files import write_atomically
from medimg.recipes.parts.said import Answers, Floats

FILE = "state.npz"


@dataclass(frozen=True)
class State:
    """Rows of the pool labelled so far, answers on the whole pool and (N, K) on validation, and the seconds of scoring."""

    labelled: NDArray[np.intp]
    pool: Answers
    val: Floats
    seconds: float

    def write(self, folder: Path) -> None:
        """Keep it in the folder of the round."""
        known = {name: value for name, value in vars(self.pool).items() if value is not None}
        folder.mkdir(parents=True, exist_ok=True)
        columns = {"labelled": self.labelled, "val": self.val, "seconds": np.float64(self.seconds), **known}
        write_atomically(folder / FILE, lambda file: np.savez(file, **columns))


def read_state(folder: Path) -> State | None:
    """Read what a finished round left; None where nothing is left."""
    if not (folder / FILE).is_file():
        return None
    with np.load(folder / FILE) as kept:
        pool = Answers(kept["probabilities"], kept.get("features"), kept.get("draws"))
        return State(kept["labelled"], pool, kept["val"], float(kept["seconds"]))
