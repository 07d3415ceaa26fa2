"""What generated pictures are worth: beside real ones, and as teachers of small classifiers that are tested on real ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.data.dataset import Pictures
from medimg.data.joined import Drawn, Joined
from medimg.evaluate.files import write_table
from medimg.evaluate.generating.generated import judge_generated, write_generated
from medimg.evaluate.generating.spaces import Pictures as Judged
from medimg.evaluate.generating.spaces import closest_pairs
from medimg.evaluate.rows import whole_row
from medimg.io.files import write_atomically
from medimg.recipes.generating.extend import Extension
from medimg.recipes.generating.generators import weights_sha256
from medimg.recipes.generating.groups import groups_of, set_names
from medimg.recipes.generating.lineage import read_stage
from medimg.recipes.generating.montage import file_name, montage
from medimg.recipes.generating.small_judge import judge_of, seen_by, train_judge
from medimg.recipes.parts.aside import judge_aside
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.networks import Job, prepares
from medimg.recipes.parts.stages import by_first, digest, stage
from medimg.report.generating.generated import ENOUGH
from medimg.report.training import TITLES
from medimg.report.words import words
from medimg.settings import Settings
from medimg.training.machine import Machine

PAIRS = 8  # of generated pictures and their nearest real ones, below a montage
UNSEEN = "so a network taught by generated images alone would have to name what it never saw"
TESTED, COLUMNS = "real test cases", ["trained_on", "tested_on", "n", "patients", "auroc", "low", "high", "method", "reason"]
Look = Callable[[Pictures | Drawn], tuple[NDArray[np.float64], NDArray[np.float32]]]
TEACHERS = {"real": "7_by_real", "generated": "7_by_generated", "both": "7_by_both"}


@dataclass(frozen=True)
class Worth:
    """The judges of one job's generated pictures: what they are trained and looked at with."""

    settings: Settings
    cohort: Cohort
    machine: Machine
    run: Path
    job: Job
    extension: Extension

    def judge(self) -> None:
        """Do the stages: small classifiers with the same steps, what the first and the distances say of each group, and montages.

        No classifier is taught by generated pictures alone where they do not show every class.
        """
        whole = not never_shown(self.extension.table, self.cohort.manifest.classes)
        folders = {taught: self._teach(taught) for taught in TEACHERS if whole or taught != "generated"}
        inputs = {"pictures": digest(list(self.extension.table["id"])), "seed": self.job[0]}
        told = inputs | {"judge": weights_sha256(folders["real"])}
        stage(self.run, prepares("8_judged", self.job), told, lambda folder: by_first(partial(self._tell, folders["real"], folder)))
        if self.settings.report.images:
            stage(self.run, prepares("9_montages", self.job), inputs, lambda folder: by_first(partial(self._show, folder)))

    def _teach(self, taught: str) -> Path:
        real = self._real("train")
        each: dict[str, list[Pictures | Drawn]] = {"real": [real], "generated": [self._made], "both": [real, self._made]}
        sets = each[taught]
        inputs = {
            "split_sha256": self.cohort.split_sha256,
            "job": self.job,
            "kind": self.cohort.kind,
            "side": self.settings.data.size,
            "pictures": digest([list(part.ids) for part in sets]),
        }
        said = TITLES[TEACHERS[taught]]
        return train_judge(self.settings, self.cohort, self.machine, self.run, self.job, TEACHERS[taught], inputs, Joined(sets), said)

    def _real(self, part: str) -> Pictures:
        rows = self.cohort.part(*self.job[1:], part)
        return Pictures(rows, self.cohort.manifest.classes, self.cohort.cache, self.settings.model.channels)

    @property
    def _made(self) -> Drawn:
        training = ~self.extension.table["test"].to_numpy(dtype=bool)
        return self.extension.drawn(training, self.cohort.manifest.classes, self.settings.model.channels)

    def _tell(self, judge: Path, folder: Path) -> None:
        """Write generated.csv and memorised.csv into the stage."""
        rows, classes = self.cohort.part(*self.job[1:], "train"), self.cohort.manifest.classes
        network = judge_of(self.settings, self.cohort, self.job, judge)
        look = partial(seen_by, network, self.cohort.kind, self.machine)
        real, val, made = self._looked_at("train", look), self._looked_at("val", look), self._looked_at(None, look)
        lacking = [group for group in groups_of(rows, classes) if group.label not in set(made.groups)]
        how = self.settings.generate
        skipped = {g.label: f"only {g.told} to train on" if g.too_few(how) else f"{ENOUGH} ({len(g.rows)})" for g in lacking}
        told, memorised = judge_generated(real, val, made, classes, skipped=skipped, seed=self.job[0])
        for name, found in (("generated", told), ("memorised", memorised)):
            write_atomically(folder / f"{name}.csv", found.to_csv(index=False).encode())

    def _show(self, folder: Path) -> None:
        """Draw a montage of each group into the stage."""
        real, made = self._looked_at("train", _unseen), self._looked_at(None, _unseen)
        for group in dict.fromkeys(map(str, made.groups)):
            known, drawn = real.of(group), made.of(group)
            pairs = closest_pairs(known, drawn, PAIRS)
            near = np.stack([drawn.pixels[pairs[:, 0]], known.pixels[pairs[:, 1]]], axis=1)
            montage(known.pixels, drawn.pixels, group, folder / file_name(group), near)

    def _looked_at(self, part: str | None, look: Look) -> Judged:
        """Put together what is judged of the real pictures of a part, or of the generated ones: who, pixels, and what `look` sees."""
        pictures: Pictures | Drawn = self._real(part) if part else self._made
        made = self.extension.table[~self.extension.table["test"]].assign(patient="nobody")
        rows = self.cohort.part(*self.job[1:], part) if part else made
        pixels = pictures.__getitems__(list(range(len(rows))))["image"][:, 0].numpy()
        p, features = look(pictures)
        groups = set_names(rows["label"], self.cohort.manifest.classes)
        ids, labels, patients = (column.to_numpy(dtype=np.str_) for column in (rows["id"], groups, rows["patient"]))
        return Judged(ids, labels, patients, pixels, features, p)


def _unseen(pictures: Pictures | Drawn) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Say nothing of pictures where their pixels are enough."""
    return np.zeros((len(pictures), 0)), np.zeros((len(pictures), 0), dtype=np.float32)


def never_shown(table: pd.DataFrame, classes: Sequence[str]) -> list[str]:
    """List the classes of which no generated picture was trained on: there were real ones enough, or too few to generate from."""
    shown = {name for label in table["label"][~table["test"].astype(bool)] for name in label.split("|")}
    return [name for name in classes if name not in shown]


def write_worth(run: Path, jobs: Sequence[Job], classes: Sequence[str]) -> None:
    """Join what was told of all jobs into the run's tables, show the first one's montages, judge the small classifiers on real cases."""
    stages = {job: folder for job in jobs if (folder := run / "stages" / prepares("8_judged", job)).is_dir()}
    if not stages:
        return
    tables = {name: pd.concat(_told(folder / f"{name}.csv", job) for job, folder in stages.items()) for name in ("generated", "memorised")}
    write_generated(run, tables["generated"], tables["memorised"])
    (run / "generated").mkdir(exist_ok=True)
    first, lost = next(iter(stages)), dict[str, None]()
    for path in (run / "stages" / prepares("9_montages", first)).glob("*.png"):
        write_atomically(run / "generated" / path.name, path.read_bytes())
    for job in stages:
        lost |= dict.fromkeys(never_shown(read_stage(run / "stages" / prepares("5_extend", job)), classes))
    why = f"{words(', '.join(lost))}: not generated, {UNSEEN}"
    rows = [
        {"trained_on": taught, "tested_on": TESTED, "reason": why} if lost and taught == "generated"
        else _taught(run, taught, [run / "stages" / prepares(name, job) for job in stages])
        for taught, name in TEACHERS.items()
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"n": "Int64", "patients": "Int64"})
    write_table(run / "tables", "real_test", table, "Trained on generated images, tested on real ones")


def _told(path: Path, job: Job) -> pd.DataFrame:
    table = pd.read_csv(path, dtype={"id": str, "group": str, "nearest": str})
    for place, (name, number) in enumerate(zip(("seed", "fold", "member"), job, strict=True)):
        table.insert(place, name, number)
    return table


def _taught(run: Path, taught: str, stages: list[Path]) -> dict[str, Any]:
    """Judge the small classifiers that were taught alike, on all their real test cases."""
    own = whole_row(judge_aside(run, f"taught_by_{taught}", stages)[1], "image", "auroc")
    told = {"trained_on": taught, "tested_on": TESTED, "n": own["n"], "patients": own["patients"]}
    return told | {"auroc": own["estimate"], "reason": own["undefined"]} | {name: own[name] for name in ("low", "high", "method")}
