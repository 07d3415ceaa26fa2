"""What the training stages wrote down, epoch by epoch."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from medimg.report.table import Cell, Table, count_cell, name_cell
from medimg.report.words import metric_name, number, words

MARKS = re.compile(r"_(seed|fold|member)(\d+)")
LOWER_IS_BETTER = {"loss", "brier", "ece"}


@dataclass(frozen=True)
class Stage:
    """One stage folder: its kind (train, gan, finetune ...), its seed, fold and member, its epochs, and whether it is done."""

    name: str
    kind: str
    marks: dict[str, int]
    epochs: pd.DataFrame
    done: bool

    @property
    def order(self) -> int:
        """The number the folder starts with."""
        head = self.name.split("_", 1)[0]
        return int(head) if head.isdigit() else 0


def read_stages(run: Path) -> list[Stage]:
    """Every stage folder of a run in order, those without a progress file included."""
    folders = [folder for folder in (run / "stages").glob("*") if folder.is_dir()] if (run / "stages").is_dir() else []
    return sorted((_stage(folder) for folder in folders), key=lambda stage: (stage.order, stage.name))


def _stage(folder: Path) -> Stage:
    marks = {name: int(value) for name, value in MARKS.findall(folder.name)}
    kind = MARKS.sub("", re.sub(r"^\d+_", "", folder.name))
    return Stage(folder.name, kind, marks, _epochs(folder / "progress.jsonl"), (folder / "done.json").exists())


def _epochs(path: Path) -> pd.DataFrame:
    lines = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []:
        try:
            entry = json.loads(line)  # a killed process can leave half a line
        except ValueError:
            continue
        if isinstance(entry, dict) and "epoch" in entry:
            lines.append(entry)
    table = pd.DataFrame(lines)
    return table if table.empty else table.drop_duplicates("epoch", keep="last").sort_values("epoch").reset_index(drop=True)


def measures(stages: list[Stage]) -> list[str]:
    """The measures that the epochs hold, the losses first: loss, auroc ..."""
    names = {column.split("/", 1)[1] for stage in stages for column in stage.epochs.columns if "/" in column}
    return sorted(names, key=lambda name: ("loss" not in name, name))


def stages_table(stages: list[Stage], monitor: str) -> Table:
    """One line per training stage: how long, how far, and the best epoch by the monitored measure."""
    lines = []
    for stage in stages:
        if stage.epochs.empty and stage.done:
            continue
        where = ", ".join(f"{name} {value}" for name, value in stage.marks.items()) or "–"
        state = Cell("finished", look="good") if stage.done else Cell("not finished", look="bad")
        lines.append([name_cell(words(stage.kind)), name_cell(where), state, count_cell(len(stage.epochs)), *_best(stage.epochs, monitor)])
    head = ["Stage", "Part", "State", "Epochs", "Best epoch", f"Best {metric_name(monitor.split('/')[-1])}", "Minutes", "Images/s"]
    return Table("Training stages", head, lines)


def _best(epochs: pd.DataFrame, monitor: str) -> list[Cell]:
    if epochs.empty:
        return [Cell("–", look="num dim")] * 4
    value, at = Cell("–", look="num dim"), Cell("–", look="num dim")
    column = monitor if monitor in epochs else "val/loss"
    values = epochs[column].to_numpy(dtype=float) if column in epochs else np.array([])
    if np.isfinite(values).any():
        best = int(np.nanargmin(values) if column.split("/")[-1] in LOWER_IS_BETTER else np.nanargmax(values))
        at = count_cell(int(epochs["epoch"].iloc[best]) + 1)
        value = Cell(number(float(values[best])), "" if column == monitor else "loss", "num")
    seconds = float(epochs["seconds"].sum()) if "seconds" in epochs else None
    speed = float(epochs["images_per_s"].median()) if "images_per_s" in epochs else None
    return [at, value, Cell(number(seconds / 60 if seconds else None, 1), look="num"), Cell(number(speed, 0), look="num")]
