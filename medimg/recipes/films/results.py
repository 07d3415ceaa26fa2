"""A results folder read again: its tables film by film, and its verdicts on the films that people have labelled."""

import csv
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pandas as pd

from medimg.errors import RunError
from medimg.evaluate.human_labels import WHOLE
from medimg.qc.rules import GROUPS
from medimg.recipes.films.store import Store

JUDGED = ("pass", "warn", "fail")


def rows(out: Path, name: str) -> Iterator[Mapping[str, str]]:
    """Rows of films.csv, rules.csv or studies.csv. Raises RunError where it is not there."""
    path = out / f"{name}.csv"
    if not path.is_file():
        raise RunError(f"out={out.name}: there is no {name}.csv. Run medimg qc run, or check the path.")
    with path.open(newline="", encoding="utf-8-sig") as stream:
        yield from csv.DictReader(stream)


def patients(out: Path) -> dict[str, str]:
    """Hashed patient of every film, which no table tells. Raises RunError where qc.sqlite is not there."""
    if not (out / "qc.sqlite").is_file():
        raise RunError(f"out={out.name}: no results of medimg qc run are there. Check the path.")
    with Store(out / "qc.sqlite") as store:
        query = "SELECT kept.film, files.patient FROM kept JOIN files ON files.rowid = kept.file"
        return {film: patient or film for film, patient in store.table.execute(query)}


def items_of(out: Path) -> list[str]:
    """What a reader may have labelled: the groups, and the rules that the folder was judged by. Raises RunError without rules.json."""
    try:
        rules = json.loads((out / "rules.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise RunError(f"out={out.name}: rules.json is missing or damaged. Check the path, or judge again: medimg qc rejudge.") from None
    return [*GROUPS, *(rule["id"] for rule in rules)]


def verdicts_on(out: Path, named: Collection[str]) -> pd.DataFrame:
    """Our verdicts on the films and studies that are named: film ("" where it is the study's own), study, item, verdict, value or NaN."""
    found, studies = list[tuple[str, str, str, str, float]](), dict[str, str]()
    whole = ((WHOLE, "verdict"), *((group, group) for group in GROUPS))
    for row in rows(out, "films"):
        if row["film"] in named or row["study"] in named:
            studies[row["film"]] = row["study"]
            found += [(row["film"], row["study"], item, row[column], float("nan")) for item, column in whole]
    for row in rows(out, "studies"):
        if row["study"] in named:
            found += [("", row["study"], item, row[column], float("nan")) for item, column in whole]
    for row in rows(out, "rules"):
        of_study = row["film"] in named and row["film"] not in studies
        if row["rule"] and (of_study or row["film"] in studies):
            film, study = ("", row["film"]) if of_study else (row["film"], studies[row["film"]])
            found.append((film, study, row["rule"], row["verdict"], float(row["value"]) if row["value"] else float("nan")))
    return pd.DataFrame(found, columns=["film", "study", "item", "verdict", "value"])
