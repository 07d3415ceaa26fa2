"""Mean of a network over sequences, whose patients are drawn once for all of them. Not a command; see brain_tables.py."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from brain_cells import Cell

from medimg.evaluate.cases import Cases
from medimg.evaluate.compare import judged
from medimg.evaluate.draws import draw
from medimg.evaluate.intervals import Interval, Sampled, interval
from medimg.evaluate.measures import Key
from medimg.evaluate.rows import see, support

Row = dict[str, float | None]
APART = Interval(None, None, "no interval: a patient is tested in several folds")


@dataclass(frozen=True)
class Joint:
    """One level of the runs of a network on several sequences, to be measured together."""

    parts: list[Cases]

    def rows(self, metrics: tuple[str, ...]) -> dict[str, Row]:
        """Give the mean over sequences of each measure with its interval; empty where a run has none, no limits where folds differ."""
        frame = pd.concat([part.frame for part in self.parts], ignore_index=True)
        together = frame.groupby("patient")["fold"].nunique().max() == 1
        drawn = draw(frame, self.parts[0].question.draws, self.parts[0].question.seed)
        seen = [see(part, drawn, over_folds=True) for part in self.parts]
        found: dict[str, Row] = {}
        for key in map(Key, metrics):
            own = [one[key] for one in seen if key in one and not one[key].reason]
            if len(own) < len(self.parts):
                found[key.metric] = {}
                continue
            means = {item.name: np.mean([getattr(one.sampled, item.name) for one in own], axis=0) for item in fields(Sampled)}
            sampled = Sampled(**means | {"estimate": float(means["estimate"])})
            least = min((support(part, key) for part in self.parts), key=lambda one: one.patients)
            limits = interval(key.metric, sampled, least, lonely=drawn.lonely) if together else APART
            found[key.metric] = {"estimate": sampled.estimate, "low": limits.low, "high": limits.high}
        return found


def joint_rows(cells: list[Cell], metrics: tuple[str, ...]) -> dict[str, dict[str, Row]]:
    """Give the rows of the runs of one network by level; a level that a run lacks is left out."""
    by_level = [judged(cell.run) for cell in cells]
    return {level: Joint([one[level] for one in by_level]).rows(metrics) for level in by_level[0] if all(level in one for one in by_level)}
