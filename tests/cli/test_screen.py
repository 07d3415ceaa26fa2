"""Faults fit on one screen, whole ones only, and none is dropped in silence."""

from medimg.cli.screen import LINES, screenful, show, size, tell_faults
from medimg.errors import ConfigError


def test_one_fault_stands_alone_and_several_get_marks():
    assert screenful(["a fault."]) == ["a fault."]
    assert screenful(["one.", "two."]) == ["- one.", "- two."]


def test_many_faults_are_cut_at_a_whole_one_and_counted():
    lines = screenful([f"fault {i}: " + "word " * 40 for i in range(30)])
    assert len(lines) <= LINES + 1
    shown = sum(line.startswith("- ") for line in lines)
    assert lines[-1] == f"... and {30 - shown} more; --json lists all."


def test_exactly_a_screenful_is_not_cut():
    assert len(screenful([f"{i}" for i in range(LINES)])) == LINES
    assert "more" not in screenful([f"{i}" for i in range(LINES)])[-1]


def test_one_endless_fault_is_cut_too():
    assert len(screenful(["word " * 5000])) <= LINES


def test_a_terminal_gets_a_panel(monkeypatch, capsys):
    import sys

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    show("Please correct this", ["[red] is text, not markup"], red=True)
    told = capsys.readouterr().err
    assert "╭" in told
    assert "[red] is text" in told


def test_an_error_without_words_still_has_a_name(capsys):
    assert tell_faults(ConfigError(), as_json=False) == 2
    assert "ConfigError" in capsys.readouterr().err


def test_sizes_are_readable():
    assert [size(count) for count in (0, 999, 1_500_000, 2.5e9, 3e13)] == ["0 B", "999 B", "1.5 MB", "2.5 GB", "30.0 TB"]
