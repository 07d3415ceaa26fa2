"""How long a step takes, measured so that other programs on the machine disturb it little."""

import time
from collections.abc import Callable

import torch

from medimg.training.machine import Machine

TIMES = 3


def quickest(step: Callable[[], object], machine: Machine) -> float:
    """Time the quickest of three steps: seconds of a GPU, or seconds of all threads of this process together on a processor."""
    spent = []
    for _ in range(TIMES):
        start = _clock(machine)
        step()
        spent.append(_clock(machine) - start)
    return min(spent)


def _clock(machine: Machine) -> float:
    """Read the processor's clock of this process, or the clock on the wall when all that was asked of the GPU is done."""
    if machine.accelerator == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()
