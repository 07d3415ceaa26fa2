import sys

import pytest

from medimg.io import told as told_module
from medimg.io.told import Told


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
