import io
import json

import numpy as np
import pytest
from fakes import png

from medimg.report.folder import read_run
from medimg.report.outlines import worst_films, write_outline_report
from medimg.report.terminal import results_table

ROW = {"level": "image", "aggregate": "single", "calibrated": False, "positives": None, "seed_sd": None, "n": 9, "patients": 8}


def row(metric, scope, estimate):
    limits = {
        "low": estimate - 0.1,
        "high": estimate + 0.05,
        "method": "patient bootstrap, 200 draws, Wilson score interval",
        "undefined": None,
    }
    return {"metric": metric, "scope": scope, "estimate": estimate} | limits | ROW


@pytest.fixture
def run(tmp_path):
    rows = [row("mean_dice", "all", 0.81), row("dice", "organ=lung_r", 0.91), row("dice", "organ=heart", 0.71)]
    rows.append(
        rows[-1] | {"scope": "organ=spine", "estimate": None, "low": None, "high": None, "undefined": "no test film shows this organ"}
    )
    (tmp_path / "metrics.json").write_text(json.dumps({"headline": rows[0], "rows": rows, "notes": []}))
    told = {"title": "Films & organs", "organs": ["lung_r", "heart", "spine"], "size": 128, "cohort": "phantom:chest@1", "kind": "outlines"}
    (tmp_path / "evaluation.json").write_text(json.dumps(told))
    (tmp_path / "explain").mkdir()
    for name in ("a.png", "a_contours.png"):
        png(tmp_path / "explain" / name, np.zeros((8, 8), np.uint8))
    entry = {"id": "a", "mean_dice": 0.42, "worst_organ": "heart", "dice": 0.1, "image": "a.png", "overlay": "a_contours.png"}
    (tmp_path / "explain" / "explain.json").write_text(json.dumps([entry]))
    return tmp_path


def test_the_page_has_every_organ_with_interval_or_reason_and_the_worst_film(run):
    page = write_outline_report(run).read_text()
    interval = "0.810 to 0.960"
    for told in ("Films &amp; organs", "Per organ", "right lung", "0.910", interval, "no test film shows this organ", "128 px", "0.42"):
        assert told in page
    assert page.count("data:image/png") == 2
    assert "Mean Dice of organs 0.810" in page
    assert "the method, not medicine" in page
    assert "<script" not in page


def test_films_are_left_out_on_request(run):
    page = write_outline_report(run, images=False).read_text()
    assert "data:image/png" not in page
    assert "left out on request" in page


def test_an_image_outside_of_the_run_is_not_shown(run):
    path = run / "explain" / "explain.json"
    entry = json.loads(path.read_text())[0] | {"image": "../../secret.png"}
    path.write_text(json.dumps([entry]))
    assert worst_films(read_run(run))[0]["image"] is None


def test_the_terminal_tells_each_organ(run):
    from rich.console import Console

    console = Console(width=120, record=True, file=io.StringIO())
    console.print(results_table(run))
    text = console.export_text()
    assert "Per organ" in text
    assert "Dice, lung r" in text
