"""Draw many patients at once, each process on one core."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from threadpoolctl import threadpool_limits

from medimg.io.told import Told
from medimg.io.workers import available_cpus


def draw(function: Callable[[Any], Any], jobs: Sequence[Any], what: str) -> list[Any]:
    """Call a module's function on every job in child processes; returns the results in the order of the jobs, and tells how far it is."""
    workers = min(available_cpus(), 16, len(jobs))
    results = []
    with ProcessPoolExecutor(workers, get_context("spawn"), _alone) as pool, Told(what, len(jobs)) as told:
        for result in pool.map(function, jobs):
            results.append(result)
            told(len(results), len(jobs))
    return results


def _alone() -> None:
    """Let the libraries of a child use one thread: several children share the cores."""
    os.environ["OMP_NUM_THREADS"] = "1"
    threadpool_limits(1)
