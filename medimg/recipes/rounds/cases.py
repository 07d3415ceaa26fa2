"""The table of cases that a round's model was judged on: who they are, what is true, the probability of every class."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from medimg.io.files import write_atomically
from medimg.recipes.parts.said import Floats


def write_cases(path: Path, rows: pd.DataFrame, probabilities: Floats, classes: Sequence[str]) -> None:
    """Write rows (id, patient, site, label) with p_<class> of their (N, K) probabilities, nine digits, whole or not at all."""
    table = rows[["id", "patient", "site", "label"]].assign(**{f"p_{name}": probabilities[:, k] for k, name in enumerate(classes)})
    write_atomically(path, table.to_csv(index=False, float_format="%.9g").encode())
