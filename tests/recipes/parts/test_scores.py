"""What a run is asked, from its settings."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medimg.evaluate.question import read_question
from medimg.evaluate.rule import PAPER
from medimg.recipes.parts.scores import measures, papers_lines, question_of, title_of
from medimg.recipes.parts.stages import write_json
from medimg.settings import Data, Settings

TABLES = (
    {"source": "table 3", "only": {"where": {"sequence": "FLAIR"}}, "rows": {"all": {"auroc": 0.94, "f1": 86.22}}},
    {"source": "table 4", "only": {"where": {"sequence": "T1CE"}}, "rows": {"all": {"auroc": 0.97}}},
    {"source": "text", "rows": {"glioma": {"accuracy": 80}}},
)


def settings(**data):
    return Settings(data=Data(manifest="x.csv", **data), paper=TABLES)


def test_the_papers_figures_are_kept_where_they_answer_the_same_question():
    lines = papers_lines(settings(where={"sequence": "FLAIR"}))
    assert lines == [
        {"row": "all", "metric": "auroc", "value": 0.94, "source": "table 3"},
        {"row": "all", "metric": "f1", "value": 86.22, "source": "table 3"},
        {"row": "glioma", "metric": "accuracy", "value": 80, "source": "text"},
    ]
    assert [line["source"] for line in papers_lines(settings(where={"sequence": "T2"}))] == ["text"]


@pytest.mark.parametrize(
    ("data", "title"),
    [
        ({}, "a or b"),
        ({"multilabel": True}, "a, b"),
        ({"label": "lesion"}, "lesion: a or b"),
    ],
)
def test_a_run_without_a_name_is_named_by_its_question(data, title):
    assert title_of(settings(**data), ["a", "b"]) == title
    assert question_of(settings(**data), "binary", ["a", "b"])["title"] == title


def test_a_rule_is_asked_of_a_distribution_alone_and_comes_back_from_the_run(tmp_path):
    for kind, rule in (("distribution", PAPER), ("multilabel", None)):
        write_json(tmp_path / "evaluation.json", question_of(settings(multilabel=True), kind, ["a", "b", "c"]))
        question = read_question(tmp_path)
        assert (question.kind, question.classes, question.rule) == (kind, ("a", "b", "c"), rule)


def test_an_epoch_is_judged_by_how_well_it_tells_and_not_by_how_sure_it_is():
    rng = np.random.default_rng(0)
    truth = rng.uniform(size=400) < 0.4
    labels = np.stack([~truth, truth], 1).astype(np.float32)
    score = (1.2 * truth + rng.normal(0, 1, 400)).astype(np.float32)[:, None] - 0.6
    calm, sure, flat = (measures(k * score, labels, "binary") for k in (1, 9, 0))
    assert calm["val/loss"] == pytest.approx(sure["val/loss"], rel=1e-4)
    assert calm["val/auroc"] == sure["val/auroc"] == pytest.approx(roc_auc_score(truth, score[:, 0]))
    assert sure["val/loss"] < 0.6 < flat["val/loss"]


def test_one_class_alone_has_a_loss_and_no_area():
    row = measures(np.zeros((5, 1), np.float32), np.tile(np.float32([1, 0]), (5, 1)), "binary")
    assert row == {"val/loss": pytest.approx(np.log(2))}  # log-odds of 0 stay 0 at any temperature


def test_several_classes_are_measured_together():
    labels = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]]
    assert measures(2 * labels - 1, labels, "multiclass")["val/auroc"] == 1
    assert measures(2 * labels - 1, labels, "multilabel")["val/loss"] < 0.2
    wrong = np.where(np.arange(6)[:, None] < 2, 1, 2 * labels - 1).astype(np.float32)  # two cases are said to show every label
    assert measures(wrong, labels, "multilabel")["val/exact_match"] == pytest.approx(4 / 6)
    both = np.float32([[1, 1, 0], [0, 1, 1]] * 3)
    assert measures(9 * both, both, "distribution") == {"val/loss": pytest.approx(np.log(2), rel=1e-2), "val/auroc": 1}  # b is on all
