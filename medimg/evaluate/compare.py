"""Two runs on the same cases: the difference of each measure, patients drawn once for both."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from medimg.errors import RunError
from medimg.evaluate import calibration
from medimg.evaluate.cases import Cases, mixed_patients, to_patients
from medimg.evaluate.draws import draw
from medimg.evaluate.files import write_json
from medimg.evaluate.intervals import FEWEST, LEVEL, LOSSES, MOST_LOST
from medimg.evaluate.question import read_question
from medimg.evaluate.reading import read_test
from medimg.evaluate.rows import Row, Seen, see, support

ROUNDING = 1e-12  # what sums in another order differ by is no difference


def judged(run: Path) -> dict[str, Cases]:
    """Read the test cases of a run by level, decided by what its validation fixed: images, and patients where each has one label."""
    question = read_question(run)
    path = run / "calibration.json"
    if not path.is_file():
        raise RunError(f"run {run.name}: calibration.json is missing; judge the run first (medimg eval).")
    learned = json.loads(path.read_text())
    images = calibration.apply(read_test(run, question), learned)
    if mixed_patients(images):
        return {"image": images}
    return {"image": images, "patient": calibration.apply(to_patients(images), learned, "patient")}


def same_question(a: Cases, b: Cases) -> bool:
    """Whether two runs tell the same classes apart, of several labels each in its own way to decide."""
    alike = a.question.kind == b.question.kind or (a.question.several and b.question.several)
    return alike and a.question.classes == b.question.classes


def _check(a: Cases, b: Cases) -> None:
    if not same_question(a, b):
        raise RunError("the two runs answer different questions (kind or classes), so their numbers have no difference.")
    here, there = (set(zip(one.frame["id"], one.frame["label"], strict=True)) for one in (a, b))
    if here != there:
        only = sorted(name for name, _ in here ^ there)
        raise RunError(
            f"the two runs were not tested on the same cases with the same labels: {len(only)} differ, for example {', '.join(only[:10])}. "
            "Train or judge both on one manifest and split."
        )


def compare(run_a: Path, run_b: Path) -> dict[str, Any]:
    """Measure run A minus run B on the same cases, by image and by patient; writes comparison.json into run A and returns it.

    Where both runs have the same folds the mean over folds is compared, otherwise the pooled cases. There are no rows of patients where a
    patient has images of several labels, or was tested in several folds by one run only.
    """
    a, b = judged(Path(run_a)), judged(Path(run_b))
    _check(a["image"], b["image"])
    levels = [level for level in a if level in b and _units(a[level]) == _units(b[level])]
    rows = [row | {"level": level} for level in levels for row in paired(a[level], b[level])]
    result = {"schema": 1, "a": Path(run_a).name, "b": Path(run_b).name, "rows": rows}
    write_json(Path(run_a) / "comparison.json", result)
    return result


def _units(one: Cases) -> set[str]:
    return set(one.frame["id"])


def paired(a: Cases, b: Cases) -> list[Row]:
    """Measure the differences of two judgements of the same cases, ids and labels; over folds where both have the same, else pooled."""
    folds = [set(zip(one.frame["id"], one.frame["fold"], strict=True)) for one in (a, b)]
    over_folds = folds[0] == folds[1]
    frame = a.frame if over_folds else a.frame.assign(fold=0)
    drawn = draw(frame, a.question.draws, a.question.seed)
    seen = [see(one, drawn, over_folds) for one in (a, b)]
    aggregate = "single" if a.frame["fold"].nunique() == 1 else "mean_over_folds" if over_folds else "pooled"
    left_out = set() if a.question.kind == b.question.kind else LOSSES  # a share of 1 and a chance of its own miss different truths
    keys = [key for key in seen[0] if key in seen[1] and key.metric not in left_out]
    return [_row(a, key, seen[0][key], seen[1][key], drawn.lonely) | {"aggregate": aggregate} for key in keys]


def _row(one: Cases, key: Any, a: Seen, b: Seen, lonely: int) -> Row:
    row = {"metric": key.metric, "scope": key.part or "all", "calibrated": key.calibrated, "a": None, "b": None}
    nothing: Row = row | {"difference": None, "low": None, "high": None, "p": None, "undefined": a.reason or b.reason}
    if a.reason or b.reason:
        return nothing | {"method": "undefined"}
    difference = a.sampled.estimate - b.sampled.estimate
    found = nothing | {"a": a.sampled.estimate, "b": b.sampled.estimate, "difference": difference}
    return found | limits(difference, a.sampled.draws - b.sampled.draws, support(one, key).patients, lonely)


def limits(difference: float, draws: Any, patients: int, lonely: int = 0) -> Row:
    """Student limits of a paired difference from the spread of its draws, and the two-sided p-value of no difference."""
    if patients < FEWEST:
        return {"method": f"too few patients for an interval: {patients}, at least {FEWEST} are needed"}
    if lonely:
        return {"method": f"too few patients for an interval: {lonely} are alone in their fold"}
    lost = int(np.isnan(draws).sum())
    if lost > MOST_LOST * len(draws):
        return {"method": f"too few patients for an interval: {lost} of {len(draws)} draws have no value"}
    error = float(np.nanstd(draws, ddof=1))
    if error < ROUNDING:
        return {"method": "no interval: every draw gives the same difference"}
    width = float(stats.t.ppf((1 + LEVEL) / 2, patients - 1)) * error
    p = 2 * float(stats.t.sf(abs(difference) / error, patients - 1))
    return {
        "low": max(difference - width, -2.0),
        "high": min(difference + width, 2.0),
        "p": p,
        "method": f"paired patient bootstrap, {len(draws)} draws",
    }
