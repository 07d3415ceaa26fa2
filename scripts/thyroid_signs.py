"""Tables 1 and 2 of the thyroid paper: what ours says of each sign. Not a command."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from cells import Lines
from paired import row_of, shown
from thyroid_cells import Cell
from thyroid_paper import BEYOND, BY_SIGN, MEASURES, NAMES, RECOGNISED, TOTAL

from medimg.evaluate.cases import Cases
from medimg.evaluate.compare import judged
from medimg.metrics.printed import f1_is_beyond
from medimg.run.folder import stored_settings

MIXED = "the paper's rows hold its 100 images of two signs too, and it does not say which"
Counted = tuple[int, int, list[int]]  # images, patients, and how many of the images each seed names exactly


def of(done: Iterable[Cell], *tables: str) -> list[Cell]:
    """The cells of some tables."""
    return [cell for cell in done if cell.table in tables]


def seeds(cell: Cell) -> str:
    """Tell the seeds of a run."""
    every = stored_settings(cell.run).every_seed
    return f"{every[0]} (one seed)" if len(every) == 1 else ", ".join(map(str, every))


def signs(cell: Cell) -> list[str]:
    """The signs that a run tells."""
    return list(judged(cell.run)["image"].question.targets)


def recognised(done: list[Cell]) -> dict[str, Lines]:
    """Table 1: images whose signs are named exactly, by what they show, seed by seed."""
    found = {cell.label: _counted(judged(cell.run)["image"]) for cell in of(done, "ours")}
    lines: Lines = []
    for name in dict.fromkeys(name for each in found.values() for name in each):
        images, patients, _ = next(each[name] for each in found.values() if name in each)
        line: dict[str, object] = {"shown": name.replace("_", " "), "images": images, "patients": patients}
        line |= {f"{label}, named exactly": _told(each.get(name)) for label, each in found.items()}
        printed = TOTAL if name == "total" else RECOGNISED.get(name)
        lines.append(line | {"the paper": f"{printed[0]} of {printed[1]} ({100 * printed[0] / printed[1]:.1f} %)" if printed else "–"})
    return {f"Table 1: exactly the signs shown were named, no other, of the images shown (by seed); {MIXED}": lines}


def _counted(cases: Cases) -> dict[str, Counted]:
    """Count each set of signs, and all cases."""
    targets, right = cases.question.targets, (cases.truth == cases.decided).all(axis=1)
    names = np.array([" + ".join(name for name, yes in zip(targets, row, strict=True) if yes) or "none" for row in cases.truth])
    order = sorted(set(names), key=lambda name: (name.count("+"), [targets.index(sign) for sign in name.split(" + ") if sign in targets]))
    found = {}
    for name, keep in [*((name, names == name) for name in order), ("total", np.ones(len(names), dtype=bool))]:
        frame = cases.frame[keep]
        by_seed = pd.Series(right[keep]).groupby(frame["seed"].to_numpy()).sum()
        found[str(name)] = frame["id"].nunique(), frame["patient"].nunique(), [int(n) for n in by_seed]
    return found


def _told(counted: Counted | None) -> str:
    if counted is None:
        return "–"
    images, _, named = counted
    return f"{', '.join(map(str, named))} of {images} ({100 * sum(named) / len(named) / images:.1f} %)"


def by_sign(done: list[Cell]) -> dict[str, Lines]:
    """Table 2, once for each way to decide."""
    return {
        f"Table 2: each sign; {cell.label}; seeds {seeds(cell)}": [
            {"sign": sign.replace("_", " "), "images with it": row_of(cell.run, "sensitivity", scope=f"class={sign}").get("positives", "–")}
            | beside(cell, f"class={sign}", BY_SIGN.get(sign))
            for sign in signs(cell)
        ]
        for cell in of(done, "ours")
    }


def beside(cell: Cell, scope: str, printed: tuple[float, ...] | None) -> dict[str, object]:
    """Give the paper's four figures and ours, as shares of one; an F1 that its own recall and precision rule out is marked."""
    line: dict[str, object] = {}
    for metric, figure in zip(MEASURES, printed or (None,) * len(MEASURES), strict=True):
        mark = BEYOND if metric == "f1" and printed and beyond(printed) else ""
        line[f"{NAMES[metric]}, paper"] = "–" if figure is None else f"{figure / 100:.3f}{mark}"
        line[NAMES[metric]] = shown(row_of(cell.run, metric, scope=scope))
    return line


def beyond(printed: tuple[float, ...]) -> bool:
    """Whether the F1 among the figures that the paper printed, in %, contradicts its recall and precision."""
    recall, precision, _, f1 = (figure / 100 for figure in printed)
    return f1_is_beyond(recall, precision, f1)
