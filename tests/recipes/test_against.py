"""What another run said is taken along once, and whole."""

import json

import pytest

from medimg.errors import RunError
from medimg.recipes.against import FILES, take_along


def finished(folder, title="T2 alone"):
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps({"title": title}))
    return folder


def test_a_run_is_copied_under_its_title_and_needed_no_more(tmp_path):
    source, run = finished(tmp_path / "source"), tmp_path / "run"
    take_along([str(source)], run)
    assert json.loads((run / "against" / "T2_alone" / "origin.json").read_text()) == {"run": "source", "title": "T2 alone"}
    assert all((run / "against" / "T2_alone" / name).read_bytes() == (source / name).read_bytes() for name in FILES)
    (source / "cases.csv").unlink()
    take_along([str(source)], run)


def test_an_unfinished_run_is_named(tmp_path):
    source = finished(tmp_path / "source")
    (source / "calibration.json").unlink()
    with pytest.raises(RunError, match=r"source: calibration\.json is missing"):
        take_along([str(source)], tmp_path / "run")
