"""What generated pictures are worth: beside real ones, and as teachers of small classifiers that are tested on real ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from medimg.data.dataset import Pictures
from medimg.data.joined import Drawn, Joined
from medimg.evaluate.files import write_table
from medimg.evaluate.generated import judge_generated, write_generated
from medimg.evaluate.rows import whole_row
from medimg.evaluate.spaces import Pictures as Judged
from medimg.evaluate.spaces import closest_pairs
from medimg.io.files import write_atomically
from medimg.recipes.aside import judge_aside
from medimg.recipes.cohort import Cohort
from medimg.recipes.extend import Extension
from medimg.recipes.groups import groups_of, set_names
from medimg.recipes.montage import file_name, montage
from medimg.recipes.networks import Job, prepares
from medimg.recipes.small_judge import judge_of, seen_by, train_judge
from medimg.recipes.stages import digest, stage
from medimg.settings import Settings
from medimg.training import ranks
from medimg.training.machine import Machine

PAIRS = 8  # of generated pictures and their nearest real ones, below a montage
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
        """Do the stages: three small classifiers with the same steps, and what the first and the distances say of each group."""
        folders = {taught: self._teach(taught) for taught in TEACHERS}
        inputs = {"pictures": digest(list(self.extension.table["id"])), "judge": folders["real"].name, "seed": self.job[0]}
        stage(self.run, prepares("8_judged", self.job), inputs, partial(self._tell, folders["real"]))

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
        return train_judge(self.settings, self.cohort, self.machine, self.run, self.job, TEACHERS[taught], inputs, Joined(sets))

    def _real(self, part: str) -> Pictures:
        rows = self.cohort.part(*self.job[1:], part)
        return Pictures(rows, self.cohort.manifest.classes, self.cohort.cache, self.settings.model.channels)

    @property
    def _made(self) -> Drawn:
        training = ~self.extension.table["test"].to_numpy(dtype=bool)
        return self.extension.drawn(training, self.cohort.manifest.classes, self.settings.model.channels)

    def _tell(self, judge: Path, folder: Path) -> None:
        """Write generated.csv, memorised.csv and a montage of each group into the stage."""
        if ranks.rank():
            return
        rows, classes = self.cohort.part(*self.job[1:], "train"), self.cohort.manifest.classes
        network = judge_of(self.settings, self.cohort, self.job, judge)
        look = partial(_looked_at, partial(seen_by, network, self.cohort.kind, self.machine), classes)
        table = self.extension.table[~self.extension.table["test"]]
        real, val = (look(self.cohort.part(*self.job[1:], part), self._real(part)) for part in ("train", "val"))
        made = look(table.assign(patient="nobody"), self._made)
        skipped = {
            group.label: f"left as it is: {len(group.rows)} real training pictures"
            for group in groups_of(rows, classes) if group.label not in set(table["label"])
        }  # fmt: skip
        told, memorised = judge_generated(real, val, made, classes, skipped=skipped, seed=self.job[0])
        for name, found in (("generated", told), ("memorised", memorised)):
            write_atomically(folder / f"{name}.csv", found.to_csv(index=False).encode())
        if self.settings.report.images:
            for group in dict.fromkeys(table["label"]):
                known, drawn = real.of(group), made.of(group)
                pairs = closest_pairs(known, drawn, PAIRS)
                near = np.stack([drawn.pixels[pairs[:, 0]], known.pixels[pairs[:, 1]]], axis=1)
                montage(known.pixels, drawn.pixels, group, folder / file_name(group), near)


def _looked_at(
    look: Callable[[Pictures | Drawn], tuple[Any, Any]], classes: Sequence[str], rows: pd.DataFrame, pictures: Pictures | Drawn
) -> Judged:
    """Put together what is judged of pictures: who they are, their pixels, and what the judge sees in them."""
    pixels = pictures.__getitems__(list(range(len(rows))))["image"][:, 0].numpy()
    p, features = look(pictures)
    groups = set_names(rows["label"], classes)
    ids, labels, patients = (column.to_numpy(dtype=np.str_) for column in (rows["id"], groups, rows["patient"]))
    return Judged(ids, labels, patients, pixels, features, p)


def write_worth(run: Path, jobs: Sequence[Job]) -> None:
    """Join what was told of all jobs into the run's tables, show the first one's montages, judge the small classifiers on real cases."""
    stages = {job: folder for job in jobs if (folder := run / "stages" / prepares("8_judged", job)).is_dir()}
    if not stages:
        return
    tables = {name: pd.concat(_told(folder / f"{name}.csv", job) for job, folder in stages.items()) for name in ("generated", "memorised")}
    write_generated(run, tables["generated"], tables["memorised"])
    (run / "generated").mkdir(exist_ok=True)
    for path in next(iter(stages.values())).glob("*.png"):
        write_atomically(run / "generated" / path.name, path.read_bytes())
    rows = [_taught(run, taught, [run / "stages" / prepares(name, job) for job in stages]) for taught, name in TEACHERS.items()]
    write_table(run / "tables", "real_test", pd.DataFrame(rows), "Trained on generated pictures, tested on real ones")


def _told(path: Path, job: Job) -> pd.DataFrame:
    table = pd.read_csv(path, dtype={"id": str, "group": str, "nearest": str})
    for place, (name, number) in enumerate(zip(("seed", "fold", "member"), job, strict=True)):
        table.insert(place, name, number)
    return table


def _taught(run: Path, taught: str, stages: list[Path]) -> dict[str, Any]:
    """Judge the small classifiers that were taught alike, on all their real test cases."""
    own = whole_row(judge_aside(run, f"taught_by_{taught}", stages)[1], "image", "auroc")
    told = {"trained_on": taught, "tested_on": "real test cases", "n": own["n"], "patients": own["patients"]}
    return told | {"auroc": own["estimate"], "low": own["low"], "high": own["high"], "reason": own["undefined"]}
