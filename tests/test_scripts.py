"""Scripts are imported by nobody, so a name that has moved would break them unseen."""

import os
import runpy
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from threading import Thread, Timer
from types import SimpleNamespace

import pytest

import medimg

FOLDER = Path(medimg.__file__).parents[1] / "scripts"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def test_there_are_scripts():
    assert len(SCRIPTS) > 5


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_finds_all_it_imports(path, monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "argv", [path.name])
    assert runpy.run_path(str(path), run_name="imported")["__doc__"]


@pytest.fixture
def brain(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return import_module("brain_cells"), import_module("brain_runs"), import_module("cells")


def test_every_kind_of_cell_of_the_brain_tables_has_settings(brain, tmp_path):
    cells, runs, _ = brain
    made = cells.all_cells(cells.Asked(tmp_path, imagenet=True))
    assert len({cell.run for cell in made}) == len({cell.name for cell in made}) == len(made) == 21 + 3 + 3 + 4
    for cell in made[:7] + made[21:]:
        settings = runs.settings_of(cell)
        assert settings.data.deal_over == ("sequence",)
        assert settings.data.where == ({} if settings.data.fuse else {"sequence": cell.sequence})
    assert settings.data.fuse == cells.SEQUENCES
    assert [cell.name for cell in made if "seeds=[1,2,3]" in cell.words] == ["T1CE/resnet50"]


def test_words_for_every_run_rule_over_the_profile_of_the_brain_tables(brain, tmp_path):
    cells, *_ = brain
    made = cells.all_cells(cells.Asked(tmp_path, more=("data.manifest=some.csv", "data.size=96")))
    assert all("data.size=96" in cell.words for cell in made)
    assert not any(word.startswith("data.limit=") for cell in made for word in cell.words)


def test_a_command_that_is_stopped_stops_its_runs(brain, tmp_path, monkeypatch):
    *_, cells = brain
    program = tmp_path / "slow"
    program.write_text("#!/bin/sh\necho $$ > $MEDIMG_RUN.pid\nexec sleep 60\n")
    program.chmod(0o700)
    monkeypatch.setattr(cells, "refuse_stale", lambda asked: None)
    monkeypatch.setattr(cells.sys, "executable", str(program))
    told = tmp_path / "run.pid"

    def stop():
        while not (told.is_file() and told.read_text()):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=stop, daemon=True).start()
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as end:
        cells.train_all([cells.Cell(run=tmp_path / "run"), cells.Cell(run=tmp_path / "never")], 1)
    assert end.value.code == 143
    assert signal.getsignal(signal.SIGTERM) == before
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)
    assert not (tmp_path / "never.pid").exists()


def test_a_failed_cell_is_told_and_stops_only_what_starts_from_it(brain, tmp_path, monkeypatch):
    cells, _, runs = brain
    asked = cells.Asked(tmp_path)
    made, trained = [*cells.matrix(asked), *cells.transfer(asked)], []

    def train(cell, at_once):
        trained.append(cell.name)
        return 1 if cell.name == "T1CE/resnet50" else 0

    monkeypatch.setattr(runs, "train", train)
    failed = runs.train_all(made, at_once=3)
    assert len(trained) == 21
    assert "T1CE/resnet50: exit code 1" in failed[0]
    assert [line.partition(":")[0] for line in failed[1:]] == [cell.name for cell in made if cell.needs]


def test_cells_that_run_side_by_side_are_prepared_one_after_another(brain, tmp_path, monkeypatch):
    *_, runs = brain
    inside, seen = [], []

    class Slow(runs.Cell):
        def prepare(self, words):
            inside.append(self.name)
            time.sleep(0.05)
            seen.append(len(inside))
            inside.remove(self.name)

    monkeypatch.setattr(runs.subprocess, "Popen", lambda *_, **__: SimpleNamespace(wait=lambda: 0))
    assert runs.train_all([Slow(run=tmp_path / f"table/{n}") for n in range(4)], at_once=4) == []
    assert seen == [1, 1, 1, 1]


@pytest.mark.parametrize(("more", "given"), [((), "trainer.threads=3"), (("trainer.threads=2",), "trainer.threads=2")])
def test_a_cell_beside_others_has_its_share_of_the_cores_unless_told(brain, tmp_path, monkeypatch, more, given):
    *_, runs = brain
    commands = []
    monkeypatch.setattr(runs, "CORES", 6)
    monkeypatch.setattr(runs.subprocess, "Popen", lambda command, **_: commands.append(command) or SimpleNamespace(wait=lambda: 0))
    assert runs.train_all([runs.Cell(run=tmp_path / "table/one", words=("model=resnet18", *more))], at_once=2) == []
    assert [word for word in commands[0] if word.startswith("trainer.threads=")] == [given]


def test_a_signal_to_stop_ends_what_a_script_waits_for(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    cells, before = import_module("cells"), signal.getsignal(signal.SIGTERM)
    with subprocess.Popen(["sleep", "60"]) as child:
        with cells.stopping():
            Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
            with pytest.raises(SystemExit, match="143"):
                cells.code_of(child)
        assert child.wait(10) == -signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before
