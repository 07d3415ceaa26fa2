"""Seconds and peak memory of every strategy choosing 50 of 1,000,000 items, each in a child process of its own.

Run:  python scripts/bench_strategies.py                    about a minute
      python scripts/bench_strategies.py --items 100000

The pool: 2 classes, 128 float32 features (a memory map), 10 draws, 25 items of each patient, 400 labelled, a cap on patients, a tenth at
random, contents to collapse. Seconds are those of `pick`; memory is the peak of the whole process, the pages of the map in it.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from medimg.active.lots import Lots
from medimg.active.pool import Pool
from medimg.active.strategies import STRATEGIES, pick

FEATURES, DRAWS, SLICES, LABELLED, BUDGET = 128, 10, 25, 400, 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000, help="size of the pool (1,000,000)")
    parser.add_argument("--only", nargs="+", default=[*STRATEGIES], choices=[*STRATEGIES], help="strategies (all)")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(_measure(options.child[0], Path(options.child[1]))))
        return
    print(f"{BUDGET} of {options.items:,}, {len(os.sched_getaffinity(0))} core(s), load {os.getloadavg()[0]:.1f}\n")
    print("| strategy | seconds | processor seconds | peak memory, GiB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), options.items)
        for strategy in options.only:
            child = [sys.executable, __file__, "--child", strategy, folder]
            seconds, processor, peak = json.loads(subprocess.run(child, check=True, stdout=subprocess.PIPE).stdout)
            print(f"| {strategy} | {seconds:.1f} | {processor:.1f} | {peak:.2f} |", flush=True)


def _write(folder: Path, items: int) -> None:
    rng = np.random.default_rng(0)
    chance = rng.random((DRAWS, items), dtype=np.float32)
    np.save(folder / "draws.npy", np.stack([chance, 1 - chance], axis=2))
    np.save(folder / "features.npy", rng.standard_normal((items, FEATURES), dtype=np.float32))
    np.save(folder / "labelled.npy", rng.standard_normal((LABELLED, FEATURES), dtype=np.float32))


def _measure(strategy: str, folder: Path) -> tuple[float, float, float]:
    features = np.load(folder / "features.npy", mmap_mode="r")
    draws = np.load(folder / "draws.npy", mmap_mode="r")
    tokens = [f"{number:016x}" for number in range(len(features))]
    pool = Pool(
        tokens=tokens,
        groups=np.arange(len(tokens)) // SLICES,
        probabilities=np.asarray(draws[0]),
        features=features,
        draws=draws,
        labelled_features=np.load(folder / "labelled.npy"),
        contents=tokens,
    )
    start, used = time.perf_counter(), time.process_time()
    batch = pick(strategy, pool, BUDGET, Lots(seed=0), cap="auto", mix=0.1)
    seconds, processor = time.perf_counter() - start, time.process_time() - used
    assert len(set(batch.index.tolist())) == BUDGET
    return seconds, processor, _peak_gib()


def _peak_gib() -> float:
    """Read the kernel's high-water mark; getrusage would tell the parent's where that was higher."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 2**20


if __name__ == "__main__":
    main()
