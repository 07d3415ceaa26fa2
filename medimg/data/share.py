"""A training part made smaller on purpose: what fewer patients are worth, with validation and test as they were."""

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
    people["draw"] = [hashlib.sha256(f"{seed}/share/{first}".encode()).hexdigest() for first in people["first"]]
    taught = split[split["part"] == "train"].merge(rows[["id", "patient"]], on="id")
    jobs = taught[["fold", "member", "patient"]].drop_duplicates().join(people, on="patient").sort_values("draw")
    groups = jobs.groupby(["fold", "member", "labels"])["patient"]
    dropped = jobs[groups.cumcount() >= share * groups.transform("size")]
    keys = ["fold", "member", "id"]
    unused = pd.MultiIndex.from_frame(taught.merge(dropped[["fold", "member", "patient"]])[keys])
    return split.assign(part=split["part"].mask(pd.MultiIndex.from_frame(split[keys]).isin(unused), UNUSED))
