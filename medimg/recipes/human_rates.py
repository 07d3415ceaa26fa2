"""Verdicts of people on judged films, counted beside ours on the same films: what the report of chest films shows."""

from pathlib import Path

from medimg.errors import ManifestError
from medimg.evaluate.human_labels import FAIL, UNSURE, read_labels
from medimg.evaluate.raters import verdicts
from medimg.recipes.films.results import JUDGED, items_of, verdicts_on
from medimg.report.quality.people import Beside


def human_rates(out: Path, labels: Path) -> dict[str, list[Beside]]:
    """Item (film, group or rule id) -> each reader's fails and ours on the films that both judged.

    Raises ManifestError where the labels are at fault, or none of them is of a film of this folder.
    """
    told = read_labels(labels, items_of(out))
    ours = verdicts_on(out, {*told["film"], *told["study"]} - {""})
    if ours.empty:
        raise ManifestError(f"labels {labels}: none is of a film or study of {out.name}. Write the ids that its films.csv has.")
    found, _ = verdicts(told, ours.assign(patient=ours["study"]))
    both = found[(found["verdict"] != UNSURE) & found["ours"].isin(JUDGED)]
    rates: dict[str, list[Beside]] = {}
    for (item, reader), part in both.groupby(["item", "reader"], sort=True):
        counts = len(part), int((part["verdict"] == FAIL).sum()), int((part["ours"] == FAIL).sum())
        rates.setdefault(str(item), []).append(Beside(str(reader), *counts))
    return rates
