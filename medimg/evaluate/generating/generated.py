"""Judges generated pictures group by group beside the real ones: copies of patients, likeness, and whether the signs are there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from medimg.evaluate.files import write_table
from medimg.evaluate.generating.likeness import kid, recognised, spread, standardised
from medimg.evaluate.generating.nearest import SHARE, SURPRISE, beyond_chance, blurred, copies, neighbours
from medimg.evaluate.generating.spaces import Pictures, Space, spaces_of
from medimg.metrics import Array, Flags, Undefined

Row = dict[str, Any]
COLUMNS = [
    "group", "real", "patients", "generated", "nearest_pixel_median", "real_pixel_median", "memorised_pixel", "chance_pixel",
    "nearest_feature_median", "real_feature_median", "memorised_feature", "chance_feature", "expected_by_chance",
    "kid", "kid_low", "kid_high", "kid_real", "kid_real_high", "density", "coverage", "coverage_real", "recognised", "recognised_real",
    "reason",
]  # fmt: skip
CHANCES = {"chance_pixel": "beyond_chance_pixel", "chance_feature": "beyond_chance_feature"}
BEYOND = (
    f"Beyond chance: at a chance below {SURPRISE:g}, shared out over all groups, seeds, folds and both spaces of the run; generated images "
    "are taken for independent of one another, which those of one generator are not quite."
)
FOUND = ["id", "group", "space", "nearest", "distance", "ratio", "limit", "chance"]


def judge_generated(
    real: Pictures,
    validation: Pictures,
    generated: Pictures,
    classes: list[str],
    *,
    skipped: Mapping[str, str] | None = None,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge the generated pictures of one generator: a row a group (`COLUMNS`), and a row a memorised picture and space (`FOUND`).

    `real` are the pictures of the training part that the generator saw, all groups; of the real `validation` pictures only groups and
    probabilities are read. `skipped` groups have a reason and no generated pictures. Where a measure does not exist its columns are empty
    and `reason` says why.
    """
    spaces, rows, found = spaces_of(real), list[Row](), list[Row]()
    for group in _ordered({*real.groups, *generated.groups, *(skipped or {})}, classes):
        here, made = real.of(group), generated.of(group)
        row: Row = {"group": group, "real": len(here.ids), "patients": len(set(here.patients)), "generated": len(made.ids)}
        if len(made.ids):
            row |= _judge(spaces, real, made, validation.of(group), classes, seed)
            found += [copy | {"id": made.ids[copy["id"]], "nearest": real.ids[copy["nearest"]]} for copy in row.pop("copies")]
        else:
            row["reason"] = (skipped or {}).get(group, "no images were generated")
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(found, columns=FOUND)


def _ordered(groups: set[str], classes: list[str]) -> list[str]:
    """Single signs in the order of the classes, then sets of several; what is none of the classes comes last."""
    place = {name: k for k, name in enumerate(classes)}
    return sorted(groups, key=lambda group: (group.count("|"), [place.get(sign, len(place)) for sign in group.split("|")], group))


def _judge(spaces: list[Space], real: Pictures, made: Pictures, validation: Pictures, classes: list[str], seed: int) -> Row:
    """Columns of one group of generated pictures; under `copies` its rows of memorised ones, `id` and `nearest` still places, not ids."""
    group = str(made.groups[0])
    here, members = real.of(group), real.groups == group
    seen = {"pixel": blurred(made.pixels), "feature": standardised(made.features, real.features)}
    parts = [_memorised(space, seen[space.name], members) for space in spaces]
    parts += [_likeness(seen["feature"], standardised(here.features, real.features), here.patients, seed)]
    parts += [_signs(made, validation, classes)]
    found = [copy | {"group": group} for part in parts for copy in part.pop("copies", [])]
    reasons = dict.fromkeys(reason for part in parts if (reason := part.pop("reason", "")))
    row = {key: value for part in parts for key, value in part.items()}
    return row | {"reason": "; ".join(reasons), "copies": found}


def _memorised(space: Space, seen: Array, members: Flags) -> Row:
    """Copies in one space; the reference is what all real pictures have among themselves, the medians are those of the group."""
    near = neighbours(space.distances, seen, space.real, space.patients)
    if isinstance(near, Undefined) or isinstance(space.among, Undefined):
        return {"reason": f"memorised: {near.reason if isinstance(near, Undefined) else 'no real images'}"}
    judged = copies(near, space.among)
    if isinstance(judged, Undefined):
        return {"reason": f"memorised: {judged.reason}"}
    found = [
        {"id": n, "space": space.name, "nearest": near.row[n], "distance": near.distance[n], "ratio": near.ratio[n]}
        | {"limit": judged.limit, "chance": judged.chance[n]}
        for n in judged.found
    ]
    row: Row = {f"memorised_{space.name}": len(found), "expected_by_chance": judged.expected, "copies": found}
    row[f"chance_{space.name}"] = judged.surprise
    row |= {f"nearest_{space.name}_median": float(np.median(near.distance))}
    return row | ({f"real_{space.name}_median": float(np.median(space.among.distance[members]))} if members.any() else {})


def _likeness(generated: Array, real: Array, patients: ArrayLike, seed: int) -> Row:
    apart, wide = kid(generated, real, patients, seed=seed), spread(generated, real, patients, seed=seed)
    row: Row = {}
    reasons = [f"{name}: {value.reason}" for name, value in (("KID", apart), ("coverage", wide)) if isinstance(value, Undefined)]
    if not isinstance(apart, Undefined):
        row |= {"kid": apart.estimate, "kid_low": apart.low, "kid_high": apart.high}
        row |= {"kid_real": apart.real, "kid_real_high": apart.real_high}
    if not isinstance(wide, Undefined):
        row |= {"density": wide.density, "coverage": wide.coverage, "coverage_real": wide.equal}
    return row | {"reason": "; ".join(reasons)}


def _signs(generated: Pictures, validation: Pictures, classes: list[str]) -> Row:
    wanted = set(str(generated.groups[0]).split("|"))
    if unknown := wanted - set(classes):
        return {"reason": f"recognised: the network does not know {', '.join(sorted(unknown))}"}
    flags = [name in wanted for name in classes]
    row: Row = {"recognised": float(recognised(generated.probabilities, flags).mean())}
    if not len(validation.ids):
        return row | {"reason": "recognised, real: no validation image of the group"}
    return row | {"recognised_real": float(recognised(validation.probabilities, flags).mean())}


def warned(table: pd.DataFrame) -> pd.DataFrame:
    """Say of all rows of a run, in each space, whether more pictures repeat a patient than by chance; empty where that was not judged."""
    chances = table.reindex(columns=list(CHANCES)).astype(float)
    known = chances.notna().to_numpy()
    told = np.full(chances.shape, None, dtype=object)
    told[known] = beyond_chance(chances.to_numpy()[known])
    for k, (chance, name) in enumerate(CHANCES.items()):
        if chance in table:
            table = table.assign(**{name: told[:, k]})
    return table


def write_generated(run: Path, table: pd.DataFrame, memorised: pd.DataFrame) -> None:
    """Write tables/generated and tables/memorised of a run; rows of several folds may stand below each other, told apart by columns."""
    note = f"Memorised: much nearer to one patient than to any other; by chance {SHARE:.1%} of images would be, in each space. {BEYOND}"
    write_table(run / "tables", "generated", warned(table), "Generated images beside real ones of the training part", note)
    none = "" if len(memorised) else "None was found."
    write_table(run / "tables", "memorised", memorised, "Generated images that repeat a training image", none)
