"""Tables and figure 9 to 11 of reproduce_active.py from the simulations that are done. Not a command."""

from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from cells import table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from paired import shown

from medimg.evaluate.simulating.grid import Grid, measure_all
from medimg.evaluate.simulating.simulation import Simulation, read_simulation
from medimg.run.folder import stored_settings

mpl.use("Agg")
PAPER = {"FLAIR": (6, 0.0776), "T1CE": (8, 0.0694), "T2": (9, 0.1053)}  # rounds, and accuracy above random at that round
COLOURS = {"entropy": "#d55e00", "random": "#0072b2"}
CONVERGED = (
    "Converged: the first round from which the mean accuracy of entropy stays within {margin:g} of the best of its rounds (else the last). "
    "That round is chosen on the test scores themselves, so the gain at it is descriptive, and its interval no test of a round fixed "
    "beforehand."
)


@dataclass(frozen=True)
class Found:
    """The judged curves of a sequence."""

    sequence: str
    simulation: Simulation
    grid: Grid
    settings: str
    weights: str | None  # what its networks start from

    @property
    def built_in(self) -> bool:
        """Whether its images were computed."""
        return str(self.simulation.asked.get("cohort") or "").startswith("phantom:")

    @property
    def drawn(self) -> str:
        """What varies in its intervals."""
        return "patients" if self.grid.sampler.alone else "patients and repeats"

    def curve(self, metric: str, strategy: str) -> pd.DataFrame:
        """Estimate and limits at each round."""
        s, sampler = self.grid.strategies.index(strategy), self.grid.sampler
        values, draws = sampler.mean(self.grid.values[metric][s], self.grid.drawn[metric][s])
        rows = [sampler.row(value, drawn, 0.0, 1.0) for value, drawn in zip(values, draws, strict=True)]
        return pd.DataFrame(rows).assign(labels=self.spent(s)).astype({"estimate": float, "low": float, "high": float})

    def spent(self, s: int) -> np.ndarray:
        """Labels of the pool after each round, mean over repeats and folds."""
        return self.grid.fact("labels")[s] @ self.grid.sampler.weight

    def converged(self) -> tuple[int, bool]:
        """The first round from which accuracy stays within the margin of its best; the last and false where it ends below."""
        score = self.curve("accuracy", "entropy")["estimate"].to_numpy()
        below = np.flatnonzero(score < score.max() - self.simulation.asked["margin"])
        first = int(below[-1] + 1) if len(below) else 0
        return min(first, len(score) - 1), first < len(score)

    def gain(self, metric: str, number: int) -> dict[str, object]:
        """Entropy minus random at a round, on the same repeats, folds and patients."""
        a, b = (self.grid.strategies.index(name) for name in ("entropy", "random"))
        values, drawn = self.grid.values[metric][:, number], self.grid.drawn[metric][:, number]
        return self.grid.sampler.difference(*self.grid.sampler.mean(values[a] - values[b], drawn[a] - drawn[b]))


def find(run: Path, sequence: str, settings: str) -> Found:
    """Judge a finished simulation, made with these settings."""
    simulation = read_simulation(run)
    grid = measure_all(simulation)
    assert grid is not None, "a finished simulation has an initial training"
    return Found(sequence, simulation, grid, settings, stored_settings(run).model.weights)


def points(row: dict[str, object]) -> str:
    """A difference of shares in points, with its interval."""
    if row["estimate"] is None:
        return str(row["undefined"])
    within = f" ({100 * row['low']:+.2f} to {100 * row['high']:+.2f})" if row["low"] is not None else f" ({row['method']})"
    return f"{100 * row['estimate']:+.2f}{within}"


def verdict(row: dict[str, object], alone: bool) -> str:
    """Whether the interval carries a gain over random; with one repeat a fold it lacks the chance of initial labels, and carries none."""
    if alone:
        return "not shown: one repeat a fold"
    if row["low"] is None:
        return "no interval, so no gain is shown"
    return "gain" if row["low"] > 0 else "loss" if row["high"] < 0 else "no gain shown: the interval holds nought"


def lines_of(found: list[Found]) -> list[dict[str, object]]:
    """Rounds to convergence and gain over random, a line for each sequence."""
    lines = []
    for one in found:
        rounds, gain = PAPER[one.sequence]
        (here, settled), s = one.converged(), one.grid.strategies.index("entropy")
        pool = float(np.mean([part["pool"]["images"] for part in one.simulation.asked["parts"].values()]))
        labels, row = float(one.spent(s)[here]), one.gain("accuracy", here)
        says = verdict(row, one.grid.sampler.alone)
        when = f"{here} of {one.simulation.rounds}" if settled else f"not in {here}"
        lines.append({
            "sequence": one.sequence, "rounds, paper": rounds, "rounds": when,
            "gain, points, paper": f"+{100 * gain:.2f}", "gain, points, accuracy": points(row), "says": says,
            "AUROC, points": points(one.gain("auroc", here)), "labels": f"{labels:.0f}", "of the pool": f"{labels / pool:.0%}",
        })  # fmt: skip
    return lines


def scores_of(one: Found) -> list[dict[str, object]]:
    """Accuracy at every round, and the difference there."""
    curves = {name: one.curve("accuracy", name) for name in COLOURS}
    return [
        {"round": n, "labels": f"{curves['entropy']['labels'][n]:.0f}"}
        | {name: shown(curve.loc[n].where(curve.loc[n].notna(), None).to_dict()) for name, curve in curves.items()}
        | {"entropy - random, points": points(one.gain("accuracy", n)) if n else "the same network"}
        for n in range(len(curves["entropy"]))
    ]


def draw(axis: Axes, one: Found, metric: str) -> None:
    for name, colour in COLOURS.items():
        curve = one.curve(metric, name)
        axis.plot(curve.index, curve["estimate"], color=colour, marker="o", markersize=3, label=name)
        axis.fill_between(curve.index, curve["low"], curve["high"], color=colour, alpha=0.15, linewidth=0)
    here, settled = one.converged()
    if settled:
        axis.axvline(here, color="#767676", linestyle=":", linewidth=1, label="entropy converged")
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.set(xlabel="round", ylabel={"auroc": "AUROC"}.get(metric, metric))


def figure(found: list[Found], path: Path) -> None:
    """A column for each sequence: accuracy, and AUROC below."""
    made = Figure(figsize=(3.8 * len(found), 6), layout="constrained")
    axes = made.subplots(2, len(found), squeeze=False, sharex="col", sharey="row")
    for column, one in zip(axes.T, found, strict=True):
        for axis, metric in zip(column, ("accuracy", "auroc"), strict=True):
            draw(axis, one, metric)
        column[0].set(title=one.sequence, xlabel="")
    axes[0, 0].legend(loc="lower right", fontsize=8)
    made.savefig(path, dpi=200)


def write(out: Path, found: list[Found], profile: str) -> Path:
    """Write tables.md and figure_9_11.png; gives the former."""
    parts = ["# Figures 9 to 11 of the encephalitis/glioma paper\n"]
    parts += ["Built-in cohort: shows the method, not medicine.\n"] if any(one.built_in for one in found) else []
    reduced = (
        "" if profile == "paper" else f"Reduced ({profile}), not the paper's ResNet-50, 224 pixels, 50 epochs, 400 + 50 and five folds: "
    )
    parts.append(f"{reduced or 'Settings: '}`{found[0].settings}`.\n")
    starts = " and ".join(dict.fromkeys(one.weights or "random weights" for one in found))
    drawn = "; ".join(dict.fromkeys(one.drawn for one in found))
    parts.append(f"{CONVERGED.format(margin=found[0].simulation.asked['margin'])} Networks start from {starts}, the paper's from imagenet.")
    parts.append(f"Means over folds and repeats, 95 % intervals ({drawn} drawn); differences are paired. Labels without validation.\n")
    parts += ["## Rounds to convergence and gain over random\n", table(lines_of(found)), ""]
    for one in found:
        parts += [f"## {one.sequence}: accuracy\n", table(scores_of(one)), ""]
    path = out / "tables.md"
    path.write_text("\n".join(parts))
    figure(found, out / "figure_9_11.png")
    return path
