import pandas as pd
import pytest

from medimg.evaluate import evaluate
from medimg.evaluate.compare import judged
from medimg.evaluate.phases import COLUMNS, phase_rows


def compared(end, first):
    """The rows of whole sets of cases by what is shown and measured, and those of single labels by label."""
    table = pd.DataFrame(phase_rows(*(judged(run)["image"] for run in (first, end))), columns=COLUMNS)
    whole = table["label"] == ""
    return table[whole].set_index(["shown", "metric"]), table[~whole].set_index("label")


def test_the_end_is_compared_with_the_first_phase_on_the_same_cases_by_number_of_labels(make_run, pick):
    asked = {"kind": "multilabel", "classes": ("a", "b", "c"), "folds": 1}
    end, first = make_run(name="end", skill=3.0, **asked), make_run(name="first", skill=1.0, **asked)
    after, before = evaluate(end), evaluate(first)
    table, labels = compared(end, first)
    assert {shown for shown, _ in table.index} == {"one label", "several labels", "all"}
    counts = table["n"].xs("exact_match", level="metric")
    assert counts["one label"] + counts["several labels"] == counts["all"]
    for side, told in (("after", after), ("before", before)):
        assert table.loc[("all", "exact_match"), side] == pytest.approx(pick(told, "exact_match")["estimate"], abs=1e-9)
    row = table.loc[("all", "auroc")]
    assert row["difference"] == pytest.approx(row["after"] - row["before"], abs=1e-9)
    assert 0 < row["low"] < row["difference"]
    assert set(labels["shown"]) == {"one label"}
    cases = [judged(run)["image"] for run in (end, first)]
    for k, name in enumerate("abc"):
        for side, one in zip(("after", "before"), cases, strict=True):
            alone = one.truth[:, k] & (one.truth.sum(axis=1) == 1)
            assert labels.loc[name, side] == pytest.approx(one.decided[alone, k].mean())


def test_what_has_no_value_stands_with_its_reason(make_run, rewrite):
    """Every case of several labels shows a and b, so none of these cases tells the classes apart."""
    asked = {"kind": "multilabel", "classes": ("a", "b", "c"), "folds": 1}
    end, first = make_run(name="end", **asked), make_run(name="first", **asked)
    for run in (end, first):
        rewrite(run, "test", lambda t: t.assign(label=t["label"].where(~t["label"].str.contains("|", regex=False), "a|b")))
        evaluate(run)
    table, _ = compared(end, first)
    row = table.loc[("several labels", "auroc")]
    assert row[["before", "after", "difference", "low", "high"]].isna().all()
    assert row["n"] > 0
    assert row["undefined"] == "no value for a, b, c, so none for the mean of classes"
    assert pd.isna(table.loc[("all", "auroc"), "undefined"])
