"""Figures 9 to 11 of the brain paper from made simulations: tables with and without repeats, and what they claim."""

import json
import re
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from simulations import make_simulation

import medimg
from medimg.evaluate.simulating.learning import evaluate_simulation
from medimg.run.compose import compose
from medimg.run.folder import write_config

FOLDER = Path(medimg.__file__).parents[1] / "scripts"


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return import_module


def finished(scripts, out, repeats, *more):
    """A case of FLAIR whose simulation is done, and all cases."""
    every = scripts("reproduce_active").cases(out, "quick", ["FLAIR", "T2"], list(more))
    run = make_simulation(
        every[0].run, strategies=("random", "random_patient", "entropy"), repeats=repeats, gain={"entropy": 0.8}, draws=200
    )
    write_config(run, compose(list(every[0].words)))
    evaluate_simulation(run)
    (run / "report.html").write_text("")
    return every[0], every


def found(scripts, case):
    return scripts("active_tables").find(case.run, case.sequence, " ".join(case.words))


def test_tables_say_what_was_drawn_what_networks_start_from_and_how_the_round_was_chosen(scripts, tmp_path):
    case, every = finished(scripts, tmp_path, 3, "active.repeats=3")
    assert [one.done for one in every] == [True, False]
    tables = scripts("active_tables")
    one = found(scripts, case)
    (line,) = tables.lines_of([one])
    assert line["says"] in ("gain", "no gain shown: the interval holds nought")
    assert re.fullmatch(r"[+-]\d+\.\d\d \([+-]\d+\.\d\d to [+-]\d+\.\d\d\)", line["gain, points, accuracy"])
    scores = tables.scores_of(one)
    assert [row["round"] for row in scores] == [0, 1, 2, 3, 4]
    assert re.fullmatch(r"0\.\d{3} \(0\.\d{3} to [01]\.\d{3}\)", scores[4]["entropy"])
    assert scores[0]["entropy - random, points"] == "the same network"
    text = tables.write(tmp_path, [one], "quick").read_text()
    for said in ("(patients and repeats drawn)", "start from random weights", "chosen on the test scores", "Built-in cohort"):
        assert said in text
    assert (tmp_path / "figure_9_11.png").is_file()


def test_one_repeat_a_fold_shows_no_gain(scripts, tmp_path):
    case, _ = finished(scripts, tmp_path, 1, "active.repeats=1")
    (line,) = scripts("active_tables").lines_of([found(scripts, case)])
    assert line["says"] == "not shown: one repeat a fold"
    assert "(patients drawn)" in scripts("active_tables").write(tmp_path, [found(scripts, case)], "quick").read_text()


def test_more_repeats_asked_for_reopen_a_case_and_other_settings_are_refused(scripts, tmp_path):
    case, _ = finished(scripts, tmp_path, 3)
    assert "active.repeats=3" in case.words
    more = scripts("reproduce_active").cases(tmp_path, "quick", ["FLAIR"], ["active.repeats=5"])[0]
    assert not more.done
    assert more.words.count("active.repeats=5") == 1
    other = scripts("reproduce_active").cases(tmp_path, "quick", ["FLAIR"], ["data.size=96"])[0]
    with pytest.raises(SystemExit, match=r"data\.size=96 is asked, 64 was"):
        scripts("cells").refuse_stale([(other.run, other.words)])


def test_nothing_finished_is_told(scripts, tmp_path, monkeypatch):
    module = scripts("reproduce_active")
    monkeypatch.setattr(module, "train_all", lambda todo, at_once: [])
    monkeypatch.setattr(module.sys, "argv", ["reproduce_active.py", "--out", str(tmp_path)])
    with pytest.raises(SystemExit, match="no simulation is finished"):
        module.main()


def test_sequences_run_side_by_side_and_what_failed_is_told_beside_what_is_done(scripts, tmp_path, monkeypatch):
    case, _ = finished(scripts, tmp_path / "runs", 3)
    module, cells, begun = scripts("reproduce_active"), scripts("cells"), []
    monkeypatch.setattr(cells.subprocess, "Popen", lambda command, **_: begun.append(command) or SimpleNamespace(wait=lambda: 1))
    monkeypatch.setattr("sys.argv", ["reproduce_active.py", "--parallel", "2", "--out", str(tmp_path / "runs")])
    with pytest.raises(SystemExit, match=r"(?s)(T1CE|T2): exit code 1.*The same command goes on"):
        module.main()
    assert sorted(next(word for word in command if word.startswith("title=")) for command in begun) == ["title=T1CE", "title=T2"]
    assert all(command[3:5] == ["active-label", "--simulate"] for command in begun)
    assert all(any(word.startswith("trainer.threads=") for word in command) for command in begun)
    assert (tmp_path / "runs" / "tables.md").is_file()
    assert case.done


def test_a_cohort_of_ones_own_has_no_heading_of_a_built_in_one(scripts, tmp_path):
    case, _ = finished(scripts, tmp_path, 2, "active.repeats=2")
    path = case.run / "simulation.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"cohort": "own.csv"}))
    assert "Built-in" not in scripts("active_tables").write(tmp_path, [found(scripts, case)], "quick").read_text()
