"""`evaluate` on whole run folders: what is written, what is undefined, what must not change a digit."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from medimg.errors import MedimgError, NumericError, RunError
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


def test_headline_is_the_mean_of_the_folds_own_auroc(make_run, pick):
    run = make_run(patients=120)
    row = pick(evaluate(run), "auroc", aggregate="mean_over_folds")
    table = pd.read_csv(run / "predictions" / "test.csv")
    folds = [sk.roc_auc_score(part["label"] == "yes", part["p_yes"]) for _, part in table.groupby("fold")]
    assert row["estimate"] == pytest.approx(np.mean(folds), abs=1e-9)
    assert row["low"] < row["estimate"] < row["high"]


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


def test_members_are_averaged_before_anything_is_measured(make_run, pick):
    run = make_run(folds=1, members=3)
    table = pd.read_csv(run / "predictions" / "test.csv").groupby("id").agg({"label": "first", "p_yes": "mean"})
    row = pick(evaluate(run), "auroc")
    assert row["estimate"] == pytest.approx(sk.roc_auc_score(table["label"] == "yes", table["p_yes"]), abs=1e-9)


def test_seeds_are_averaged_and_their_spread_stands_beside(make_run, pick):
    run = make_run(folds=1, seeds=(1, 2, 3))
    metrics = evaluate(run)
    table = pd.read_csv(run / "predictions" / "test.csv")
    each = [sk.roc_auc_score(part["label"] == "yes", part["p_yes"]) for _, part in table.groupby("seed")]
    row = pick(metrics, "auroc")
    assert (row["estimate"], row["seed_sd"]) == (pytest.approx(np.mean(each), abs=1e-9), pytest.approx(np.std(each, ddof=1), abs=1e-9))
    assert [pick(metrics, "auroc", scope=f"seed={seed}")["estimate"] for seed in (1, 2, 3)] == pytest.approx(each, abs=1e-9)


def test_mixed_labels_leave_patient_numbers_undefined_and_add_the_auroc_within_patients(make_run, pick):
    run = make_run(mixed=True)
    metrics = evaluate(run)
    row = pick(metrics, "auroc", level="patient", aggregate="pooled")
    assert row["estimate"] is None
    assert "mixed labels" in row["undefined"]
    table = pd.read_csv(run / "predictions" / "test.csv")
    each = [sk.roc_auc_score(p["label"] == "yes", p["p_yes"]) for _, p in table.groupby("patient") if p["label"].nunique() == 2]
    row = pick(metrics, "auroc_within_patients", aggregate="pooled")
    assert row["estimate"] == pytest.approx(np.mean(each), abs=1e-9)


def test_patient_numbers_use_the_mean_probability_of_the_images(make_run, pick):
    run = make_run(folds=1)
    table = pd.read_csv(run / "predictions" / "test.csv").groupby("patient").agg({"label": "first", "p_yes": "mean"})
    row = pick(evaluate(run), "auroc", level="patient")
    assert row["estimate"] == pytest.approx(sk.roc_auc_score(table["label"] == "yes", table["p_yes"]), abs=1e-9)
    assert (row["n"], row["patients"]) == (60, 60)


def test_a_fold_of_one_class_makes_the_mean_undefined_and_the_headline_pooled(make_run, rewrite, pick):
    run = make_run()
    rewrite(run, "test", lambda t: t.assign(label=t["label"].where(t["fold"] != "1", "no")))
    metrics = evaluate(run)
    row = pick(metrics, "auroc", aggregate="mean_over_folds")
    assert (row["estimate"], row["low"], row["undefined"]) == (None, None, "fold 1: one class only: no positive case")
    assert metrics["headline"]["aggregate"] == "pooled"
    assert "fold 1" in metrics["headline"]["text"]


def test_unlabelled_cases_are_counted_and_left_out(make_run, rewrite, pick):
    run = make_run()
    rewrite(run, "test", lambda t: t.assign(label=t["label"].where(t.index >= 5, "")))
    metrics = evaluate(run)
    assert pick(metrics, "accuracy", aggregate="pooled")["n"] == 235
    assert any("5 test cases have no label" in note for note in metrics["notes"])


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


def test_two_label_cases_have_rows_of_their_own(make_run, pick):
    run = make_run(kind="multilabel", classes=("a", "b", "c"), patients=90)
    metrics = evaluate(run)
    row = pick(metrics, "exact_match", scope="cases=two_labels")
    table = pd.read_csv(run / "predictions" / "test.csv")
    two = table[table["label"].str.count(r"\|") == 1]
    learned = json.loads((run / "calibration.json").read_text())
    right = [
        "|".join(c for c in "abc" if line[f"p_{c}"] >= learned[f"0/{line['fold']}"]["thresholds"][c]) == line["label"]
        for _, line in two.iterrows()
    ]
    assert (row["n"], row["estimate"]) == (len(two), pytest.approx(np.mean(right), abs=1e-9))


def test_papers_rows_stand_beside_ours(make_run, pick):
    paper = [{"row": "ResNet-50", "metric": "auroc", "value": 0.94, "source": "table 3"}]
    paper += [{"row": "b", "metric": "sensitivity", "value": 95.8, "source": "table 2"}]
    run = make_run(kind="multiclass", classes=("a", "b", "c"), folds=1, paper=paper)
    metrics = evaluate(run)
    table = pd.read_csv(run / "tables" / "paper.csv")
    assert list(table["paper"]) == pytest.approx([0.94, 0.958])
    ours = [pick(metrics, "auroc", scope="macro")["estimate"], pick(metrics, "sensitivity", scope="class=b")["estimate"]]
    assert list(table["ours"]) == pytest.approx(ours, abs=1e-8)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("nan", "not a number"),
        ("", "not a number"),
        ("inf", "infinite"),
        ("1.2", "outside 0 to 1"),
        ("-0.1", "outside 0 to 1"),
        ("0.123", "do not add up to 1"),
    ],
)
def test_a_probability_that_is_none_is_refused_with_its_id(make_run, rewrite, value, text):
    run = make_run()
    rewrite(run, "test", lambda t: t.assign(p_yes=t["p_yes"].where(t["id"] != "test000007", value)))
    with pytest.raises(NumericError, match=f"1 rows have .*{text}.*test000007"):
        evaluate(run)
    assert not (run / "metrics.json").exists()


def test_tables_that_contradict_themselves_are_refused(make_run, rewrite):
    def refused(change, text):
        run = make_run(name=text[:12].replace(" ", ""), members=2, seeds=(0, 1))
        rewrite(run, "test", change)
        with pytest.raises(MedimgError, match=text):
            evaluate(run)

    refused(lambda t: pd.concat([t, t[:1]]), "repeat an id")
    refused(lambda t: t.assign(label=t["label"].where(t.index != 0, "maybe")), "none of no, yes")
    refused(lambda t: t[1:], "not judged by every member")
    refused(lambda t: t[t["seed"] != "1"].pipe(lambda kept: pd.concat([kept, t[t["seed"] == "1"][2:]])), "same cases|every member")
    refused(lambda t: t.assign(fold=t["fold"].where(t["member"] == "0", "2")), "more than one fold")
    refused(lambda t: t.drop(columns="p_no"), "columns are missing: p_no")
    refused(lambda t: t[:0], "holds no case")


def test_one_class_in_validation_sets_the_threshold_to_one_half_and_says_so(make_run, rewrite):
    run = make_run()
    rewrite(run, "val", lambda t: t[t["label"] == "no"])
    metrics = evaluate(run)
    learned = json.loads((run / "calibration.json").read_text())["0/0"]
    assert learned["thresholds"] == {"yes": 0.5}
    assert learned["temperature"] == 1.0
    assert "one class only" in learned["reason"]
    assert any("0.5, because validation has one class only" in note for note in metrics["notes"])


def test_leave_one_patient_out_is_judged_pooled(make_run, rewrite, pick):
    run = make_run(patients=24, images=6)
    rewrite(run, "test", lambda t: t.assign(fold=t["patient"].str.extract(r"p(\d+)$")[0]))
    rewrite(run, "val", lambda t: pd.concat([t.drop_duplicates("id").assign(fold=fold) for fold in range(24)]))
    metrics = evaluate(run)
    assert metrics["headline"]["aggregate"] == "pooled"
    row = pick(metrics, "auroc", aggregate="pooled")
    assert row["low"] < row["estimate"] < row["high"]


def test_a_question_that_makes_no_sense_is_refused_with_all_faults(make_run):
    run = make_run(kind="binary", classes=("a", "b"), name="odd")
    (run / "evaluation.json").write_text(json.dumps({"kind": "ternary", "classes": ["a", "a"], "threshold": "guess", "draws": 5}))
    with pytest.raises(RunError) as caught:
        evaluate(run)
    assert len(caught.value.faults) == 4
    (run / "evaluation.json").write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        evaluate(run)
    (run / "evaluation.json").unlink()
    with pytest.raises(RunError, match="is missing"):
        evaluate(run)


def test_judging_3752_images_with_2000_draws_takes_less_than_30_seconds(make_run):
    run = make_run(kind="multiclass", classes=tuple("abcdef"), patients=469, images=8, folds=5, draws=2000)
    start = time.process_time()
    evaluate(run)
    assert time.process_time() - start < 30
