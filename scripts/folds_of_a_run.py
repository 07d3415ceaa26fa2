"""A finished run's pictures, labels and folds as tensors, and answers of another method beside it: shared by the loops that train it again.

Not a command. Networks of one member a fold and two classes.
"""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
import yaml

from medimg.data.cache import PictureCache
from medimg.data.prepare import Prepare
from medimg.evaluate import evaluate


@dataclass(frozen=True)
class Cases:
    """Settings, machine and table of cases of a run; pictures (N, channels, size, size) and labels (N,) in the order of the cases."""

    config: dict
    machine: dict
    table: pd.DataFrame
    classes: list[str]
    image: torch.Tensor
    label: torch.Tensor


def read_cases(run):
    config = yaml.safe_load((run / "config.yaml").read_text())
    machine = json.loads((run / "environment.json").read_text())["machine"]
    table = pd.read_csv(run / "cases.csv", dtype=str, keep_default_na=False)
    classes = json.loads((run / "evaluation.json").read_text())["classes"]
    data = config["data"]
    cache = PictureCache(Prepare(data["size"], data["normalise"], data["crop"], data["field_mm"]))
    image = torch.from_numpy(np.array(cache.pictures()[cache.rows_of(list(table["id"]))]))[:, None]
    label = torch.tensor((table["label"] == classes[1]).to_numpy(), dtype=torch.float32)
    return Cases(config, machine, table, classes, image.repeat(1, config["model"]["channels"], 1, 1), label)


def folds(run, cases, only_folds=None, only_seeds=None):
    """Yield seed, fold, {part: rows of the cases} and the run's own test table, in the run's order; only labelled rows are given."""
    split = pd.read_csv(run / "split.csv", dtype={"id": str})
    place = {name: k for k, (name, label) in enumerate(zip(cases.table["id"], cases.table["label"], strict=True)) if label}
    for (seed, fold), ours in pd.read_csv(run / "predictions" / "test.csv", dtype={"id": str}).groupby(["seed", "fold"]):
        if (only_folds and fold not in only_folds) or (only_seeds and seed not in only_seeds):
            continue
        own = split[(split["fold"] == fold) & (split["member"] == 0)]
        rows = {name: sorted(place[row] for row in own["id"][own["part"] == name] if row in place) for name in ("train", "val", "test")}
        yield int(seed), int(fold), {name: torch.tensor(part) for name, part in rows.items()}, ours


def answers(facts, classes, probability, seed, fold):
    """Give rows of a per-case table: `facts` holds id, patient, site, label; probabilities are of the second class."""
    columns = {f"p_{classes[0]}": 1 - probability, f"p_{classes[1]}": probability}
    return facts[["id", "patient", "site", "label"]].assign(seed=seed, fold=fold, member=0, **columns)


def judge_beside(run, folder, told):
    """Write {part: [tables]} as a folder that `evaluate` and `compare` can use, asked what the run was asked; gives its metrics."""
    (folder / "predictions").mkdir(parents=True, exist_ok=True)
    for part, tables in told.items():
        pd.concat(tables).to_csv(folder / "predictions" / f"{part}.csv", index=False)
    for name in ("cases.csv", "evaluation.json"):
        (folder / name).write_bytes((run / name).read_bytes())
    return evaluate(folder)
