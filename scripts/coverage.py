"""Measure how often medimg's 95 % intervals hold the true value: simulated patients, the real code, a table in Markdown.

Run:  OMP_NUM_THREADS=1 python scripts/coverage.py            1,000 simulations a cell, under 15 minutes on one core
      python scripts/coverage.py --simulations 100            a glance

The model's score of an image is normal: class mean + a patient's own part (half of the variance) + the image's part; its decisions are
right with a given probability, and wrong together within a patient in the same way. So every true value is known or, for AUPRC, Brier
and ECE, found from a million simulated images. Each simulation draws new patients, is measured by `medimg.evaluate` and asks whether
the interval holds the true value.
"""

import argparse
import time
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import expit, ndtri

from medimg import metrics
from medimg.evaluate.cases import Cases
from medimg.evaluate.compare import limits
from medimg.evaluate.draws import draw
from medimg.evaluate.measures import Key
from medimg.evaluate.question import Question
from medimg.evaluate.rows import row_of, see, support

SHOWN = ("auroc", "accuracy", "sensitivity", "specificity", "precision", "balanced_accuracy", "f1", "kappa", "mcc", "auprc", "brier", "ece")
PROMISED = ("auroc", "accuracy", "sensitivity", "specificity")
RANGE = (0.92, 0.97)


@dataclass(frozen=True)
class Setting:
    """One cell: true AUROC, true share of right decisions, patients a class, folds, images a patient (or their mean, if uneven)."""

    area: float
    right: float
    patients: int
    folds: int = 1
    images: int = 8
    uneven: bool = False
    draws: int = 2000

    @property
    def name(self) -> str:
        images = f"1 to {2 * self.images - 1}" if self.uneven else str(self.images)
        return f"| {self.area:.2f} | {self.right:.2f} | {self.folds} | {images} | {self.patients} |"


def settings(draws: int = 2000) -> list[Setting]:
    one = [(0.75, 0.80), (0.90, 0.95), (0.95, 0.97), (0.99, 0.99)]
    cells = [Setting(a, p, n, draws=draws) for a, p in one for n in (15, 40, 100)]
    cells += [Setting(a, p, n, folds=5, draws=draws) for a, p in ((0.90, 0.95), (0.97, 0.99)) for n in (15, 40, 100)]
    return cells + [Setting(0.95, 0.97, n, uneven=True, draws=draws) for n in (15, 40, 100)]


def scores(of, truth, patients, area, rng):
    """Normal scores; a patient's images share half of the variance."""
    shift = np.sqrt(2) * ndtri(area)
    return shift * truth + np.sqrt(0.5) * (rng.normal(size=patients)[of] + rng.normal(size=len(of)))


def simulate(setting: Setting, template: Cases, of, rng) -> Cases:
    truth = template.truth[:, 0]
    patients = 2 * setting.patients
    p = probability(scores(of, truth, patients, setting.area, rng), setting.area)
    latent = np.sqrt(0.5) * (rng.normal(size=patients)[of] + rng.normal(size=len(of)))
    decided = truth ^ (latent > ndtri(setting.right))
    return replace(template, raw=p[:, None], calibrated=p[:, None], decided=decided[:, None])


def probability(score, area):
    """Too sure by a factor of 1.5 on the logit scale, so that there is a calibration error to estimate."""
    shift = np.sqrt(2) * ndtri(area)
    return expit(1.5 * shift * (score - shift / 2))


def template(setting: Setting, rng) -> tuple[Cases, np.ndarray]:
    """The cases without scores: patients alternate over the folds, each class as many."""
    patients = 2 * setting.patients
    images = rng.integers(1, 2 * setting.images, patients) if setting.uneven else np.full(patients, setting.images)
    of = np.repeat(np.arange(patients), images)
    truth = of < setting.patients
    frame = pd.DataFrame({"id": [f"{k:06d}" for k in range(len(of))], "patient": [f"{k:04d}" for k in of], "seed": 0})
    frame = frame.assign(fold=of % setting.patients % setting.folds, label=np.where(truth, "yes", "no"))
    empty = np.zeros((len(of), 1))
    question = Question("binary", ("no", "yes"), draws=setting.draws)
    return Cases(question, frame, truth[:, None], empty, empty, np.zeros((len(of), 1), dtype=bool)), of


@cache
def true_of(area: float, right: float) -> dict[str, float]:
    rng = np.random.default_rng(99)
    truth = np.arange(1_000_000) % 2 == 0
    score = np.sqrt(2) * ndtri(area) * truth + rng.normal(size=len(truth))
    p = probability(score, area)
    found = {"auprc": metrics.auprc(truth, p), "brier": metrics.brier(truth, p), "ece": metrics.ece(truth, p), "auroc": area}
    found |= dict.fromkeys(("accuracy", "sensitivity", "specificity", "precision", "balanced_accuracy", "f1"), right)
    return found | dict.fromkeys(("kappa", "mcc"), 2 * right - 1)


def coverage(setting: Setting, simulations: int, seed: int = 0, shown=SHOWN) -> dict[str, list[int]]:
    """Count for each measure the simulations whose interval holds the true value, and those without an interval."""
    rng = np.random.default_rng([seed, setting.patients, setting.folds, round(1000 * setting.area)])
    true = true_of(setting.area, setting.right)
    cases, of = template(setting, rng)
    drawn = draw(cases.frame, setting.draws, 0)
    count = {name: [0, 0] for name in shown}
    for _ in range(simulations):
        if setting.uneven:
            cases, of = template(setting, rng)
        now = simulate(setting, cases, of, rng)
        seen = see(now, drawn, setting.folds > 1)
        for name in shown:
            row = row_of(now, Key(name), seen[Key(name)], drawn.lonely, setting.folds > 1)
            count[name][0] += row["low"] is not None and row["low"] <= true[name] <= row["high"]
            count[name][1] += row["low"] is None
    return count


def paired(patients: int, simulations: int, draws: int = 2000) -> float:
    """Coverage of the difference in AUROC, 0.90 against 0.85, of two models whose scores share half of their noise."""
    setting = Setting(0.90, 0.9, patients, draws=draws)
    rng = np.random.default_rng([5, patients])
    cases, of = template(setting, rng)
    drawn, truth, held = draw(cases.frame, draws, 0), cases.truth[:, 0], 0
    for _ in range(simulations):
        shared = scores(of, 0 * truth, 2 * patients, 0.5, rng)
        seen = []
        for area in (0.90, 0.85):
            own = scores(of, 0 * truth, 2 * patients, 0.5, rng)
            score = expit(np.sqrt(2) * ndtri(area) * truth + np.sqrt(0.5) * (shared + own))[:, None]
            seen.append(see(replace(cases, raw=score, calibrated=score, decided=score > 0.5), drawn, False)[Key("auroc")].sampled)
        row = limits(seen[0].estimate - seen[1].estimate, seen[0].draws - seen[1].draws, support(cases, Key("auroc")).patients)
        held += row["low"] <= 0.05 <= row["high"]
    return held / simulations


def cell(held: int, none: int, simulations: int) -> str:
    """Share held among those with an interval, and how many had none."""
    if none == simulations:
        return "none"
    return f"{held / (simulations - none):.3f}" + (f" ({none} none)" if none else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=2000)
    asked = parser.parse_args()
    start = time.time()
    print("| AUROC | right | folds | images | n a class | " + " | ".join(SHOWN) + " |")
    print("|" + " --- |" * (5 + len(SHOWN)))
    for setting in settings(asked.draws):
        count = coverage(setting, asked.simulations)
        cells = [cell(held, none, asked.simulations) for held, none in count.values()]
        print(setting.name, " | ".join(cells), "|", flush=True)
    print()
    for patients in (15, 40, 100):
        print(f"paired difference of AUROC, {patients} a class: {paired(patients, asked.simulations, asked.draws):.3f}", flush=True)
    print(f"{asked.simulations} simulations a cell, {asked.draws} draws, {(time.time() - start) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
