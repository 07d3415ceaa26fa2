"""Tables of predictions that cannot be true are refused, with ids; members become one."""

import pandas as pd
import pytest
from sklearn import metrics as sk

from medimg.errors import MedimgError, NumericError
from medimg.evaluate import evaluate


def test_members_are_averaged_before_anything_is_measured(make_run, pick):
    run = make_run(folds=1, members=3)
    table = pd.read_csv(run / "predictions" / "test.csv").groupby("id").agg({"label": "first", "p_yes": "mean"})
    row = pick(evaluate(run), "auroc")
    assert row["estimate"] == pytest.approx(sk.roc_auc_score(table["label"] == "yes", table["p_yes"]), abs=1e-9)


def test_unlabelled_cases_are_counted_and_left_out(make_run, rewrite, pick):
    run = make_run()
    rewrite(run, "test", lambda t: t.assign(label=t["label"].where(t.index >= 5, "")))
    metrics = evaluate(run)
    assert pick(metrics, "accuracy", aggregate="pooled")["n"] == 235
    assert any("5 test cases without a label" in note for note in metrics["notes"])


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
    with pytest.raises(NumericError, match=f"1 row with .*{text}.*test000007"):
        evaluate(run)
    assert not (run / "metrics.json").exists()


def test_tables_that_contradict_themselves_are_refused(make_run, rewrite):
    def refused(change, text):
        run = make_run(name=text[:12].replace(" ", ""), members=2, seeds=(0, 1))
        rewrite(run, "test", change)
        with pytest.raises(MedimgError, match=text):
            evaluate(run)

    refused(lambda t: pd.concat([t, t[:1]]), "stands twice")
    refused(lambda t: t.assign(label=t["label"].where(t.index != 0, "maybe")), "none of no, yes")
    refused(lambda t: t[1:], "not judged by every member")
    refused(lambda t: t[t["seed"] != "1"].pipe(lambda kept: pd.concat([kept, t[t["seed"] == "1"][2:]])), "same cases|every member")
    refused(lambda t: t.assign(fold=t["fold"].where(t["member"] == "0", "2")), "more than one fold")
    refused(lambda t: t.drop(columns="p_no"), "columns are missing: p_no")
    refused(lambda t: t[:0], "holds no case")
