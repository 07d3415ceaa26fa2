"""What the training stages wrote down, epoch by epoch."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from medimg.report.folder import Json
from medimg.report.table import Cell, Table, count_cell, drop_empty, name_cell
from medimg.report.words import finite, number, words
from medimg.words import metric_name

START = "start kept"
MARKED = ("seed", "fold", "member")
MARKS = re.compile(rf"_({'|'.join(MARKED)})(\d+)")
JUDGE = "7_by_"
TITLES = {
    "6_single": "first phase", "2_dcgan": "drawing, all", "4_srgan": "enlarging", "5_extend": "images drawn",
    f"{JUDGE}real": "judge taught by real images", f"{JUDGE}generated": "judge taught by generated images",
    f"{JUDGE}both": "judge taught by real and generated images", "8_judged": "generated images judged", "9_montages": "montages",
}  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """One stage folder: its kind (train, 2_dcgan ...), its seed, fold and member, its epochs, whether it is done, and its title.

    `start` is the loss on validation of the state that training began with, where no epoch beat it and it was kept.
    """

    name: str
    kind: str
    marks: dict[str, int]
    epochs: pd.DataFrame
    done: bool
    start: float | None = None
    title: str = ""

    @property
    def draws(self) -> bool:
        """Whether it trained networks that draw, whose rows are counted in steps."""
        return "train/generator" in self.epochs

    @property
    def judges(self) -> bool:
        """Whether it trained a small network only to judge generated images by."""
        return self.kind.startswith(JUDGE)

    @property
    def order(self) -> int:
        """The number the folder starts with."""
        head = self.name.split("_", 1)[0]
        return int(head) if head.isdigit() else 0


def read_stages(run: Path) -> list[Stage]:
    """Every stage folder of a run in order, those without a progress file included."""
    folders = [folder for folder in (run / "stages").glob("*") if folder.is_dir()] if (run / "stages").is_dir() else []
    return sorted((_stage(folder) for folder in folders), key=_place)


def _place(stage: Stage) -> tuple[int, str]:
    """Where a stage stands: by the numbers in its name; judges in the order of `TITLES`, as wherever they are compared."""
    known = stage.judges and stage.kind in TITLES
    return stage.order, stage.name.replace(stage.kind, f"{JUDGE}{[*TITLES].index(stage.kind)}") if known else stage.name


def _stage(folder: Path) -> Stage:
    marks = {name: int(value) for name, value in MARKS.findall(folder.name)}
    kind = MARKS.sub("", re.sub(r"^\d+_", "", folder.name))
    best, done = _best(folder / "best.json"), (folder / "done.json").exists()
    start = finite(best.get("val/loss")) if best.get("step") == 0 else None  # the loss of a best state of step 0: that of the start
    return Stage(folder.name, kind, marks, _epochs(folder / "progress.jsonl"), done, start, _title(folder, kind, best))


def _title(folder: Path, kind: str, best: Json) -> str:
    """What a stage did, in words: a generator says itself of which set of labels it is, a training may be the second one."""
    second = kind == "train" and folder.with_name(f"0_6_single_{folder.name.split('_', 2)[-1]}").is_dir()
    named = "second phase" if second else TITLES.get(kind, re.sub(r"^\d+_dcgan", "drawing, set ", kind))
    return words(str(best.get("told") or named))


def _best(path: Path) -> Json:
    try:
        best = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return best if isinstance(best, dict) else {}


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


def stages_table(stages: list[Stage]) -> Table:
    """One line per training stage: how long, how far, and the epoch of least validation loss, which is the one that is kept.

    Where no epoch beat the state that training began with, that state was kept, and the line says so. Of generators the steps are told.
    """
    measured = [
        name
        for name in measures([stage for stage in stages if not stage.draws])
        if name != "loss" and any(f"val/{name}" in stage.epochs for stage in stages)
    ][:2]
    columns = ["val/loss", *(f"val/{name}" for name in measured)]
    several = {name for name in MARKED if len({stage.marks.get(name) for stage in stages if stage.marks}) > 1}
    lines = []
    for stage in stages:
        if stage.epochs.empty and stage.done:
            continue
        where = ", ".join(f"{name} {value}" for name, value in stage.marks.items() if name in several) or "–"
        state = Cell("finished", look="good") if stage.done else Cell("not finished", look="bad")
        best = _at_start(stage.start, columns) if stage.start is not None else _at_best(stage.epochs, columns)
        far = Cell(f"{int(stage.epochs['step'].max()):,} steps", look="num") if stage.draws else count_cell(len(stage.epochs))
        lines.append([name_cell(stage.title), name_cell(where), state, far, *best, *_pace(stage.epochs)])
    names = [f"{metric_name(name)} there" for name in ("validation loss", *measured)]
    head = ["Stage", "Part", "State", "Epochs", "Best epoch", *names, "Minutes", "Images/s"]
    note = f"{START}: no epoch was better on validation than the state that the stage began with, so that state was kept."
    return drop_empty(Table("Training stages", head, lines, note if any(stage.start is not None for stage in stages) else ""))


def _at_start(loss: float, columns: list[str]) -> list[Cell]:
    """The start instead of an epoch, with its loss; it has no other measures."""
    return [Cell(START, look="num"), Cell(number(loss), look="num"), *[Cell("–", look="num dim")] * (len(columns) - 1)]


def _at_best(epochs: pd.DataFrame, columns: list[str]) -> list[Cell]:
    """The epoch of least validation loss, counted from 1, and the measures there."""
    loss = epochs["val/loss"].to_numpy(dtype=float) if "val/loss" in epochs else np.array([])
    if not np.isfinite(loss).any():
        return [Cell("–", look="num dim")] * (1 + len(columns))
    row = epochs.iloc[int(np.nanargmin(loss))]
    return [count_cell(int(row["epoch"]) + 1), *(Cell(number(float(row[name])) if name in row else "–", look="num") for name in columns)]


def _pace(epochs: pd.DataFrame) -> list[Cell]:
    minutes = float(epochs["seconds"].sum()) / 60 if "seconds" in epochs else None
    speed = float(epochs["images_per_s"].median()) if "images_per_s" in epochs else None
    return [Cell(number(minutes, 1), look="num"), Cell(number(speed, 0), look="num")]
