"""Answers of other networks of a run, decided by their own validation, in a folder of their own within it."""

import json
from collections.abc import Sequence
from pathlib import Path

from medimg.evaluate import settle
from medimg.evaluate.cases import Cases
from medimg.recipes.parts.scores import join_scores
from medimg.recipes.parts.stages import write_json


def judge_aside(run: Path, name: str, stages: Sequence[Path]) -> tuple[Path, Cases]:
    """Join what networks said of val and test in their stages; gives the folder, and the test cases as their validation decides them."""
    folder = run / "aside" / name
    for part in ("val", "test"):
        join_scores([stage / f"{part}.csv" for stage in stages], folder / "predictions" / f"{part}.csv")
    write_json(folder / "evaluation.json", json.loads((run / "evaluation.json").read_text()) | {"paper": None})
    (folder / "cases.csv").write_bytes((run / "cases.csv").read_bytes())
    return folder, settle(folder)[0]
