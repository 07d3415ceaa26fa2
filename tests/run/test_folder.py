"""Run folders: made once, found again, held by one process."""

import os
import subprocess
import sys
import time

import pytest

from medimg.errors import ConfigError, RunError
from medimg.run import folder
from medimg.run.compose import compose
from medimg.run.folder import find_run, forget_latest, held, leaders_run, make_run, new_run, rank, stored_settings, trained_run


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return compose(["experiment=thyroid_spect", "runs=runs"])


def test_two_runs_of_one_second_get_two_folders_and_latest_is_the_last(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "strftime", lambda *_: "2026-01-02_03-04-05")
    first, second = new_run(settings, ["a=1"]), new_run(settings, [])
    assert [first.name, second.name] == ["2026-01-02_03-04-05", "2026-01-02_03-04-05-2"]
    assert (tmp_path / "runs" / "latest").resolve() == second
    assert not os.path.isabs(os.readlink(tmp_path / "runs" / "latest"))
    assert (first / "overrides.txt").read_text() == "a=1\n"


def test_stored_settings_are_the_ones_the_run_was_made_with(settings):
    assert stored_settings(new_run(settings, [])) == settings


def test_a_run_is_found_by_path_by_name_and_as_the_newest(settings, tmp_path):
    run = new_run(settings, [])
    assert find_run(str(run)) == find_run(f"thyroid_spect/{run.name}") == find_run(None) == find_run("latest") == run


def test_an_experiment_where_a_run_belongs_is_told_with_its_key(settings):
    new_run(settings, [])
    with pytest.raises(RunError, match="Did you mean experiment=thyroid_spect"):
        find_run("thyroid_spekt")


def test_a_run_that_is_not_there_is_told_with_the_newest(settings):
    run = new_run(settings, [])
    with pytest.raises(RunError, match=run.name):
        find_run("thyroid_spect/2001")
    with pytest.raises(RunError, match="run /nowhere/run: no such folder"):
        find_run("/nowhere/run")
    with pytest.raises(RunError, match="there are no runs"):
        find_run("x", "elsewhere")


def test_the_folder_of_a_judgement_is_neither_latest_nor_trained(settings):
    run = new_run(settings, [])
    judged = new_run(settings, [], judges=run)
    assert find_run(None) == run
    with pytest.raises(RunError, match=f"judgement of run {run.name}"):
        trained_run(str(judged))


def test_latest_goes_back_when_the_newest_run_is_removed(settings, tmp_path):
    first = new_run(settings, [])
    second = new_run(settings, [])
    for path in second.iterdir():
        path.unlink()
    second.rmdir()
    forget_latest(second)
    assert (tmp_path / "runs" / "latest").resolve() == first


@pytest.mark.parametrize("content", [None, "", "a: [1", "- 1\n", "\x00"])
def test_a_damaged_run_is_told(settings, content):
    run = new_run(settings, [])
    (run / "config.yaml").unlink() if content is None else (run / "config.yaml").write_text(content)
    with pytest.raises(RunError, match="damaged"):
        stored_settings(run)


def test_a_run_of_another_version_is_told(settings):
    run = new_run(settings, [])
    (run / "config.yaml").write_text((run / "config.yaml").read_text() + "future: 1\n")
    with pytest.raises(RunError, match="future"):
        stored_settings(run)


def test_a_folder_that_cannot_be_written_is_told(settings, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="runs=FOLDER"):
        make_run(tmp_path / "file" / "x" / "y", settings, [])


def test_a_run_is_held_by_one_process(settings):
    run = new_run(settings, [])
    code = f"from pathlib import Path; from medimg.run.folder import held\nwith held(Path({str(run)!r})): pass"
    with held(run):
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert "another medimg process" in other.stderr
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    with held(run, shared=True):
        assert subprocess.run([sys.executable, "-c", code.replace("))", "), shared=True)")]).returncode == 0
        assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 1


def test_other_processes_of_a_run_share_the_leaders_folder(settings, monkeypatch):
    run = new_run(settings, [])
    monkeypatch.setenv("RANK", "1")
    assert rank() == 1
    with pytest.raises(ConfigError, match="MEDIMG_RUN"):
        leaders_run()
    monkeypatch.setenv("MEDIMG_RUN", str(run))
    assert leaders_run() == run


def test_waiting_for_a_leader_that_never_comes_ends(monkeypatch, tmp_path):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("MEDIMG_RUN", str(tmp_path / "never"))
    monkeypatch.setattr(folder, "WAIT_SECONDS", 0.3)
    with pytest.raises(RunError, match="first process"):
        leaders_run()
