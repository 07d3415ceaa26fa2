"""A simulation in the terminal: what was found of each strategy, and the verdict."""

import io

from report.simulating.test_simulation import written
from rich.console import Console

from medimg.report.simulating.terminal import simulation_table


def test_the_terminal_shows_each_strategy_and_the_verdict(tmp_path):
    run = written(tmp_path / "run", gain={"diverse": 0.8}, repeats=4, strategies=("random", "random_patient", "diverse"))
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(simulation_table(run))
    text = console.export_text()
    for name in ("random patient", "Diverse is better than random", "Labels to full", "trainings"):
        assert name in text
