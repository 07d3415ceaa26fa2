"""The training of one round in a process of its own, from the labels that the round was closed with: `python -m medimg.room.rounds`."""

import hashlib
import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.data.dataset import label_matrix
from medimg.errors import Interrupted, MedimgError
from medimg.io.claim import claimed
from medimg.io.files import write_atomically
from medimg.metrics import Undefined, auroc
from medimg.recipes.parts import encoder as encoders
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.crew import follow_parent
from medimg.recipes.parts.environment import settle_machine
from medimg.recipes.parts.networks import Encoder
from medimg.recipes.parts.stages import write_json
from medimg.recipes.rounds.beginning import judges_of
from medimg.recipes.rounds.cases import write_cases
from medimg.recipes.rounds.learners import Fold, HeadLearner, Learner, Lesson, NetworkLearner, best_weights
from medimg.recipes.rounds.state import read_state
from medimg.recipes.rounds.teaching import teach
from medimg.room.folder import Folder, RoundFolder
from medimg.room.images import load_again
from medimg.room.labels import laid_on, read_snapshot
from medimg.run.folder import stored_settings
from medimg.settings import Settings
from medimg.training.machine import Machine

PARTS = {"pool": "train", "val": "val", "test": "test"}
NICE = 5  # the page comes first


def train_round(settings: Settings, run: Path, number: int, sha256: str) -> dict[str, Any]:
    """Train on the labels of a closed round (or go on with that) and answer; its facts, written last, are returned.

    The same labels, settings and versions give the same bits, however often it was stopped.
    """
    folder, before = Folder(run).round(number), Folder(run).round(number - 1)
    machine, cohort = settle_machine(settings, run), load_again(settings, run)
    known = read_snapshot(folder.labels, sha256)
    parts = {name: laid_on(cohort.every(0, 0, part), known, settings.active.unit) for name, part in PARTS.items()}
    pool = parts["pool"]
    fold = Fold(0, parts | {part: parts[part][parts[part]["label"] != ""].reset_index(drop=True) for part in ("val", "test")})
    rows = np.flatnonzero(pool["label"] != "").astype(np.intp)
    weights = best_weights(before.train) if settings.active.mode == "finetune" and number else None
    lesson = Lesson(rows, settings.seed, folder.train, weights, f"round {number}", pool=True)
    judges, classes = judges_of(settings, list(cohort.manifest.classes), fold), list(cohort.manifest.classes)
    shut = np.flatnonzero(pool["shut"] | (pool["answered"] & (pool["label"] == ""))).astype(np.intp)
    taught = teach(_learner(settings, cohort, machine, run, fold), fold, judges, lesson, _val_before(before, fold), shut)
    write_atomically(folder.pool, pool[["id"]].to_csv(index=False).encode())
    found = {}
    for part in ("val", "test"):
        said = taught.learned.answers[part].probabilities
        write_cases(folder.cases(part), fold[part], said, classes)
        found[part] = {"images": len(fold[part])} | score(label_matrix(fold[part]["label"], classes), said)
    stop_set = hashlib.sha256("\n".join(pool["id"].iloc[judges.stop_set]).encode()).hexdigest()
    facts = {**taught.facts, **found, "labels_sha256": sha256, "stop_set_of": stop_set, "round_facts": taught.stop_facts()}
    write_json(folder.facts, facts)
    return facts


def score(truth: NDArray[Any], said: NDArray[Any]) -> dict[str, float]:
    """AUROC, mean over the classes where it is defined, and accuracy of the most probable class: (N, K), (N, K)."""
    if not len(truth):
        return {}
    columns = [1] if truth.shape[1] == 2 else range(truth.shape[1])
    areas = [area for k in columns if not isinstance(area := auroc(truth[:, k] > 0.5, said[:, k]), Undefined)]
    exact = {"accuracy": float((truth.argmax(axis=1) == said.argmax(axis=1)).mean())}
    return exact | ({"auroc": float(np.mean(areas))} if areas else {})


def _learner(settings: Settings, cohort: Cohort, machine: Machine, run: Path, fold: Fold) -> Learner:
    """Who learns; features and draws are kept whatever the strategy is, so that another one may be taken for the next batch."""
    start = start_of(settings, cohort, run)
    if settings.active.frozen:
        return HeadLearner(settings, cohort, machine, start, fold, draws=True)
    return NetworkLearner(settings, cohort, machine, start, fold, features=True, draws=True)


def start_of(settings: Settings, cohort: Cohort, run: Path) -> Encoder | None:
    """The network of another run that training starts from, which may know nothing of what judges this one: test, or else validation."""
    parts = cohort.split["part"]
    judged = cohort if (parts == "test").any() else replace(cohort, split=cohort.split.assign(part=parts.replace("val", "test")))
    return next(iter(encoders.settle(settings, judged, run).values()), None)


def _val_before(before: RoundFolder, fold: Fold) -> NDArray[Any] | None:
    """Validation probabilities of the round before, if it was judged on the same images with the same labels."""
    state, path = read_state(before.train), before.cases("val")
    if state is None or not path.is_file():
        return None
    then = pd.read_csv(path, dtype=str, keep_default_na=False)[["id", "label"]]
    return state.val if then.to_numpy().tolist() == fold["val"][["id", "label"]].to_numpy().tolist() else None


def main(words: Sequence[str]) -> int:
    """Train round `words[0]` of the run MEDIMG_RUN from labels of SHA-256 `words[1]`; faults go to stdout as JSON."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    run, number = Path(os.environ["MEDIMG_RUN"]), int(words[0])
    try:
        follow_parent()
        os.nice(NICE)
        with claimed(Folder(run).round(number).claim, wait=True):  # one whose parent was killed may still be ending
            train_round(stored_settings(run), run, number, words[1])
    except (MedimgError, Interrupted) as fault:
        print(json.dumps({"exit_code": fault.exit_code, "kind": type(fault).__name__, "faults": fault.faults}), flush=True)
        return fault.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
