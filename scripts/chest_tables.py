"""Tables of reproduce_chest_qc.py from networks that are trained and films that are judged. Not a command."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from cells import Lines, table
from chest_cells import FAMILY, PAPER, Cell, outlined, times
from chest_judged import GROUPS, agreed, both, by_fault, by_rule, films_of, measured, own_fault, planted, share, weighted, weights
from paired import shown

from medimg.run.folder import stored_settings

METHOD = "Built-in films: shows the method, not medicine.\n"
HOW = (
    "95 % intervals draw patients. Accuracy and what follows: film fails or not, beside the verdict by exact masks; a warning is a pass. "
    "ms: network and measures, decoding apart, median."
)
NUMBER = {"pa": ("1", "3"), "lateral": ("2", "4")}
# The paper's tables 3 and 4: % of films failing, network and people.
RATES = {
    "pa": {"overall": (1.2, 1.25), "organs": (2.5, 2.3), "imaging": (0.8, 1.0), "position": (2.9, 2.8)},
    "lateral": {"overall": (1.1, 1.0), "organs": (2.5, 2.6), "imaging": (0.9, 0.9), "position": (2.8, 2.75)},
}
OPEN = ("review", "unevaluable")
FIGURES = ("accuracy", "kappa", "sensitivity", "specificity")


class Judged:
    """What stands below OUT/judged: a set of films judged by exact masks and by networks."""

    def __init__(self, out: Path, sets: dict[str, Path]) -> None:
        self.whole, self.out, self.sets = out, out / "judged", sets

    def folder(self, name: str, network: str) -> Path:
        return self.out / self.sets[name].name / network

    def films(self, cell: Cell, name: str = "usual") -> pd.DataFrame:
        """Verdicts of a network beside those of exact masks, a row a film."""
        return both(self.folder(name, cell.network), self.folder(name, "exact"), self.sets[name])

    def outlines(self, cell: Cell) -> list[dict]:
        """Rows of Dice of a network's outlines on the usual films, the mean of all organs first."""
        return json.loads((outlined(self.whole, cell) / "metrics.json").read_text())["rows"]


def networks(cells: list[Cell], judged: Judged, view: str) -> Lines:
    """Table 1 or 2: outlines, verdicts of films and time of each network."""
    lines: Lines = []
    for cell in cells:
        films = judged.films(cell)
        kept = films[films["verdict"].isin(["pass", "warn", "fail"]) & films["exact_verdict"].isin(["pass", "warn", "fail"])]
        reference, answer = (kept[name].eq("fail").to_numpy() for name in ("exact_verdict", "verdict"))
        figures = agreed(kept, reference, answer, FIGURES)
        ms, size = times(judged.folder("usual", cell.network)), cell.network.removeprefix(f"{FAMILY[view]}_")
        paper = PAPER[view].get(size)
        headline = judged.outlines(cell)[0]
        told = dict(zip(FIGURES, figures, strict=True))
        lines.append({
            "network": cell.network, "Dice, mean of organs": shown(headline), "films outlined": headline["n"],
            "judged": len(kept), "fail": int(reference.sum()), **told, "left to a person": int(films["verdict"].isin(OPEN).sum()),
            "ms a film": f"{ms['segment'] + ms['measure']:.0f}",
            "paper: accuracy": f"{paper[0] / 100:.4f}" if paper else "", "paper: ms": paper[1] if paper else "",
        })  # fmt: skip
    return lines


def organs(cells: list[Cell], judged: Judged) -> Lines:
    """Dice of each organ, a column a network."""
    lines: dict[str, dict[str, object]] = {}
    for cell in cells:
        for row in judged.outlines(cell):
            if row["metric"] == "dice" and row["scope"].startswith("organ="):
                name = row["scope"].removeprefix("organ=")
                lines.setdefault(name, {"organ": name})[cell.network] = shown(row)
    return [*lines.values()]


def rates(cell: Cell, judged: Judged, view: str) -> Lines:
    """Table 3 or 4: share of films failing in each group, by the network, by exact masks and as planted."""
    lines: Lines = []
    films = judged.films(cell)
    for group, (ours, people) in RATES[view].items():
        kept = films[~films[f"exact_{group}"].isin(["not_applicable"])]
        fails = {"network": kept[group].eq("fail"), "exact masks": kept[f"exact_{group}"].eq("fail"), "planted": planted(kept, group)}
        lines.append({
            "group": group, "films": len(kept), **{f"{name}, %": share(kept, failed.to_numpy()) for name, failed in fails.items()},
            "left to a person": int(kept[group].isin(OPEN).sum()), "paper: network, %": ours, "paper: people, %": people,
        })  # fmt: skip
    return lines


def groups(cell: Cell, judged: Judged, view: str) -> Lines:
    """Agreement with exact masks on films without a fault and films with one, weighted to the paper's rates."""
    usual, enriched = judged.films(cell), judged.films(cell, "enriched")
    films = pd.concat([usual[own_fault(usual) == ""], enriched[own_fault(enriched) != ""]])
    lines: Lines = []
    for group in GROUPS:
        decided = films[group].isin(["pass", "warn", "fail"]) & films[f"exact_{group}"].isin(["pass", "warn", "fail"])
        kept = films[decided]
        reference, answer = (kept[name].eq("fail").to_numpy() for name in (f"exact_{group}", group))
        figures = weighted(kept, reference, answer, weights(kept, view), ("sensitivity", "specificity", "kappa", "ac1"))
        told = dict(zip(("sensitivity", "specificity", "kappa", "AC1"), figures, strict=True))
        lines.append({"group": group, "films": len(kept), "fail": int(reference.sum()), **told, "left to a person": int((~decided).sum())})
    return lines


def told_of(cell: Cell, judged: Judged, view: str) -> dict[str, Lines]:
    """Tables of one network: rates, and where films with planted faults were judged, agreement, faults and measurements."""
    title = f"{view}, {cell.network}"
    found = {f"Table {NUMBER[view][1]}: films failing ({title})": rates(cell, judged, view)}
    name = "enriched" if "enriched" in judged.sets else "usual"
    ours, exact = (measured(judged.folder(name, network), judged.sets[name]) for network in (cell.network, "exact"))
    exact = exact[exact["film"].isin(set(ours["film"]))]
    if name == "enriched":
        found[f"Verdicts beside those of exact masks, weighted to the paper's rates ({title})"] = groups(cell, judged, view)
        found[f"Planted faults ({title})"] = [*by_fault(judged.films(cell, name), view)]
    found[f"Measured, and judged, beside the true value ({title}; {name} films)"] = [*by_rule(ours, exact)]
    return found


def write(out: Path, done: dict[str, list[Cell]], sets: dict[str, Path]) -> Path:
    """Write tables.md; gives its path."""
    judged, parts = Judged(out, sets), ["# Tables of the chest-film paper\n", METHOD]
    sizes = ", ".join(f"{name}: {len(films_of(judged.folder(name, 'exact'), films))} films" for name, films in sets.items())
    parts.append(f"Judged: {sizes}, of patients no network has seen. {HOW}\n")
    for view, cells in done.items():
        if not cells:
            continue
        settings = stored_settings(cells[0].run)
        parts.append(f"{view}: profile {settings.profile}, {settings.data.size} px, {settings.trainer.epochs} epochs.\n")
        tables = {
            f"Table {NUMBER[view][0]}: networks ({view})": networks(cells, judged, view),
            f"Dice of each organ ({view})": organs(cells, judged),
        }
        for title, lines in (tables | told_of(cells[-1] if len(cells) == 1 else best(cells), judged, view)).items():
            parts += [f"## {title}\n", table(lines), ""] if lines else []
    path = out / "tables.md"
    path.write_text("\n".join(parts))
    return path


def best(cells: list[Cell]) -> Cell:
    """The paper's network that outlines best on validation, which the tables of verdicts tell of."""

    def lost(cell: Cell) -> float:
        stages = (cell.run / "stages").glob("*/best.json")
        return float(np.mean([json.loads(path.read_text())["val/loss"] for path in stages]))

    return min(cells, key=lost)
