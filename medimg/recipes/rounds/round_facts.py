"""What the stop rules may know of a round: entropies of the open pool, answers on a fixed set, limits of the validation score."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.active.lots import Lots
from medimg.active.stopping import Round, pool_entropy
from medimg.evaluate.draws import draw
from medimg.metrics import areas_draws
from medimg.recipes.parts.said import Answers, Floats

STOP_SET = 2000  # images whose answers are compared from round to round
DRAWS = 500  # of validation patients


@dataclass(frozen=True)
class Judges:
    """What a fold's rounds are judged by: rows of the stop set, validation rows and their (N, K) labels of 0 and 1."""

    stop_set: NDArray[np.intp]
    val: pd.DataFrame
    truth: Floats

    def facts(self, labels: int, unknown: NDArray[np.bool_], pool: Answers | None, val: Floats, before: Floats | None) -> Round:
        """Put together a round; `val` are its (N, K) validation probabilities, `before` those of the round before."""
        scores = self._scores(val)
        gains = None if before is None else scores - self._scores(before)
        high = pool_entropy(pool.probabilities[unknown]) if pool is not None and unknown.any() else None
        return Round(
            labels=labels, open=int(unknown.sum()), max_entropy=high[0] if high else None, high_entropy=high[1] if high else None,
            stop_set=pool.probabilities[self.stop_set].argmax(axis=1) if pool is not None else None,
            gain_high=_quantile(gains, 0.975), score_low=_quantile(scores, 0.025),
        )  # fmt: skip

    def _scores(self, val: Floats) -> Floats:
        """AUROC, mean over classes, of each draw of validation patients: (500,), NaN where it is undefined."""
        drawn = draw(self.val.assign(fold=0), DRAWS, seed=0)
        columns = [1] if self.truth.shape[1] == 2 else range(self.truth.shape[1])
        unit = drawn.columns(self.val["patient"])
        areas = [areas_draws(self.truth[:, k] > 0.5, val[:, k], drawn.weights, unit)[0] for k in columns if 0 < self.truth[:, k].mean() < 1]
        return np.mean(areas, axis=0) if areas else np.full(DRAWS, np.nan)


def stop_set(pool: pd.DataFrame, lots: Lots) -> NDArray[np.intp]:
    """Draw the images of the pool whose answers are compared, at most 2,000: their rows."""
    return np.sort(np.argsort(lots.codes(pool["id"]), kind="stable")[:STOP_SET])


def _quantile(values: Floats | None, share: float) -> float | None:
    known = np.empty(0) if values is None else values[np.isfinite(values)]
    return float(np.quantile(known, share)) if len(known) else None
