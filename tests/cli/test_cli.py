"""Exit codes, help at once, nothing heavy imported for small answers."""

import errno
import os
import signal
import subprocess
import sys
from importlib import import_module

import pytest
from command import medimg, refused

from medimg import cli
from medimg.errors import GateFailed, Interrupted, LeakError, ManifestError, NothingToDo

look = import_module("medimg.cli.look")


def shell(*words, **options):
    return subprocess.run([sys.executable, "-m", "medimg", *words], capture_output=True, text=True, timeout=60, **options)


def raising(monkeypatch, fault):
    def verb(_):
        raise fault

    monkeypatch.setattr(look, "list_experiments", verb)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ManifestError("a", "b"), 2), (NothingToDo("done"), 4), (LeakError("leak"), 5), (GateFailed("gate"), 5), (Interrupted(15), 143),
        (Interrupted(2), 130), (KeyboardInterrupt(), 130), (RuntimeError("secret of P17"), 1), (BrokenPipeError(), 0),
    ],
)  # fmt: skip
def test_each_kind_of_end_has_its_exit_code(monkeypatch, fault, code):
    stdout = sys.stdout
    raising(monkeypatch, fault)
    answer = medimg("list")
    sys.stdout = stdout
    assert answer.code == code
    assert "Traceback" not in answer.err


def test_a_bug_is_told_in_short_and_kept_in_medimgs_own_folder(monkeypatch, medimg_home):
    raising(monkeypatch, RuntimeError("secret of P17"))
    text = refused("list", code=1)
    assert "--debug" in text
    assert "last_bug.txt" in text
    assert "P17" not in text
    kept = medimg_home / "last_bug.txt"
    assert "secret of P17" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


def test_debug_shows_the_traceback(monkeypatch):
    raising(monkeypatch, RuntimeError("x"))
    with pytest.raises(RuntimeError):
        medimg("list", "--debug")


def test_a_machine_reads_faults_as_json(monkeypatch):
    raising(monkeypatch, ManifestError("a", "b"))
    assert medimg("list", "--json").json == {"exit_code": 2, "kind": "ManifestError", "faults": ["a", "b"]}


def test_sigterm_ends_a_verb_with_143(monkeypatch):
    monkeypatch.setattr(look, "list_experiments", lambda _: os.kill(os.getpid(), signal.SIGTERM))
    before = signal.getsignal(signal.SIGTERM)
    assert medimg("list").code == 143
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["data", "--help"], ["data", "scan", "--help"], ["--version"]])
def test_help_and_version_end_well(words):
    answer = shell(*words)
    assert answer.returncode == 0
    assert answer.stdout
    assert not answer.stderr


def test_help_comes_at_once():
    def seconds(*command):  # of the processor, the least of five: other programs count as little as can be
        spent = []
        for _ in range(5):
            before = os.times()
            subprocess.run([sys.executable, *command], stdout=subprocess.DEVNULL, check=True)
            after = os.times()
            spent.append(after.children_user + after.children_system - before.children_user - before.children_system)
        return min(spent)

    bare, own = seconds("-c", "pass"), seconds("-m", "medimg", "train", "--help")
    assert own < max(0.3, 8 * bare), f"{own:.2f} s, a bare interpreter {bare:.2f} s"


@pytest.mark.parametrize(
    ("words", "never"),
    [
        (["--help"], {"torch", "hydra", "pandas", "rich", "yaml", "numpy"}), (["--version"], {"torch", "hydra", "pandas", "rich", "yaml"}),
        (["list"], {"torch", "pandas"}), (["show", "thyroid_spect"], {"torch", "pandas"}),
        (["train", "experiment=thyroid_spec"], {"torch", "pandas"}),
        (["train", "experiment=thyroid_spect", "sed=3"], {"torch", "pandas"}), (["cache", "show"], {"torch", "pandas"}),
        (["train", "-m", "x={"], {"torch", "pandas"}),
    ],
)  # fmt: skip
def test_small_answers_import_nothing_heavy(words, never):
    code = (
        f"import sys; from medimg.cli import main; main({words!r}); print('LOADED', *sorted({never!r} & set(sys.modules)), file=sys.stderr)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert answer.stderr.strip().splitlines()[-1] == "LOADED", answer.stderr


def test_the_reader_may_stop_reading():
    answer = subprocess.run(f"{sys.executable} -m medimg show thyroid_spect | head -1", shell=True, capture_output=True, text=True)
    assert answer.stdout.startswith("# thyroid_spect")
    assert answer.stderr == ""


def test_module_and_command_are_the_same():
    assert shell("--version").stdout == medimg("--version").out
    assert cli.main(["--version"]) == 0


def test_a_full_disk_is_told_as_one(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("medimg.cli.look.list_experiments", full)
    answer = medimg("list")
    assert answer.code == 2
    assert "the disk is full" in answer.text
