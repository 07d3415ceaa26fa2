"""medimg's training against a bare PyTorch loop and against Lightning's defaults, as ratios from alternating rounds in one process.

Run:  make bench                                     about 5 minutes on two free cores
      python scripts/bench.py --quick                a glance
      python scripts/bench.py --rounds 40 --steps 4 --threads 1
      python scripts/bench.py --only steps resnet50 --images 512 --steps 7    on a GPU, which is taken where there is one

The pictures are the built-in thyroid cohort, prepared once into a cache in a temporary folder; nothing else is read or written. Each
ratio is the median over rounds, with the quartiles: `clock` by wall time, `processor` by the processor's time of this process, which
other programs on the machine disturb less. The batches, the initial weights, precision, memory format and threads of medimg and the
bare loop are the same, and so must be the loss of every step, to the bit
(on a GPU it is told in how many steps). A clock is read when the GPU has done all it was asked.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FIRST_STEP = Path(__file__).resolve().with_name("first_step.py")
CLASSES = ("hyperthyroid", "subacute_thyroiditis", "reduced_uptake", "nodule", "goitre", "normal")
JUDGED = 64
PARTS = ("steps", "resnet50", "start")


def main() -> None:
    options = _options()
    os.environ.setdefault("OMP_NUM_THREADS", str(options.threads or len(os.sched_getaffinity(0))))
    with tempfile.TemporaryDirectory() as home:
        os.environ["MEDIMG_HOME"] = home
        rows = _rows(options.images)
        _print_head(_machine(options))
        if "steps" in options.only:
            _print(_against_bare(rows, options))
        if "resnet50" in options.only:
            _print(_against_lightning(rows, options))
        if "start" in options.only:
            _print(_alone_rounds(home, options, rounds=1 if options.quick else 5))
    print(f"\n{_load()} at the end")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30, help="rounds of each comparison (30)")
    parser.add_argument("--steps", type=int, default=4, help="steps of each loop in a round (4)")
    parser.add_argument("--threads", type=int, help="threads of every loop (all cores)")
    parser.add_argument("--images", type=int, default=256, help="training images: an epoch has a 32nd as many steps (256)")
    parser.add_argument("--accelerator", choices=("auto", "cpu", "gpu"), default="auto", help="what to compute on (a GPU if there is one)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts of the table (all)")
    parser.add_argument("--quick", action="store_true", help="six rounds, the slow comparison two")
    options = parser.parse_args()
    options.rounds = min(options.rounds, 6) if options.quick else options.rounds
    return options


def _rows(images: int) -> Any:
    from medimg import phantoms
    from medimg.io import read_manifest

    manifest = phantoms.cohort("thyroid", n=images + JUDGED)
    return read_manifest(manifest, classes=CLASSES, multilabel=True).rows


def _race(rows: Any, network: str, size: int) -> Any:
    """Fill the cache, then take the decoder away: whoever opens an image from now on, in an epoch, is caught."""
    import torch
    from contestants import Race

    from medimg.data import cache as caches
    from medimg.data.dataset import Pictures
    from medimg.data.prepare import Prepare
    from medimg.models.backbones import build

    cache = caches.PictureCache(Prepare(size, "counts", "none", 200.0))
    decoded = cache.fill(rows)
    assert decoded == len(rows), f"{decoded} of {len(rows)} pictures were decoded into an empty cache"
    assert cache.fill(rows) == 0, "a filled cache was filled again"
    torch.manual_seed(1)
    train, val = (Pictures(part, CLASSES, cache) for part in (rows[:-JUDGED], rows[-JUDGED:]))
    return Race(build(network, outputs=len(CLASSES)), train, val, 32)


class Decodes:
    """Counts calls of read_image and of the processes that decode."""

    def __init__(self) -> None:
        from medimg.data import cache as caches

        self.count, self._module = 0, caches
        self._before = {name: getattr(caches, name) for name in ("read_image", "each")}

    def __enter__(self) -> "Decodes":
        for name, function in self._before.items():
            setattr(self._module, name, self._counted(function))
        return self

    def __exit__(self, *_: object) -> None:
        for name, function in self._before.items():
            setattr(self._module, name, function)

    def _counted(self, function: Any) -> Any:
        def called(*args: Any, **named: Any) -> Any:
            self.count += 1
            return function(*args, **named)

        return called


def _against_bare(rows: Any, options: argparse.Namespace) -> list[tuple[str, str]]:
    """ResNet-18 at 128 px, the machine's own choice of precision in both; Lightning's defaults beside."""
    import numpy as np
    from contestants import alternate, bare_loop, lightning_loop, medimg_loop

    race, machine = _race(rows, "resnet18", 128), _machine(options)
    loops = [medimg_loop(race, machine), bare_loop(race, machine), lightning_loop(race, machine)]
    with Decodes() as decodes:
        found = alternate(loops, options.rounds, options.steps)
    ours, bare = (np.array([float(loss) for loss in loop.losses]) for loop in loops[:2])
    for loop in loops:
        loop.stop()
    epochs = len(ours) // race.steps_per_epoch
    assert decodes.count == 0, f"{decodes.count} pictures were decoded while training"
    equal, largest = int((ours == bare).sum()), np.abs(ours - bare).max()
    alike = machine.accelerator == "gpu" or equal == len(ours)
    assert alike, f"medimg and the bare loop did not do the same: losses differ by up to {largest:.3g}"
    name = f"ResNet-18, 128 px, batch 32, {machine.precision} {machine.memory_format}"
    inside = _without_epoch_end(options.rounds, options.steps, race.steps_per_epoch)
    return [
        (f"{name}: medimg to bare, training steps", _ratio(found["bare"][inside], found["medimg"][inside])),
        (f"... with validation and checkpoints after every {race.steps_per_epoch} steps", _total(found["bare"], found["medimg"])),
        ("... to Lightning's defaults", _ratio(found["Lightning"][inside], found["medimg"][inside])),
        ("... images a second", _images_a_second(found["medimg"][inside], options.steps)),
        ("... losses of medimg and bare", f"equal to the bit in {equal} of {len(ours)} steps, largest difference {largest:.3g}"),
        (f"pictures decoded in {epochs} epochs", str(decodes.count)),
    ]


def _against_lightning(rows: Any, options: argparse.Namespace) -> list[tuple[str, str]]:
    """ResNet-50 at 224 px: what looking at the machine is worth; on a GPU, where it takes no minutes, against the bare loop too."""
    from contestants import alternate, bare_loop, lightning_loop, medimg_loop

    race, machine = _race(rows, "resnet50", 224), _machine(options)
    loops = [medimg_loop(race, machine), lightning_loop(race, machine)]
    rounds, steps = 2 if options.quick else min(options.rounds, 12), 1
    if machine.accelerator == "gpu":
        loops.append(bare_loop(race, machine))
        rounds, steps = options.rounds, options.steps
    found = alternate(loops, rounds, steps, warm=steps)
    for loop in loops:
        loop.stop()
    inside = _without_epoch_end(rounds, steps, race.steps_per_epoch, warm=steps)
    name = f"ResNet-50, 224 px, batch 32, {machine.precision} {machine.memory_format}"
    table = [(f"{name}: medimg to Lightning's defaults", _ratio(found["Lightning"][inside], found["medimg"][inside]))]
    if "bare" in found:
        table.append(("... to bare, training steps", _ratio(found["bare"][inside], found["medimg"][inside])))
    return [*table, ("... images a second", _images_a_second(found["medimg"][inside], steps))]


def _without_epoch_end(rounds: int, steps: int, per_epoch: int, warm: int = 2) -> list[int]:
    """Give the rounds in which no loop goes from one epoch to the next."""
    first = [warm + k * steps for k in range(rounds)]
    return [k for k, done in enumerate(first) if (done - 1) // per_epoch == (done + steps - 1) // per_epoch]


def _machine(options: argparse.Namespace) -> Any:
    from medimg.settings import Trainer
    from medimg.training.machine import look

    return look(Trainer(accelerator=options.accelerator, threads=options.threads))


def _images_a_second(spent: Any, steps: int) -> str:
    import numpy as np

    return f"{32 * steps / np.median(spent[:, 0]):.0f}"


def _ratio(other: Any, ours: Any) -> str:
    """Say how many times as fast ours is: median and quartiles of the rounds, by both clocks."""
    import numpy as np

    low, middle, high = np.percentile(other / ours, (25, 50, 75), axis=0)
    told = [f"{middle[k]:.3f} ({low[k]:.3f} to {high[k]:.3f}) {clock}" for k, clock in enumerate(("clock", "processor"))]
    return f"{'; '.join(told)}; n = {len(ours)}"


def _total(other: Any, ours: Any) -> str:
    whole = other.sum(axis=0) / ours.sum(axis=0)
    return f"{whole[0]:.3f} clock; {whole[1]:.3f} processor; all rounds together"


def _alone_rounds(home: str, options: argparse.Namespace, rounds: int) -> list[tuple[str, str]]:
    """Start each program by itself: seconds from the start of its process to its first optimiser step, and its peak memory."""
    import numpy as np

    found: dict[str, list[dict[str, float]]] = {}
    accelerator = _machine(options).accelerator
    for _ in range(rounds + 1):  # the first fills caches and is not counted
        for name in ("medimg", "bare", "lightning"):
            found.setdefault(name, []).append(_start(name, home, accelerator))
    table = []
    for name, runs in found.items():
        seconds = sorted(run["seconds"] for run in runs[1:])
        told = f"{np.median(seconds):.1f} s ({seconds[0]:.1f} to {seconds[-1]:.1f}), n = {rounds}"
        table.append((f"{TITLES[name]}: process start to first optimiser step", told))
        for key, where in (("peak_mb", ""), ("gpu_mb", " on the GPU")):
            if runs[0][key]:
                peak = f"{np.median([run[key] for run in runs[1:]]):.0f} MB"
                table.append((f"... peak memory{where} of 6 steps, ResNet-18, 128 px, batch 32", peak))
    return table


TITLES = {"medimg": "`medimg train`, warm cache", "bare": "bare loop with timm", "lightning": "Lightning's defaults with timm"}
TRAIN = ("train", "experiment=thyroid_spect", "profile=smoke", "data.limit=320", "data.size=128", "trainer.batch_size=32")


def _start(name: str, home: str, accelerator: str) -> dict[str, float]:
    words = [*TRAIN, f"runs={home}/runs", f"trainer.accelerator={accelerator}"] if name == "medimg" else []
    command = [sys.executable, str(FIRST_STEP), name, repr(time.time()), accelerator, *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=home)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise SystemExit(f"{name} made no step:\n{done.stdout}\n{done.stderr}")
    return dict(json.loads(lines[-1]))


def _print_head(machine: Any) -> None:
    import torch

    print(f"\n{machine.device_name}, {len(os.sched_getaffinity(0))} cores, torch {torch.__version__}; {_load()}\n")
    print("| what | measured |\n|---|---|", flush=True)


def _print(table: list[tuple[str, str]]) -> None:
    for what, measured in table:
        print(f"| {what} | {measured} |", flush=True)


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f} programs busy"


if __name__ == "__main__":
    main()
