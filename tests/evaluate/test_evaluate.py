"""`evaluate` on whole run folders: what is written, what must not change a digit, how long it takes."""

import json
import time

import pandas as pd
import pytest

from medimg.errors import RunError
from medimg.evaluate import evaluate

TABLES = {"results", "per_class", "per_site", "per_subgroup", "per_fold", "confusion", "roc", "pr", "reliability", "errors", "thresholds"}


def test_every_file_of_the_contract_is_written(make_run):
    run = make_run()
    metrics = evaluate(run)
    assert json.loads((run / "metrics.json").read_text()) == metrics
    assert {path.stem for path in (run / "tables").glob("*.csv")} == {path.stem for path in (run / "tables").glob("*.md")} == TABLES
    assert set(json.loads((run / "calibration.json").read_text())) == {"0/0", "0/1", "0/2"}
    assert metrics["positive"] == "yes"
    assert metrics["headline"]["aggregate"] == "mean_over_folds"


def test_rows_in_any_order_give_the_same_digits(make_run, rewrite):
    run = make_run()
    first = evaluate(run)
    for part in ("val", "test"):
        rewrite(run, part, lambda table: table.sample(frac=1, random_state=3))
    assert evaluate(run) == first


def test_another_spelling_of_patients_gives_the_same_digits(make_run, rewrite):
    run = make_run()
    first = evaluate(run)
    rewrite(run, "test", lambda table: table.assign(patient=table["patient"].str[::-1]))
    assert evaluate(run)["rows"] == first["rows"]


def test_external_cases_are_judged_by_the_thresholds_of_the_run(make_run, pick):
    home = make_run(folds=1)
    evaluate(home)
    away = make_run(folds=1, name="away", external=True)
    (away / "predictions" / "val.csv").unlink()
    with pytest.raises(RunError, match=r"calibration\.json is missing"):
        evaluate(away)
    known = json.loads((home / "calibration.json").read_text())
    known["0/0"]["thresholds"]["yes"] = 0.0
    (away / "calibration.json").write_text(json.dumps(known))
    assert pick(evaluate(away), "sensitivity")["estimate"] == 1.0


def test_papers_rows_stand_beside_ours(make_run, pick):
    paper = [{"row": "ResNet-50", "metric": "auroc", "value": 0.94, "source": "table 3"}]
    paper += [{"row": "b", "metric": "sensitivity", "value": 95.8, "source": "table 2"}]
    run = make_run(kind="multiclass", classes=("a", "b", "c"), folds=1, paper=paper)
    metrics = evaluate(run)
    table = pd.read_csv(run / "tables" / "paper.csv")
    assert list(table["paper"]) == pytest.approx([0.94, 0.958])
    ours = [pick(metrics, "auroc", scope="macro")["estimate"], pick(metrics, "sensitivity", scope="class=b")["estimate"]]
    assert list(table["ours"]) == pytest.approx(ours, abs=1e-8)
    assert list(table["method"]) == [
        pick(metrics, "auroc", scope="macro")["method"],
        pick(metrics, "sensitivity", scope="class=b")["method"],
    ]


def test_one_class_in_validation_sets_the_threshold_to_one_half_and_says_so(make_run, rewrite):
    run = make_run()
    rewrite(run, "val", lambda t: t[t["label"] == "no"])
    metrics = evaluate(run)
    learned = json.loads((run / "calibration.json").read_text())["0/0"]
    assert learned["thresholds"] == {"yes": 0.5}
    assert learned["temperature"] == 1.0
    assert "one class only" in learned["reason"]
    assert any("0.5, because validation has one class only" in note for note in metrics["notes"])


def test_classes_without_a_threshold_are_told_in_one_sentence(make_run, rewrite):
    run = make_run(kind="multilabel", classes=("a", "cold_nodule", "c_d"), folds=1)
    rewrite(run, "val", lambda t: t[t["label"] == "a"])
    metrics = evaluate(run)
    assert metrics["headline"]["text"].startswith("AUROC, mean of classes, 0.")
    (told,) = [note for note in metrics["notes"] if "threshold of" in note]
    assert told.startswith("Validation: ")
    assert "threshold of a, cold nodule, c d: 0.5, because validation has one class only" in told


@pytest.mark.parametrize(("images", "seconds"), [(1, 12), pytest.param(8, 30, marks=pytest.mark.slow)])
def test_judging_3752_images_with_2000_draws_takes_less_than_30_seconds(images, seconds, make_run):
    run = make_run(kind="multiclass", classes=tuple("abcdef"), patients=469, images=images, folds=5, draws=2000)
    start = time.process_time()
    evaluate(run)
    assert time.process_time() - start < seconds
