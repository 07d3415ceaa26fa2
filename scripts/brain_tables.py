"""Tables 3 to 7, transfer, paired differences and figure 5 from the cells that are done. Not a command.

A further table: a function of the cells that gives headed lines, named in `TABLES`.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from brain_cells import BACKBONES, OTHERS, SEQUENCES, Cell
from brain_means import joint_rows
from cells import Lines, table
from matplotlib.figure import Figure
from paired import difference_rows, row_of, shared_rows, shown, told

from medimg.run.folder import stored_settings

mpl.use("Agg")
COLOURS = {"alexnet": "#0072b2", "resnet50": "#d55e00", "inception_v3": "#009e73"}
MEASURES = ("accuracy", "auroc", "f1")
PAPER = {  # accuracy, AUC, F1 as printed, in shares of one
    "FLAIR": {"alexnet": (0.7853, 0.86, 0.7843), "resnet50": (0.823, 0.94, 0.8622), "inception_v3": (0.8464, 0.91, 0.8481)},
    "T1CE": {"alexnet": (0.9282, 0.95, 0.9283), "resnet50": (0.9412, 0.97, 0.9423), "inception_v3": (0.9508, 0.98, 0.9508)},
    "T2": {"alexnet": (0.8122, 0.89, 0.8123), "resnet50": (0.8975, 0.95, 0.8982), "inception_v3": (0.8967, 0.95, 0.898)},
    "mean": {
        "alexnet": (0.8419, 0.90, 0.8413), "resnet50": (0.9009, 0.95, 0.9006), "inception_v3": (0.8980, 0.95, 0.8986),
        "cnn_head_neck": (0.8479, 0.90, 0.8433), "cnn_parkinson": (0.8239, 0.88, 0.8186), "capsnet": (0.8556, 0.91, 0.855),
        "cnn_f": (0.8341, 0.89, 0.8263), "reader 1": (0.8182, 0.89, 0.7322), "reader 2": (0.7333, 0.77, 0.6072),
    },
}  # fmt: skip
PAPER_SIZE, PAPER_EPOCHS = 224, 50
NAMES = {"accuracy": "accuracy", "auroc": "AUROC", "f1": "F1"}
UNSHOWN = ", not shown better than guessing"
HEADER = """Ours: mean over folds with 95 % interval (patients drawn); the paper gives none. The two cannot be subtracted.
Accuracy and F1 are at the threshold of greatest sensitivity + specificity on validation, of readers at 0.5; the paper names no threshold.
F1 is ours of the positive class (the last one). The paper's lies so near its accuracy that it is rather a mean over classes: the two are
not the same measure. For means over sequences patients are drawn once for all of them. AUROC whose interval holds 0.5 is marked.
"""
LEVELS, UNITS = ("image", "patient"), ("slices", "patients")
UNMEASURED = "not measured: the weights must be fetched (--imagenet)"


def scratch(done: list[Cell]) -> list[Cell]:
    """The cells of tables 3 to 7."""
    return [cell for cell in done if cell.start == "scratch"]


def sequences(done: list[Cell]) -> dict[str, Lines]:
    """Tables 3 to 5: slices as the paper counts, patients beside."""
    found = {}
    for number, sequence in enumerate(SEQUENCES, start=3):
        own = [cell for cell in scratch(done) if cell.sequence == sequence and cell.network in BACKBONES]
        found[f"Table {number}: {sequence}"] = [_beside_paper(cell) for cell in own]
    return found


def _beside_paper(cell: Cell) -> dict[str, object]:
    line: dict[str, object] = {"network": cell.network, "sequences": cell.sequence}
    for metric, printed in zip(MEASURES, PAPER[cell.sequence].get(cell.network, (None,) * 3), strict=True):
        name = NAMES[metric]
        line[f"{name}, paper"], line[f"{name}, slices"] = _printed(printed), measured(cell, metric)
        line[f"{name}, patients"] = measured(cell, metric, "patient")
    return line


def measured(cell: Cell, metric: str, level: str = "image") -> str:
    """Write a measure of a run with its interval; of an AUROC, whether that holds guessing."""
    return _marked(row_of(cell.run, metric, level), metric)


def _marked(row: dict[str, Any], metric: str) -> str:
    guess = metric == "auroc" and row.get("low") is not None and row["low"] <= 0.5
    return shown(row) + (UNSHOWN if guess else "")


def _printed(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def readers_beside(done: list[Cell]) -> dict[str, Lines]:
    """Table 6: backbones, and whoever is no network, on each sequence that was read and in the mean over them."""
    people = list(dict.fromkeys(cell.network for cell in done if cell.network not in (*BACKBONES, *OTHERS)))
    lines: Lines = [_beside_paper(cell) for name in people for cell in scratch(done) if cell.network == name]
    return {
        "Table 6: readers beside the networks (these on each sequence: tables 3 to 5)": lines + means(scratch(done), (*BACKBONES, *people))
    }


def other_methods(done: list[Cell]) -> dict[str, Lines]:
    """Table 7: each further network on each sequence, then its mean over them; the backbones stand in tables 3 to 6."""
    lines: Lines = []
    for name in OTHERS:
        lines += [_beside_paper(cell) for cell in scratch(done) if cell.network == name]
        lines += means(scratch(done), (name,))
    return {"Table 7: other methods on the same slices": lines}


def means(done: list[Cell], names: tuple[str, ...]) -> Lines:
    """Give a line of each name: the mean over the sequences that are done, where there are several."""
    lines = []
    for name in names:
        own = [cell for cell in done if cell.network == name]
        if len(own) < 2:
            continue
        line: dict[str, object] = {"network": name, "sequences": f"mean of {', '.join(cell.sequence for cell in own)}"}
        rows = joint_rows(own, MEASURES)
        for metric, printed in zip(MEASURES, PAPER["mean"].get(name, (None,) * 3), strict=True):
            line[f"{NAMES[metric]}, paper"] = _printed(printed)
            line |= {
                f"{NAMES[metric]}, {unit}": _marked(rows.get(level, {}).get(metric, {}), metric)
                for level, unit in zip(LEVELS, UNITS, strict=True)
            }
        lines.append(line)
    return lines


def transfer(done: list[Cell]) -> dict[str, Lines]:
    """Starts of one backbone beside the same from scratch, with paired differences."""
    lines: Lines = []
    for one in (cell for cell in done if cell.start == "scratch"):
        others = [cell for cell in done if (cell.sequence, cell.network) == (one.sequence, one.network) and cell.start != "scratch"]
        for cell in (one, *others) if others else ():
            lines.append(_start(cell, one))
        if others and not any(cell.start == "ImageNet" for cell in others):
            lines.append(
                {**dict.fromkeys(lines[-1], "–"), "sequence": one.sequence, "network": one.network, "start": f"ImageNet: {UNMEASURED}"}
            )
    return {"Transfer: what one backbone may start from": lines}


def _start(cell: Cell, blank: Cell) -> dict[str, object]:
    line: dict[str, object] = {"sequence": cell.sequence, "network": cell.network, "start": cell.start}
    minus = {row["level"]: told(row) for row in difference_rows(cell.run, blank.run, ["auroc"])} if cell != blank else {}
    for level, name in zip(LEVELS, UNITS, strict=True):
        line[f"AUROC, {name}"] = measured(cell, "auroc", level)
        line[f"minus scratch, {name}"] = minus.get(level, "–")
    return line


def differences(done: list[Cell]) -> dict[str, Lines]:
    """Each network from scratch minus ResNet-50, on the same slices with the same draws of patients."""
    lines: Lines = []
    for cell in scratch(done):
        other = next((c for c in scratch(done) if (c.sequence, c.network) == (cell.sequence, "resnet50")), None)
        if other is None or cell.network == "resnet50":
            continue
        line: dict[str, object] = {"sequence": cell.sequence, "AUROC minus resnet50": cell.network}
        reader = cell.network not in (*BACKBONES, *OTHERS)  # may not have read every slice
        rows = shared_rows(cell.run, other.run) if reader else difference_rows(cell.run, other.run, ["auroc"])
        minus = {row["level"]: told(row) + (f", on {row['n']} read by both" if reader else "") for row in rows}
        lines.append({**line, "slices": minus["image"], "patients": minus.get("patient", "–")})
    return {"Paired differences": lines}


def fusion(done: list[Cell]) -> dict[str, Lines]:
    """Sequences alone and together, what each set of them is worth to the fused networks, and whether fusion is better."""
    own = [cell for cell in done if cell.start in ("alone", "together")]
    lines: Lines = [{"sequences": cell.sequence, **{f"AUROC, {level}": measured(cell, "auroc", level) for level in LEVELS}} for cell in own]
    found = {"Fusion: each sequence alone, and together (by image: slices, or places)": lines}
    for cell in (cell for cell in own if cell.start == "together"):
        for name, heading in (("against", "Fusion minus each sequence alone, same patients"), ("fewer", "Fusion with sequences missing")):
            found[heading] = [dict(row) for row in _rounded(cell.run / "tables" / f"{name}.csv")]
        found["Verdict on fusion"] = [{"verdict": json.loads((cell.run / "metrics.json").read_text())["against"]}]
    return found


def _rounded(path: Path) -> Lines:
    rows = pd.read_csv(path).drop(columns=["method", "undefined", "aggregate"], errors="ignore").to_dict("records")
    return [{str(k): f"{v:.3f}" if isinstance(v, float) else v for k, v in row.items()} for row in rows]


TABLES: tuple[Callable[[list[Cell]], dict[str, Lines]], ...] = (sequences, readers_beside, other_methods, transfer, fusion, differences)


def figure_5(done: list[Cell], path: Path) -> None:
    """ROC curves of the backbones, a panel per sequence."""
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    for axis, sequence in zip(figure.subplots(1, 3), SEQUENCES, strict=True):
        axis.plot([0, 1], [0, 1], color="#767676", linestyle=":", linewidth=1, label="guessing")
        for cell in (cell for cell in scratch(done) if cell.sequence == sequence and cell.network in COLOURS):
            curve = pd.read_csv(cell.run / "tables" / "roc.csv")
            axis.plot(curve["fpr"], curve["tpr"], color=COLOURS[cell.network], label=f"{cell.network} {shown(row_of(cell.run, 'auroc'))}")
        axis.set(title=sequence, xlabel="1 - specificity", ylabel="sensitivity", aspect="equal")
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), fontsize=7, frameon=False)
    figure.savefig(path, dpi=200, bbox_inches="tight")


def sizes(done: list[Cell]) -> str:
    """Say size, epochs, slices and optimiser steps that each network was trained with, as its runs tell, and whether that is reduced."""
    found: dict[str, list[str]] = {}
    reduced = False
    for cell in scratch(done):
        settings = stored_settings(cell.run)
        size, epochs, limit = settings.data.size, settings.trainer.epochs, settings.data.limit
        share = settings.data.train_share
        reduced = reduced or size < PAPER_SIZE or epochs < PAPER_EPOCHS or limit is not None or share < 1
        what = f"{size} px, {epochs} {'epoch' if epochs == 1 else 'epochs'}" + (
            "" if limit is None else f", {limit} patients of the built-in cohort"
        )
        what += "" if share == 1 else f", {share:.0%} of the training patients"
        what += f", {len(pd.read_csv(cell.run / 'cases.csv')):,} slices{steps_of(cell.run)}"
        found.setdefault(what, []).append(f"{cell.sequence} {cell.network}")
    here = "; ".join(f"{what}: {', '.join(names)}" for what, names in found.items())
    word = "Reduced" if reduced else "Not reduced"
    return f"{word}; the paper had {PAPER_SIZE} px, {PAPER_EPOCHS} epochs, all patients. Here {here}.\n"


def steps_of(run: Path) -> str:
    """Say how many optimiser steps the networks of a run were trained for, from its stages; nothing where they are gone."""
    ends = {json.loads(path.read_text().splitlines()[-1])["step"] for path in run.glob("stages/*_train_seed*/progress.jsonl")}
    return f", {' to '.join(f'{step:,}' for step in sorted({min(ends), max(ends)}))} optimiser steps" if ends else ""


def write(out: Path, done: list[Cell], readers: list[Cell], built_in: bool) -> Path:
    """Write tables.md and figure_5.png; gives the former."""
    parts = ["# Tables of the encephalitis/glioma paper\n"]
    parts += ["Built-in cohort: shows the method, not medicine.\n"] if built_in else []
    parts.append(HEADER)
    parts += [sizes(done)] if scratch(done) else []
    for make in TABLES:
        for title, lines in make([*done, *(readers if make in (readers_beside, differences) else [])]).items():
            parts += [f"## {title}\n", table(lines), ""] if lines else []
    if not readers:
        parts.append("Human readers: not measured (--readers FILE).\n")
    path = out / "tables.md"
    path.write_text("\n".join(parts))
    figure_5(done, out / "figure_5.png")
    return path
