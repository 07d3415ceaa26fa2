"""Figures 9 to 11 of the encephalitis/glioma paper: accuracy over rounds of labelling, highest entropy against random.

python scripts/reproduce_active.py --plan                      units and hours here; trains nothing
python scripts/reproduce_active.py                             the built-in cohort, reduced as tables.md says; stopped, it goes on
python scripts/reproduce_active.py --parallel 2                two sequences at once, each on its share of the cores
python scripts/reproduce_active.py --profile paper             the paper's settings, for a GPU
python scripts/reproduce_active.py --profile paper --sequences FLAIR -- active.processes=5 active.repeats=3 data.manifest=FILE.csv

What stands after `--` goes to every run. Every sequence is an ordinary simulation below OUT/<sequence>; tables.md and figure_9_11.png lie
in OUT, made by active_tables.py. On the built-in cohort they show the method, not medicine.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from active_tables import Found, find, write
from brain_cells import SEQUENCES
from cells import Cell, by_key, parser_of, refuse_stale, train_all

from medimg.run.compose import compose_to_look
from medimg.run.start import SIMULATED

PROFILES = {
    "quick": [
        "model.name=test_resnet", "data.size=64", "data.folds=3", "trainer.epochs=10", "task.lr=0.003", "active.init_size=100",
        "active.budget=25", "active.rounds=8", "active.repeats=3",
    ],
    "paper": ["profile=paper", "model=resnet50", "model.head=transfer"],
    "smoke": [
        "profile=smoke", "model=resnet18", "data.limit=40", "active.init_size=8", "active.budget=5", "active.rounds=3",
    ],
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Case(Cell):
    """One sequence: a simulation of its own."""

    sequence: str
    verb: tuple[str, ...] = ("active-label", "--simulate")

    @property
    def name(self) -> str:
        return self.sequence

    @property
    def done(self) -> bool:
        """Whether the repeats that are asked for are there, judged and reported."""
        path = self.run / "learning.json"
        if not path.is_file() or not (self.run / "report.html").is_file():
            return False
        told, settings = json.loads(path.read_text()), compose_to_look(list(self.words))[0]
        return bool(told["units"]["complete"]) and told["repeats"] == settings.active.repeats


def cases(out: Path, profile: str, sequences: list[str], more: list[str]) -> list[Case]:
    made = []
    for sequence in sequences:
        words = ["experiment=encephalitis_glioma", "active=paper", "active.compare=[random,entropy]", *PROFILES[profile]]
        words += [f"data.where={{sequence:{sequence}}}", "data.deal_over=[sequence]", f"title={sequence}", SIMULATED]
        made.append(Case(sequence=sequence, run=out / sequence, words=tuple(by_key((*words, *more)).values())))
    return made


def plan(todo: list[Case]) -> None:
    for case in todo:
        target = [str(case.run)] if (case.run / "config.yaml").is_file() else []
        asked = subprocess.run(
            [sys.executable, "-m", "medimg", *case.verb, *case.words, *target, "--plan"], stdout=subprocess.PIPE, text=True
        )
        if asked.returncode:
            sys.exit(asked.returncode)
        print(f"{case.sequence:6} {asked.stdout.splitlines()[0]}", flush=True)


def main() -> None:
    parser = parser_of(__doc__, PROFILES)
    parser.add_argument("--sequences", nargs="*", choices=SEQUENCES, default=list(SEQUENCES), help="only these (all)")
    said = parser.parse_args()
    out = (said.out or Path("runs") / "reproduce_active" / said.profile).absolute()
    every = cases(out, said.profile, list(SEQUENCES), said.more)
    todo = [case for case in every if case.sequence in said.sequences]
    if said.plan:
        return plan(todo)
    refuse_stale((case.run, case.words) for case in every if case.done)
    failed = train_all(todo, max(1, said.parallel))
    found: list[Found] = [find(case.run, case.sequence, " ".join(case.words)) for case in every if case.done]
    if found:
        print(write(out, found, said.profile))
    if failed:
        sys.exit("\n".join([*failed, "The same command goes on."]))
    if not found:
        sys.exit("no simulation is finished, so there is nothing to show; another process may be at it. The same command goes on.")
    return None


if __name__ == "__main__":
    main()
