import csv
import json
import sys

import pytest
from toys import run

from medimg.settings import Trainer
from medimg.training import told as told_module
from medimg.training.progress import write_rows
from medimg.training.told import Told


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(told_module, "time", clock)
    return clock


def test_a_log_gets_a_line_every_ten_seconds_and_the_last(clock, capsys):
    with Told("training", 100) as told:
        for done in range(1, 101):
            clock.now += 1
            told(done, 100, "val/loss 0.5")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[0].startswith("training: 1 of 100  val/loss 0.5")
    assert lines[-1] == "training: 100 of 100  val/loss 0.5  (100 s)"
    assert not any("\x1b" in line or "\r" in line for line in lines)


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Told("decoding", 3) as told:
        told(3, 3)
    assert "3/3" in capsys.readouterr().err


def test_a_line_without_a_note_has_no_hole(clock, capsys):
    Told("decoding", 1)(1, 1)
    assert capsys.readouterr().err == "decoding: 1 of 1  (0 s)\n"


def test_rows_are_written_for_machines_and_for_tables(tmp_path):
    rows = [{"epoch": 0, "step": 5, "val/loss": 0.25}, {"epoch": 1, "step": 10, "val/loss": 0.125, "val/auroc": 0.75}]
    write_rows(tmp_path, rows)
    assert [json.loads(line) for line in (tmp_path / "progress.jsonl").read_text().splitlines()] == rows
    table = list(csv.DictReader((tmp_path / "progress.csv").open()))
    assert table[0]["val/auroc"] == ""
    assert [{key: float(value) for key, value in row.items() if value} for row in table] == rows


def test_training_tells_its_steps_and_newest_measures(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(told_module, "EVERY_SECONDS", 0.0)
    run(tmp_path, Trainer(epochs=2, batch_size=8, accelerator="cpu"))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("training: 1 of 15")
    assert "train/loss" not in lines[4]
    assert "val/loss" in lines[9]
