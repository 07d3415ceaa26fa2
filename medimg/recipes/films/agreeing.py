"""Our verdicts beside those of human readers, as tables."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from medimg.evaluate.human_labels import read_labels
from medimg.evaluate.raters import agree, measured, verdicts
from medimg.io.files import write_atomically
from medimg.recipes.films.options import AgreeOptions
from medimg.recipes.films.results import items_of, patients, verdicts_on


@dataclass(frozen=True)
class Agreement:
    """Rows of `raters.agree` and of `raters.measured`, and the ids of labels that name no film or study of the folder."""

    verdicts: list[dict[str, Any]]
    values: list[dict[str, Any]]
    lost: list[str]


def agree_with(options: AgreeOptions) -> Agreement:
    """Measure agreement; writes agreement.csv and, where readers measured something, bland_altman.csv into the folder.

    Groups and rules are those that the folder was judged by.
    """
    out = Path(options.out).absolute()
    labels = read_labels(Path(options.human), items_of(out))
    found, lost = verdicts(labels, _ours(out, {*labels["film"], *labels["study"]} - {""}))
    result = Agreement(agree(found, options.open), measured(found), lost)
    for name, table in (("agreement", result.verdicts), ("bland_altman", result.values)):
        if table:
            text = pd.DataFrame(table).to_csv(index=False, lineterminator="\n")
            write_atomically(out / f"{name}.csv", text.encode())
    return result


def _ours(out: Path, named: Collection[str]) -> pd.DataFrame:
    """Our verdicts with the patient of each film, and of a study that of its first film."""
    ours, owner = verdicts_on(out, named), patients(out)
    of_film = ours["film"].map(owner)
    first = of_film.groupby(ours["study"]).transform("first")
    return ours.assign(patient=of_film.where(ours["film"] != "", first))
