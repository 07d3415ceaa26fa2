"""A run that decides by the paper's rule, from the command line to the report."""

import csv
import json
from pathlib import Path

import fakes
import numpy as np
import pandas as pd
import pytest
from command import medimg, refused

from medimg.evaluate.calibration import heat
from medimg.evaluate.question import read_question
from medimg.evaluate.rule import PAPER
from medimg.recipes.judge import learned_together

from .conftest import newest, words

CLASSES = ("a", "b", "c", "d")  # of which fakes.cohort gives every third patient the first two
COLUMNS = [f"p_{name}" for name in CLASSES]
PAPERS = ["data.multilabel=true", "decision=paper", "data.classes=[a,b,c,d]"]


def longer(words):
    """Train until some cases are decided as one class, some as two, and some not at all."""
    return [*("trainer.epochs=12" if word.startswith("trainer.epochs") else word for word in words), "task.lr=0.005", "task.ema=null"]


@pytest.fixture(scope="session")
def decided(tmp_path_factory):
    """The home, manifest and finished run of a cohort in which every third patient has two labels."""
    folder = tmp_path_factory.mktemp("decision")
    manifest = fakes.cohort(folder / "cohort", patients=36, size=24, classes=CLASSES, multilabel=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_HOME", str(folder / "home"))
        answer = medimg("train", *longer(words(manifest, folder / "runs", *PAPERS)))
    assert answer.code == 0, answer
    return folder / "home", manifest, newest(folder / "runs"), answer


@pytest.fixture
def here(decided, monkeypatch):
    monkeypatch.setenv("MEDIMG_HOME", str(decided[0]))
    return decided[1:]


def joined(decided):
    return ["|".join(name for name, yes in zip(CLASSES, row, strict=True) if yes) for row in decided]


def predictions(run, part="test"):
    return pd.read_csv(run / "predictions" / f"{part}.csv", dtype={"id": str})


def test_the_question_is_a_distribution_with_the_papers_rule(here):
    question = read_question(here[1])
    assert (question.kind, question.classes, question.rule) == ("distribution", CLASSES, PAPER)


def test_probabilities_share_one_and_labels_are_kept_as_they_are(here):
    table = predictions(here[1])
    assert table[COLUMNS].sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-8)
    assert "a|b" in set(table["label"])


def test_what_is_decided_is_the_rule_on_the_table_of_probabilities(here):
    table, counts = predictions(here[1]), pd.read_csv(here[1] / "tables" / "confusion.csv")
    said = joined(PAPER.decide(table[COLUMNS].to_numpy()))
    found = pd.DataFrame({"true": table["label"], "predicted": [name or "none" for name in said]}).value_counts()
    assert {"none", "b"} <= set(counts["predicted"])
    assert found.to_dict() == counts.set_index(["true", "predicted"])["count"].to_dict()


def test_report_and_terminal_tell_of_cases_of_two_labels(here):
    _, run, answer = here
    assert "Images with one label and with several" in (run / "report.html").read_text()
    assert "Several labels, per image" in answer.text
    assert "No decision" in answer.text


def test_new_images_are_decided_by_the_rule_before_their_temperature(here):
    manifest, run, _ = here
    images = [manifest.parent / row["image"] for row in csv.DictReader(manifest.open())]
    answer = medimg("predict", run, *images, "--json")
    assert answer.code == 0, answer
    p = np.array([[row[f"p_{name}"] for name in CLASSES] for row in answer.json["images"]])
    assert p.sum(axis=1) == pytest.approx(1)
    learned = learned_together(run)["1/0"]
    raw = heat(p, 1 / learned["temperature"], "distribution")
    assert (learned["thresholds"], [row["decided"] for row in answer.json["images"]]) == ({}, joined(PAPER.decide(raw)))


@pytest.mark.usefixtures("without_figures")
def test_judging_again_and_on_another_manifest_keeps_the_rule(here, tmp_path):
    _, run, _ = here
    other = fakes.cohort(tmp_path / "other", patients=12, size=24, classes=CLASSES, multilabel=True, seed=5)
    rows = [row | {"patient_id": f"X{row['patient_id']}"} for row in csv.DictReader(other.open())]
    fakes.table(other, rows)
    for more in ([], [f"data.manifest={other}"]):
        answer = medimg("eval", run, f"runs={tmp_path}", *more, "--json")
        assert answer.code == 0, answer
        asked = json.loads((Path(answer.json["run"]) / "evaluation.json").read_text())
        assert (asked["kind"], asked["rule"]["one"], asked["rule"]["two"], asked["external"]) == ("distribution", 0.9, 0.45, bool(more))
    assert "which rules" in refused("eval", run, f"runs={tmp_path}", "decision=multilabel")


def test_a_rule_for_two_labels_is_refused_where_images_have_one(here, tmp_path):
    manifest, *_ = here
    told = refused("train", *words(manifest, tmp_path, "decision=paper"))
    assert "data.multilabel=false. Set data.multilabel=true, or leave decision out" in told
    assert "Did you mean paper?" in refused("train", *words(manifest, tmp_path, "decision=papr"))
    assert not list(tmp_path.iterdir())
