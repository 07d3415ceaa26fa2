"""A run beside others: paired on what both have judged, and better only where every interval says so."""

import json
import shutil

import pandas as pd
import pytest

from medimg.errors import RunError
from medimg.evaluate import compare, evaluate
from medimg.evaluate.against import against_rows, verdict
from medimg.evaluate.compare import judged


def take(run, other, title):
    """Lay another run beside a run, as a recipe does."""
    folder = run / "against" / title
    shutil.copytree(other, folder)
    (folder / "origin.json").write_text(json.dumps({"run": other.name, "title": title}))


def row(difference, low, high, other="x", level="patient"):
    return {"other": other, "level": level, "difference": difference, "low": low, "high": high, "method": "m", "undefined": None}


def both(*rows):
    """Rows of patients, and of images that say something else."""
    return [*rows, *(one | {"level": "image", "difference": 0.0, "low": -0.1, "high": 0.1} for one in rows)]


def test_the_differences_are_those_of_a_comparison_and_stand_in_the_tables(make_run):
    run, other = make_run(name="good", skill=2.0), make_run(name="bad", skill=0.7)
    evaluate(other)
    take(run, other, "bad")
    metrics = evaluate(run)
    table = pd.read_csv(run / "tables" / "against.csv").set_index("level")
    expected = next(r for r in compare(run, other)["rows"] if (r["metric"], r["scope"], r["calibrated"]) == ("auroc", "all", False))
    for name in ("a", "b", "difference", "low", "high"):
        assert table.loc["image", name] == pytest.approx(expected[name], abs=1e-8)
    assert table.loc["patient", "n"] == 60
    assert metrics["against"].startswith("Better than bad: shown")
    assert json.loads((run / "metrics.json").read_text())["against"] == metrics["against"]


def test_only_what_both_have_judged_is_compared(make_run, rewrite):
    run, other = make_run(name="a", skill=2.0), make_run(name="b", skill=0.7)
    for part in ("val", "test"):
        rewrite(other, part, lambda t: t[~t["patient"].isin(["test-p3", "test-p4"])])
    evaluate(other)
    take(run, other, "b")
    evaluate(run)
    table = pd.read_csv(run / "tables" / "against.csv").set_index("level")
    assert (table.loc["image", "n"], table.loc["patient", "n"]) == (58 * 4, 58)


def test_a_fused_case_is_compared_with_the_slice_that_it_holds(make_run, rewrite):
    run, other = make_run(name="a", skill=2.0), make_run(name="b", skill=0.7)
    evaluate(other)
    rewrite(run, "test", lambda t: t.assign(id="place" + t["id"]))
    ids = pd.read_csv(other / "cases.csv")["id"]
    places = pd.DataFrame(
        {"id": "place" + ids, "patient": "", "site": "", "label": "", "sequences": "FLAIR+T2", "FLAIR": ids, "T2": "t" + ids}
    )
    places.assign(sequences=["T2" if k % 4 == 0 else "FLAIR+T2" for k in range(len(ids))]).assign(
        FLAIR=["" if k % 4 == 0 else name for k, name in enumerate(ids)]
    ).to_csv(run / "places.csv", index=False)
    take(run, other, "b")
    evaluate(run)
    table = pd.read_csv(run / "tables" / "against.csv").set_index("level")
    assert table.loc["image", "n"] == sum(k % 4 != 0 for k in range(len(ids)))
    assert table.loc["patient", "n"] == 60
    assert table.loc["image", "difference"] > 0


def test_runs_of_one_title_are_told_apart(make_run):
    run, other, third = make_run(name="a", skill=2.0), make_run(name="b", skill=0.7), make_run(name="c", skill=0.9)
    for place, one in (("x", other), ("y", third)):
        evaluate(one)
        take(run, one, place)
        (run / "against" / place / "origin.json").write_text(json.dumps({"run": one.name, "title": "same"}))
    assert "the best of same (b), same (c)" in evaluate(run)["against"]


def test_with_mixed_labels_only_images_are_compared(make_run):
    run, other = make_run(name="a", mixed=True), make_run(name="b", mixed=True, skill=0.7)
    evaluate(other)
    take(run, other, "b")
    evaluate(run)
    assert [r["level"] for r in against_rows(run, judged(run)["image"])] == ["image"]


def test_better_than_the_best_needs_every_interval_above_zero():
    assert verdict([]) is None
    assert verdict(both(row(0.1, 0.02, 0.2, "x"), row(0.05, 0.01, 0.1, "y"))).startswith("Better than the best of x, y: shown")
    said = verdict(both(row(0.1, 0.02, 0.2, "x"), row(0.05, -0.01, 0.1, "y")))
    assert said == "Better than the best of x, y: not shown. AUROC per patient, difference from y +0.050 (-0.010 to +0.100)."
    assert verdict(both(row(-0.1, -0.2, -0.02))).startswith("Better than x: no.")
    assert verdict(both(row(0.1, None, None))).startswith("Better than x: not shown")
    assert "per image" in verdict([row(0.1, 0.02, 0.2, level="image")])
    uneven = [row(0.1, 0.02, 0.2, "x", "image"), row(0.1, 0.02, 0.2, "x"), row(-0.1, -0.2, -0.02, "y", "image")]
    assert verdict(uneven).startswith("Better than the best of x, y: no.")  # y has no patients to compare, and is not forgotten


def test_another_question_and_other_labels_are_refused(make_run, rewrite):
    run, other, torn = make_run(name="a"), make_run(name="b", kind="multiclass", classes=("a", "b", "c")), make_run(name="c")
    rewrite(torn, "test", lambda t: t.assign(label=t["label"].where(t["id"] != "test000003", "yes")))
    for name, wrong, told in (("b", other, "another question"), ("c", torn, "another label there: 1 case, for example test000003")):
        evaluate(wrong)
        take(run, wrong, name)
        with pytest.raises(RunError, match=told):
            evaluate(run)
        shutil.rmtree(run / "against")
