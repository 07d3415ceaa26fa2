"""Figures 9 to 11 of the encephalitis/glioma paper: accuracy over rounds of labelling, highest entropy against random.

python scripts/reproduce_active.py --plan                      units and hours here; trains nothing
python scripts/reproduce_active.py                             the built-in cohort, reduced as tables.md says; stopped, it goes on
python scripts/reproduce_active.py --profile paper             the paper's settings, for a GPU
python scripts/reproduce_active.py --profile paper --sequences FLAIR -- active.processes=5 active.repeats=3 data.manifest=FILE.csv

What stands after `--` goes to every run. Every sequence is an ordinary simulation below OUT/<sequence>; tables.md and figure_9_11.png lie
in OUT. On the built-in cohort they show the method, not medicine.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from brain_cells import SEQUENCES
from cells import table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from paired import shown

from medimg.evaluate.grid import Grid, measure_all
from medimg.evaluate.simulation import Simulation, read_simulation

mpl.use("Agg")
PROFILES = {
    "quick": [
        "model=resnet18", "data.size=64", "data.folds=3", "trainer.epochs=6", "task.lr=0.001", "active.init_size=100", "active.budget=25",
        "active.rounds=10",
    ],
    "paper": ["profile=paper", "model=resnet50", "model.head=transfer"],
    "smoke": [
        "profile=smoke", "model=resnet18", "data.limit=40", "active.init_size=8", "active.budget=5", "active.rounds=3",
    ],
}  # fmt: skip
PAPER = {"FLAIR": (6, 0.0776), "T1CE": (8, 0.0694), "T2": (9, 0.1053)}  # rounds, and accuracy above random at that round
COLOURS = {"entropy": "#d55e00", "random": "#0072b2"}
CONVERGED = (
    "Converged: the first round from which the mean accuracy of entropy stays within {margin:g} of the best of its rounds (else the last)."
)


@dataclass(frozen=True)
class Case:
    """One sequence: a simulation of its own."""

    sequence: str
    run: Path
    words: tuple[str, ...]

    @property
    def done(self) -> bool:
        path = self.run / "learning.json"
        return path.is_file() and json.loads(path.read_text())["units"]["complete"] and (self.run / "report.html").is_file()

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "medimg", "active-label", "--simulate", *self.words]


@dataclass(frozen=True)
class Found:
    """The judged curves of a sequence."""

    sequence: str
    simulation: Simulation
    grid: Grid
    settings: str

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


def cases(out: Path, profile: str, sequences: list[str], more: list[str]) -> list[Case]:
    made = []
    for sequence in sequences:
        words = ["experiment=encephalitis_glioma", "active=paper", "active.compare=[random,entropy]", *PROFILES[profile]]
        words += [f"data.where={{sequence:{sequence}}}", "data.deal_over=[sequence]", f"title={sequence}"]
        given = {word.partition("=")[0] for word in more}  # what a person gives takes the place of a profile's word
        kept = [word for word in words if word.partition("=")[0] not in given]
        made.append(Case(sequence, out / sequence, (*kept, *more)))
    return made


def plan(todo: list[Case]) -> None:
    for case in todo:
        target = [str(case.run)] if (case.run / "config.yaml").is_file() else []
        asked = subprocess.run([*case.command, *target, "--plan"], stdout=subprocess.PIPE, text=True)
        if asked.returncode:
            sys.exit(asked.returncode)
        print(f"{case.sequence:6} {asked.stdout.splitlines()[0]}", flush=True)


def simulate(case: Case) -> None:
    if case.done:
        return
    start = time.time()
    code = subprocess.run(case.command, env={**os.environ, "MEDIMG_RUN": str(case.run)}, stdout=subprocess.DEVNULL).returncode
    if code not in (0, 3):
        sys.exit(f"{case.sequence} ended with exit code {code}; the same command goes on.")
    print(f"{case.sequence}: {(time.time() - start) / 60:.1f} min", flush=True)


def find(case: Case) -> Found:
    simulation = read_simulation(case.run)
    grid = measure_all(simulation)
    assert grid is not None, "a finished simulation has an initial training"
    return Found(case.sequence, simulation, grid, " ".join(case.words))


def points(row: dict[str, object]) -> str:
    """A difference of shares in points, with its interval."""
    if row["estimate"] is None:
        return str(row["undefined"])
    within = f" ({100 * row['low']:+.2f} to {100 * row['high']:+.2f})" if row["low"] is not None else f" ({row['method']})"
    return f"{100 * row['estimate']:+.2f}{within}"


def verdict(row: dict[str, object]) -> str:
    """Whether the interval carries a gain over random."""
    if row["low"] is None:
        return "no interval, so no gain is shown"
    return "gain" if row["low"] > 0 else "loss" if row["high"] < 0 else "no gain shown: the interval holds nought"


def lines_of(found: list[Found]) -> list[dict[str, object]]:
    lines = []
    for one in found:
        rounds, gain = PAPER[one.sequence]
        (here, settled), s = one.converged(), one.grid.strategies.index("entropy")
        pool = float(np.mean([part["pool"]["images"] for part in one.simulation.asked["parts"].values()]))
        labels, row = float(one.spent(s)[here]), one.gain("accuracy", here)
        when = f"{here} of {one.simulation.rounds}" if settled else f"not in {here}"
        lines.append({
            "sequence": one.sequence, "rounds, paper": rounds, "rounds": when,
            "gain, points, paper": f"+{100 * gain:.2f}", "gain, points, accuracy": points(row), "says": verdict(row),
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


def write(out: Path, found: list[Found], profile: str, built_in: bool) -> Path:
    parts = ["# Figures 9 to 11 of the encephalitis/glioma paper\n"]
    parts += ["Built-in cohort: shows the method, not medicine.\n"] if built_in else []
    reduced = (
        "" if profile == "paper" else f"Reduced ({profile}), not the paper's ResNet-50, 224 pixels, 50 epochs, 400 + 50 and five folds: "
    )
    parts.append(f"{reduced or 'Settings: '}`{found[0].settings}`.\n")
    parts.append(
        CONVERGED.format(margin=found[0].simulation.asked["margin"]) + " Networks start from random weights, the paper's from ImageNet."
    )
    parts.append(
        "Means over folds and repeats, 95 % intervals (patients and repeats drawn); differences are paired. Labels without validation.\n"
    )
    parts += ["## Rounds to convergence and gain over random\n", table(lines_of(found)), ""]
    for one in found:
        parts += [f"## {one.sequence}: accuracy\n", table(scores_of(one)), ""]
    path = out / "tables.md"
    path.write_text("\n".join(parts))
    figure(found, out / "figure_9_11.png")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="quick")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--sequences", nargs="*", choices=SEQUENCES, default=list(SEQUENCES))
    parser.add_argument("more", nargs="*", help="settings for every run")
    arguments = parser.parse_args()
    out = (arguments.out or Path("runs") / "reproduce_active" / arguments.profile).absolute()
    todo = cases(out, arguments.profile, arguments.sequences, arguments.more)
    if arguments.plan:
        return plan(todo)
    for case in todo:
        simulate(case)
    found = [find(case) for case in cases(out, arguments.profile, list(SEQUENCES), arguments.more) if case.done]
    print(write(out, found, arguments.profile, not any(word.startswith("data.manifest=") for word in arguments.more)))
    return None


if __name__ == "__main__":
    main()
