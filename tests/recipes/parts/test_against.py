"""What another run said is taken along once, and whole."""

import json
import shutil

import pytest

from medimg.errors import RunError
from medimg.recipes.parts.against import FILES, take_along


def finished(folder, title="T2 alone", content=""):
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps({"title": title}) + content)
    (folder / "evaluation.json").write_text(json.dumps({"title": title}))
    return folder


def origins(run):
    return sorted(json.loads(path.read_text())["run"] for path in run.glob("against/*/origin.json"))


def test_a_run_is_copied_once_and_needed_no_more(tmp_path):
    source, run = finished(tmp_path / "source"), tmp_path / "run"
    take_along([str(source)], run)
    (folder,) = (run / "against").iterdir()
    assert json.loads((folder / "origin.json").read_text()) == {"run": "source", "title": "T2 alone"}
    assert all((folder / name).read_bytes() == (source / name).read_bytes() for name in FILES)
    take_along([str(source)], run)
    shutil.rmtree(source)
    take_along([str(source)], run)
    assert origins(run) == ["source"]


def test_runs_of_one_title_or_of_one_name_are_all_taken(tmp_path):
    runs = [finished(tmp_path / place / "run", content=place) for place in "ab"] + [finished(tmp_path / "other", content="c")]
    take_along(list(map(str, runs)), tmp_path / "own")
    assert origins(tmp_path / "own") == ["other", "run", "run"]


def test_an_unfinished_run_and_one_that_is_gone_are_named(tmp_path):
    source = finished(tmp_path / "source")
    (source / "calibration.json").unlink()
    with pytest.raises(RunError, match=r"source: calibration\.json is missing"):
        take_along([str(source)], tmp_path / "run")
    with pytest.raises(RunError, match="nowhere: there is no such run"):
        take_along([str(tmp_path / "nowhere")], tmp_path / "run")
