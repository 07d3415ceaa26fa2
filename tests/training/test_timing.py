"""The time of a step is the process's own on a processor, and the shortest of three."""

import time

from medimg.settings import Trainer
from medimg.training.machine import look
from medimg.training.timing import TIMES, quickest


def test_waiting_for_other_programs_is_no_time_of_a_step():
    assert quickest(lambda: time.sleep(0.05), look(Trainer(accelerator="cpu"))) < 0.03


def test_the_quickest_of_three_steps_counts():
    lengths = iter([0.2, 0.02, 0.2])

    def step():
        end = time.process_time() + next(lengths)
        while time.process_time() < end:
            pass

    assert 0.02 <= quickest(step, look(Trainer(accelerator="cpu"))) < 0.1
    assert TIMES == 3
