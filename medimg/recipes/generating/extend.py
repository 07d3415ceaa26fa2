"""The training part of one job extended by generated pictures: drawn, enlarged, judged, each with those who stand behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from medimg.data.cache import PictureCache
from medimg.data.dataset import Pictures, label_matrix
from medimg.data.joined import Drawn
from medimg.data.leaks import prove
from medimg.models.dcgan import noise_length
from medimg.recipes.generating.generate import enlarge, generate
from medimg.recipes.generating.generators import SCALE, Learner, dcgan, srgan, trained, weights_sha256
from medimg.recipes.generating.groups import Group, groups_of
from medimg.recipes.generating.lineage import lineage_of, read_stage, write_lineage
from medimg.recipes.parts.cohort import Cohort, fill
from medimg.recipes.parts.networks import prepares
from medimg.recipes.parts.stages import by_first, stage
from medimg.training import ranks
from medimg.words import spaced

PIXELS = "pictures.npy"
GROUPS = 10_000  # more than there are sets of labels


@dataclass(frozen=True)
class Extension:
    """Generated pictures of one job: `table` (id, label, ..., test: for the paper's test only) and pixels (N, size, size) in its order."""

    folder: Path
    table: pd.DataFrame
    pixels: NDArray[np.float32]

    def drawn(self, rows: NDArray[np.bool_], classes: Sequence[str], channels: int) -> Drawn:
        """Lay out some of the pictures, chosen by (N,) yes or no."""
        chosen = self.table[rows]
        return Drawn(self.pixels[np.flatnonzero(rows)], label_matrix(chosen["label"], classes), list(chosen["id"]), channels)


def extend(learner: Learner, cohort: Cohort) -> Extension | None:
    """Do the stages from the first DCGAN to the extended set; None where no group lacks pictures."""
    rows = cohort.part(*learner.job[1:], "train")
    how, groups = learner.settings.generate, groups_of(rows, cohort.manifest.classes)
    wanted = [group for group in groups if group.missing(how)]
    if not wanted:
        return None
    pictures = partial(_pictures, cohort)
    common = learner.dcgan("2_dcgan", pictures(rows, how.size), how.common_steps, "drawing, all") if how.common_steps else None
    drawing = {
        group.number: learner.dcgan(
            f"3_dcgan{group.number}", pictures(group.rows, how.size), how.steps, f"drawing, {spaced(group.label)}", common
        )
        for group in wanted
    }
    enlarging = learner.srgan(pictures(rows, SCALE * how.size)) if how.enlarge else None
    taught = {group.number: rows if common or enlarging else group.rows for group in wanted}
    inputs = learner.inputs | {"numbers": [(group.missing(how), how.test) for group in wanted], "side": cohort.cache.prepare.size}
    inputs |= {"weights": [weights_sha256(folder) for folder in [*drawing.values(), *([enlarging] if enlarging else [])]]}
    draw = partial(_draw, learner, wanted, drawing, enlarging, taught, cohort.cache.prepare.size)
    folder = stage(learner.run, prepares("5_extend", learner.job), inputs, lambda folder: by_first(partial(draw, folder)))
    extension = read_extension(folder)
    prove(cohort.rows, cohort.split, extension.table)
    return extension


def read_extension(folder: Path) -> Extension:
    """Read what the stage wrote; LeakError where nobody knows any more who stands behind it."""
    return Extension(folder, read_stage(folder), np.load(folder / PIXELS, mmap_mode="r"))


def _pictures(cohort: Cohort, rows: pd.DataFrame, size: int) -> Pictures:
    """Lay out real pictures prepared as the run's, at another size."""
    cache = PictureCache(replace(cohort.cache.prepare, size=size), cohort.cache.headers)
    if ranks.rank() == 0:
        fill(cache, rows)
    ranks.barrier()
    return Pictures(rows, cohort.manifest.classes, cache)


def _draw(
    learner: Learner, groups: list[Group], drawing: dict[int, Path], enlarging: Path | None, taught: dict[int, pd.DataFrame], size: int,
    folder: Path,
) -> None:  # fmt: skip
    """Draw each group's missing pictures, then those for the paper's test, enlarge them, and write who stands behind them."""
    settings, machine = learner.settings, learner.machine
    noise = noise_length(settings.generate.size, settings.generate.latent)
    larger = trained(srgan, settings, enlarging) if enlarging else None
    pixels, tables, donors = list[NDArray[np.float32]](), list[pd.DataFrame](), list[pd.DataFrame]()
    for group in groups:
        count = group.missing(settings.generate)
        network = trained(dcgan, settings, drawing[group.number])
        seed = GROUPS * learner.job[0] + group.number  # or picture k of each group would be drawn from the same numbers
        seen = generate(network, count + settings.generate.test, seed, machine, length=noise)
        pixels.append(to_size(enlarge(larger, seen, machine) if larger else seen, size))
        one, behind = lineage_of(
            group.label, range(len(seen)), learner.job, weights_sha256(drawing[group.number]), list(taught[group.number]["patient"])
        )
        tables.append(one.assign(enlarger=weights_sha256(enlarging) if enlarging else "", test=one["number"] >= count))
        donors.append(behind)
    np.save(folder / PIXELS, np.concatenate(pixels))
    write_lineage(folder, tables, donors)


def to_size(pictures: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Bring pictures (N, s, s) to (N, size, size) without negative values: by area where larger, which keeps counts, else bicubic."""
    if pictures.shape[-1] == size:
        return pictures.clip(min=0)
    image, smaller = torch.from_numpy(pictures)[:, None], pictures.shape[-1] > size
    found = F.interpolate(image, size=(size, size), **({"mode": "area"} if smaller else {"mode": "bicubic", "antialias": True}))
    return found[:, 0].clamp(min=0).numpy()
