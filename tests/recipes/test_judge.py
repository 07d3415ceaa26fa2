"""A finished run judged again, and on other manifests."""

import json
import shutil
from pathlib import Path

import fakes
import pytest
from command import medimg, refused

from medimg.recipes.parts import environment

from .conftest import cases, table

pytestmark = pytest.mark.usefixtures("without_figures")


def test_judging_a_run_again_gives_its_table_again(finished, tmp_path):
    _, _, run = finished
    answer = medimg("eval", run, f"runs={tmp_path}", "--json")
    assert answer.code == 0, answer
    judged = Path(answer.json["run"])
    assert judged != run
    assert "elsewhere" not in answer.err
    assert table(judged) == table(run)
    assert json.loads((judged / "metrics.json").read_text())["headline"] == json.loads((run / "metrics.json").read_text())["headline"]


def test_a_judgement_says_what_was_otherwise_where_the_networks_were_trained(finished, tmp_path, monkeypatch):
    _, _, run = finished
    stored = json.loads((run / "environment.json").read_text())["versions"]
    monkeypatch.setattr(environment, "_versions", lambda: stored | {"torch": "0.1"})
    answer = medimg("eval", run, f"runs={tmp_path}")
    assert answer.code == 0, answer
    assert f"the networks of {run.name} were trained elsewhere" in answer.err
    assert "then, 0.1 now" in answer.err


def test_a_judgement_by_other_labels_than_the_networks_learned_says_so(finished, tmp_path):
    source = shutil.copytree(finished[2], tmp_path / "source")
    lines = (source / "cases.csv").read_text().splitlines()
    first = lines[1].rpartition(",")
    (source / "cases.csv").write_text("\n".join([lines[0], f"{first[0]},{'ab'[first[2] == 'a']}", *lines[2:], ""]))
    answer = medimg("eval", source, f"runs={tmp_path}", "--json")
    assert answer.code == 0, answer
    notes = json.loads((Path(answer.json["run"]) / "metrics.json").read_text())["notes"]
    assert notes[0] == "Another label than when the networks were trained: 1 image; thresholds and numbers go by the labels of now."


def test_another_manifest_is_judged_by_the_thresholds_of_the_run(finished, tmp_path):
    _, _, run = finished
    other = fakes.cohort(tmp_path / "other", patients=10, size=24, seed=5)
    text = other.read_text().replace("P0", "Q0")
    other.write_text(text)
    answer = medimg("eval", run, f"data.manifest={other}", f"runs={tmp_path}", "--json")
    assert answer.code == 0, answer
    judged = Path(answer.json["run"])
    assert len(cases(judged)) == 20
    theirs, ours = (next(iter(json.loads((folder / "calibration.json").read_text()).values())) for folder in (judged, run))
    assert theirs["thresholds"] == ours["thresholds"]
    assert theirs["temperature"] == ours["temperature"]
    assert json.loads((judged / "evaluation.json").read_text())["external"] is True


@pytest.mark.parametrize("shared_thing", ["patient", "picture"])
def test_a_manifest_that_shares_something_with_the_run_is_a_leak(shared_thing, finished, tmp_path):
    _, manifest, run = finished
    other = fakes.cohort(tmp_path / "other", patients=6, size=24, seed=0 if shared_thing == "picture" else 5)
    if shared_thing == "picture":
        own = manifest.parent / "images" / "p000_0.png"
        (tmp_path / "other/images/p000_0.png").write_bytes(own.read_bytes())
        other.write_text(other.read_text().replace("P0", "Q0"))
    refused("eval", run, f"data.manifest={other}", f"runs={tmp_path}", code=5)


@pytest.mark.parametrize("external", [False, True])
def test_what_is_known_of_the_training_and_its_generated_images_goes_with_the_networks(external, finished, tmp_path):
    source = shutil.copytree(finished[2], tmp_path / "source")
    (source / "evaluation.json").write_text(json.dumps(json.loads((source / "evaluation.json").read_text()) | {"notes": ["Of one phase."]}))
    table = "group,generated,memorised_pixel,beyond_chance_pixel,expected_by_chance\na,30,4,True,0.03\n"
    for name in ("generated.csv", "generated.md", "memorised.csv"):
        (source / "tables" / name).write_text(table)
    other = fakes.cohort(tmp_path / "other", patients=10, size=24, seed=5)
    other.write_text(other.read_text().replace("P0", "Q0"))
    answer = medimg("eval", source, *([f"data.manifest={other}"] if external else []), f"runs={tmp_path}", "--json")
    assert answer.code == 0, answer
    judged = Path(answer.json["run"])
    assert "Training of source: Of one phase." in json.loads((judged / "metrics.json").read_text())["notes"]
    assert all((judged / "tables" / name).read_text() == table for name in ("generated.csv", "generated.md", "memorised.csv"))
    page = (judged / "report.html").read_text()
    assert "of 30 generated images, 4 by pixels repeat an image of the training part" in page
