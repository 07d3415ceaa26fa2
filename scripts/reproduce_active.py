"""Figures 9 to 11 of the encephalitis/glioma paper: accuracy over rounds of labelling, highest entropy against random.

python scripts/reproduce_active.py --plan                      units and hours here; trains nothing
python scripts/reproduce_active.py                             the built-in cohort, reduced as tables.md says; stopped, it goes on
python scripts/reproduce_active.py --profile paper             the paper's settings, for a GPU
python scripts/reproduce_active.py --profile paper --sequences FLAIR -- active.processes=5 active.repeats=3 data.manifest=FILE.csv

What stands after `--` goes to every run. Every sequence is an ordinary simulation below OUT/<sequence>; tables.md and figure_9_11.png lie
in OUT, made by active_tables.py. On the built-in cohort they show the method, not medicine.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from active_tables import Found, find, write
from brain_cells import SEQUENCES
from cells import by_key, refuse_stale

from medimg.run.compose import compose_to_look
from medimg.run.start import SIMULATED

PROFILES = {
    "quick": [
        "model=resnet18", "data.size=64", "data.folds=3", "trainer.epochs=6", "task.lr=0.001", "active.init_size=100", "active.budget=25",
        "active.rounds=10", "active.repeats=3",
    ],
    "paper": ["profile=paper", "model=resnet50", "model.head=transfer"],
    "smoke": [
        "profile=smoke", "model=resnet18", "data.limit=40", "active.init_size=8", "active.budget=5", "active.rounds=3",
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One sequence: a simulation of its own."""

    sequence: str
    run: Path
    words: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Whether the repeats that are asked for are there, judged and reported."""
        path = self.run / "learning.json"
        if not path.is_file() or not (self.run / "report.html").is_file():
            return False
        told, settings = json.loads(path.read_text()), compose_to_look([*self.words, SIMULATED])[0]
        return bool(told["units"]["complete"]) and told["repeats"] == settings.active.repeats

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "medimg", "active-label", "--simulate", *self.words]


def cases(out: Path, profile: str, sequences: list[str], more: list[str]) -> list[Case]:
    made = []
    for sequence in sequences:
        words = ["experiment=encephalitis_glioma", "active=paper", "active.compare=[random,entropy]", *PROFILES[profile]]
        words += [f"data.where={{sequence:{sequence}}}", "data.deal_over=[sequence]", f"title={sequence}"]
        made.append(Case(sequence, out / sequence, tuple(by_key((*words, *more)).values())))
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="quick")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--sequences", nargs="*", choices=SEQUENCES, default=list(SEQUENCES))
    parser.add_argument("more", nargs="*", help="settings for every run")
    arguments = parser.parse_args()
    out = (arguments.out or Path("runs") / "reproduce_active" / arguments.profile).absolute()
    every = cases(out, arguments.profile, list(SEQUENCES), arguments.more)
    todo = [case for case in every if case.sequence in arguments.sequences]
    if arguments.plan:
        return plan(todo)
    refuse_stale((case.run, (*case.words, SIMULATED)) for case in every if case.done)
    for case in todo:
        simulate(case)
    found: list[Found] = [find(case.run, case.sequence, " ".join(case.words)) for case in every if case.done]
    if not found:
        sys.exit("no simulation is finished, so there is nothing to show; another process may be at it. The same command goes on.")
    print(write(out, found, arguments.profile))
    return None


if __name__ == "__main__":
    main()
