"""The organs of films found by networks of medimg train experiment=chest_qc, one run for each view."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage, special
from torch import nn
from torch.nn import functional as F

from medimg.data.film_cache import VERSION
from medimg.data.film_frame import squared
from medimg.errors import ConfigError
from medimg.metrics import Flags
from medimg.models.averaged import Averaged
from medimg.models.chest_net import ChestNet
from medimg.models.joined import joined
from medimg.qc.segmenter import Segmented
from medimg.recipes.parts.networks import best_of, networks, stage_name
from medimg.recipes.parts.outlining import answering, outliner
from medimg.recipes.parts.stages import begun_with
from medimg.settings import Settings, Trainer
from medimg.training.machine import Machine, look
from medimg.training.score import logits_of

Plane = NDArray[np.float32]
BAND = 1 / 128  # of the side of a network's answer, on either side of a contour: where trust is measured


@dataclass(frozen=True)
class Outliner:
    """What outlines `organs` on films of `size` x `size` px, ready to answer; `name` tells its weights from others'."""

    network: nn.Module
    organs: tuple[str, ...]
    size: int
    name: str


class NetworkSegmenter:
    """A `medimg.qc.segmenter.Segmenter` of one network a view."""

    def __init__(self, outliners: Mapping[str, Outliner], machine: Machine) -> None:
        self.outliners, self.machine = dict(outliners), machine
        self.name = ", ".join(sorted({one.name for one in outliners.values()}))

    @property
    def device(self) -> str:
        """Where it runs now: cpu, cuda."""
        return self.machine.device.type

    def organs(self, view: str) -> tuple[str, ...]:
        """The organs of a view; () where no network knows it."""
        return self.outliners[view].organs if view in self.outliners else ()

    def segment(self, images: NDArray[np.float32], views: Sequence[str]) -> Sequence[Segmented]:
        """Outline films (n, side, side), canonical grey: masks of the same size, and trust of each organ that was found."""
        found: dict[int, Segmented] = {}
        for view in sorted(set(views)):
            places = [place for place, other in enumerate(views) if other == view]
            for place, answer in zip(places, self._outlined(images[places], self.outliners[view]), strict=True):
                found[place] = answer
        return [found[place] for place in range(len(images))]

    def to_processor(self) -> bool:
        """Move from the accelerator to the processor; False where it runs there already."""
        if self.machine.accelerator == "cpu":
            return False
        self.machine = replace(self.machine, accelerator="cpu", precision="fp32")
        for one in self.outliners.values():
            one.network.to("cpu")
        return True

    @torch.inference_mode()
    def _outlined(self, images: NDArray[np.float32], asked: Outliner) -> list[Segmented]:
        films = torch.from_numpy(np.stack([squared(image, asked.size) for image in images]))[:, None]
        logits = logits_of(asked.network, films, self.machine).cpu().numpy()
        return [_found(film, asked.organs, images.shape[1]) for film in logits]


def _found(logits: Plane, organs: Sequence[str], side: int) -> Segmented:
    trust = {organ: value for organ, each in zip(organs, logits, strict=True) if (value := trust_of(each)) is not None}
    return {organ: enlarged(each, side) for organ, each in zip(organs, logits, strict=True)}, trust


def trust_of(logits: Plane) -> float | None:
    """Mean largest probability on the band around an organ's contour: (H, W) logits -> 0.5 to 1; None without a contour."""
    inside, width = (logits > 0).astype(np.uint8), 2 * max(1, round(BAND * len(logits))) + 1
    grown, shrunk = (rank(inside, width, mode="nearest") for rank in (ndimage.maximum_filter, ndimage.minimum_filter))
    band = np.abs(logits[grown > shrunk])  # near the organ and near what is none
    return float(special.expit(band).mean()) if len(band) and np.isfinite(band).all() else None


def enlarged(logits: Plane, side: int) -> Flags:
    """Mask of one organ at its film's own size: (size, size) logits, joined linearly -> (side, side).

    They are joined around the organ alone: most organs are small, and what is far from them would cost most of the time.
    """
    size, mask = len(logits), np.zeros((side, side), bool)
    place = _around(logits > 0, step=size // math.gcd(size, side))
    if place is not None:
        rows, columns = (slice(each.start * side // size, each.stop * side // size) for each in place)
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        near = torch.from_numpy(np.ascontiguousarray(logits[place]))[None, None]
        mask[rows, columns] = (F.interpolate(near, size=shape, mode="bilinear", align_corners=False)[0, 0] > 0).numpy()
    return mask


def _around(inside: Flags, step: int) -> tuple[slice, slice] | None:
    """Rows and columns that hold an organ and one more on every side, in multiples of `step`; None where there is no organ."""
    found = list[slice]()
    for axis in (1, 0):
        there = np.flatnonzero(inside.any(axis=axis))
        if not len(there):
            return None
        first, last = int(there[0]) - 1, int(there[-1]) + 2
        found.append(slice(max(0, first) // step * step, min(inside.shape[1 - axis], -(-last // step) * step)))
    return found[0], found[1]


def segmenter_of(runs: Sequence[tuple[Path, Settings]], mirror: bool = False) -> NetworkSegmenter:
    """Load the networks of each run (folder, settings); several of one run answer by their mean.

    ConfigError where runs are not of chest_qc, or two know one view; RunError where one is not finished.
    """
    faults, outliners = list[str](), dict[str, Outliner]()
    for run, settings in runs:
        if settings.recipe != "chest_qc":
            faults.append(f"network={run.name}: that run outlines no organs. Name runs of medimg train experiment=chest_qc.")
            continue
        twice = [view for view in settings.view.films if view in outliners]
        stages = [run / "stages" / stage_name(*job) for job in networks(run)]
        if any(begun_with(stage).get("prepare", {}).get("version") != VERSION for stage in stages):
            faults.append(f"network={run.name}: it learned films prepared in another way than now. Train it again with this medimg.")
        if twice:
            faults.append(f"network={run.name}: films of view {', '.join(twice)} have a network already. Name one run for each view.")
        if mirror and not settings.randomise.mirror:
            faults.append(
                f"mirror=true: the network of {run.name} learned no mirrored films. Leave it out, or train on them: randomise.mirror=true."
            )
        if not twice and not faults:
            outliners |= dict.fromkeys(settings.view.films, _loaded(run, settings, mirror))
    if faults:
        raise ConfigError(*faults)
    machine = replace(look(Trainer()), precision="fp32")  # the same masks on every machine, as near as can be
    machine.settle()
    for one in outliners.values():
        one.network.to(machine.device).to(memory_format=torch.channels_last if machine.channels_last else torch.contiguous_format)
    return NetworkSegmenter(outliners, machine)


def _loaded(run: Path, settings: Settings, mirror: bool) -> Outliner:
    files = [best_of(run / "stages" / stage_name(*job)) for job in networks(run)]
    first, *others = [_fast(outliner(settings, seed=0, trained=file), settings.data.size) for file in files]
    network = answering(settings, Averaged([first, *others]) if others else first, mirror)
    weights = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    several = f" x {len(files)}" if len(files) > 1 else ""
    name = f"{settings.model.name}{several} {weights}{' mirrored' if mirror else ''}"
    return Outliner(network.eval(), settings.view.organs, settings.data.size, name)


def _fast(network: nn.Module, size: int) -> nn.Module:
    if not isinstance(network, ChestNet):
        return network
    made = joined(network)
    made.small = size % made.whole == 0
    return made
