"""Parts made smaller on purpose: fewer training patients, or no more for validation than its labels are worth."""

import hashlib

import pandas as pd

from medimg.data.split import UNUSED


def keep_share(rows: pd.DataFrame, split: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Keep a share of each fold's training patients, of each set of labels at least one; the others' part becomes `unused`.

    Patients stand in an order drawn from the seed and their smallest row id, so those of a smaller share are among those of a larger one.
    """
    if share == 1:
        return split
    people = rows.groupby("patient").agg(first=("id", "min"), labels=("label", lambda labels: "\n".join(sorted(set(labels)))))
    people["draw"] = _drawn(people["first"], f"{seed}/share")
    taught = split[split["part"] == "train"].merge(rows[["id", "patient"]], on="id")
    jobs = taught[["fold", "member", "patient"]].drop_duplicates().join(people, on="patient").sort_values("draw")
    groups = jobs.groupby(["fold", "member", "labels"])["patient"]
    dropped = jobs[groups.cumcount() >= share * groups.transform("size")]
    keys = ["fold", "member", "id"]
    unused = pd.MultiIndex.from_frame(taught.merge(dropped[["fold", "member", "patient"]])[keys])
    return split.assign(part=split["part"].mask(pd.MultiIndex.from_frame(split[keys]).isin(unused), UNUSED))


def keep_val(rows: pd.DataFrame, split: pd.DataFrame, images: int | None, seed: int) -> pd.DataFrame:
    """Keep for validation, of each fold, whole patients until they have at least so many images; the others train. None: all stay.

    Patients stand in an order drawn from the seed and their smallest row id, so those of a smaller number are among those of a larger.
    """
    if images is None:
        return split
    people = rows.groupby("patient").agg(first=("id", "min"))
    people["draw"] = _drawn(people["first"], f"{seed}/val_images")
    keys = ["fold", "member", "id"]
    judged = split[split["part"] == "val"].merge(rows[["id", "patient"]], on="id")
    sizes = judged.groupby(["fold", "member", "patient"]).size().rename("images").reset_index()
    sizes = sizes.join(people["draw"], on="patient").sort_values("draw")
    before = sizes.groupby(["fold", "member"])["images"].cumsum() - sizes["images"]
    freed = judged.merge(sizes[before >= images][["fold", "member", "patient"]])[keys]
    return split.assign(part=split["part"].mask(pd.MultiIndex.from_frame(split[keys]).isin(pd.MultiIndex.from_frame(freed)), "train"))


def _drawn(firsts: "pd.Series[str]", salt: str) -> list[str]:
    return [hashlib.sha256(f"{salt}/{first}".encode()).hexdigest() for first in firsts]
