"""Verdicts of films beside those of readers: who is compared with whom, and what is left out."""

import numpy as np
import pandas as pd
import pytest

from medimg.evaluate.agreement import FIGURES
from medimg.evaluate.raters import agree, measured, verdicts


def labels(*rows):
    columns = ["film", "study", "item", "verdict", "reader", "value"]
    return pd.DataFrame([dict(zip(columns, row, strict=True)) for row in rows])


def ours(*rows):
    return pd.DataFrame(rows, columns=["film", "study", "patient", "item", "verdict", "value"])


def sample(rng, n=200):
    """Two readers and us on the same films: two in ten fail, each answer is wrong once in ten."""
    truth = rng.random(n) < 0.2
    said = {name: np.where(rng.random(n) < 0.1, ~truth, truth) for name in ("us", "r1", "r2")}
    films = ours(*((f"f{i:03d}", f"s{i // 2}", f"p{i // 2}", "overall", "fail" if said["us"][i] else "warn", np.nan) for i in range(n)))
    human = labels(*((f"f{i:03d}", "", "overall", "fail" if said[r][i] else "pass", r, np.nan) for r in ("r1", "r2") for i in range(n)))
    return said, films, human


def test_ours_is_compared_with_each_reader_and_readers_with_each_other():
    said, films, human = sample(np.random.default_rng(0))
    found, lost = verdicts(human, films)
    rows = agree(found, draws=100)
    assert lost == []
    assert list(dict.fromkeys((row["reference"], row["answer"]) for row in rows)) == [("r1", "medimg"), ("r2", "medimg"), ("r1", "r2")]
    assert {row["metric"] for row in rows} == {*FIGURES, "fail_rate_difference"}
    for reference, answer in (("r1", "us"), ("r1", "r2")):
        row = next(r for r in rows if (r["reference"], r["answer"], r["metric"]) == (reference, answer.replace("us", "medimg"), "accuracy"))
        assert row["estimate"] == pytest.approx((said[reference] == said[answer]).mean())
        assert (row["both_fail"], row["answer_only"]) == ((said[reference] & said[answer]).sum(), (~said[reference] & said[answer]).sum())
        assert row["patients"] == 100


def test_films_left_to_a_person_are_left_out_or_counted_as_asked():
    films = ours(
        *(
            (f"f{i}", "", f"p{i}", "overall", word, np.nan)
            for i, word in enumerate(["review", "unevaluable", "fail", "pass", "not_applicable"])
        )
    )
    human = labels(*((f"f{i}", "", "overall", word, "", np.nan) for i, word in enumerate(["fail", "fail", "fail", "unsure", "pass"])))
    found, _ = verdicts(human, films)
    for way, cells, left_out in (("left_out", (0, 0, 0, 1), 3), ("fail", (0, 0, 0, 3), 1), ("pass", (0, 0, 2, 1), 1)):
        row = agree(found, way, draws=20)[0]
        assert (row["both_pass"], row["answer_only"], row["reference_only"], row["both_fail"]) == cells, way
        assert row["left_out"] == left_out
    with pytest.raises(ValueError, match="choose one of"):
        agree(found, "drop")


def test_a_study_has_the_worst_verdict_of_its_films_and_unknown_ids_are_told():
    films = ours(
        ("a", "s", "p", "overall", "pass", np.nan), ("b", "s", "p", "overall", "fail", np.nan), ("c", "t", "q", "overall", "pass", np.nan)
    )
    found, lost = verdicts(labels(("", "s", "overall", "fail", "", np.nan), ("", "u", "overall", "pass", "", np.nan)), films)
    assert found[["unit", "ours"]].to_numpy().tolist() == [["s", "fail"]]
    assert lost == ["u"]


def test_what_is_said_of_a_study_itself_is_compared_with_its_label():
    films = ours(
        ("a", "s", "p", "overall", "pass", np.nan), ("", "s", "p", "overall", "fail", np.nan), ("", "s", "p", "S1_views", "fail", 1.0)
    )
    found, _ = verdicts(labels(("", "s", "overall", "fail", "", np.nan), ("", "s", "S1_views", "pass", "", 0.0)), films)
    assert found[["item", "ours"]].to_numpy().tolist() == [["overall", "fail"], ["S1_views", "fail"]]
    assert found["ours_value"].tolist()[1] == 1.0
    assert verdicts(labels(("a", "", "overall", "pass", "", np.nan)), films)[0]["ours"].tolist() == ["pass"]


def test_films_that_a_reader_did_not_judge_shift_no_rate():
    said, films, human = sample(np.random.default_rng(1))
    some = human[human["reader"] == "r1"].iloc[:80]
    unsure = human[human["reader"] == "r1"].iloc[80:].assign(verdict="unsure")
    alone, beside = (agree(verdicts(pd.concat(part), films)[0], draws=50) for part in ([some], [some, unsure]))
    without = [{name: value for name, value in row.items() if name != "left_out"} for row in beside]
    assert without == [{name: value for name, value in row.items() if name != "left_out"} for row in alone]
    difference = next(row for row in alone if row["metric"] == "fail_rate_difference")
    assert difference["estimate"] == pytest.approx(said["us"][:80].mean() - said["r1"][:80].mean())


def test_numbers_of_readers_are_compared_with_ours():
    rng = np.random.default_rng(0)
    true = rng.random(50)
    films = ours(*((f"f{i}", "", f"p{i}", "P1_rotation", "pass", value + 0.1) for i, value in enumerate(true)))
    found, _ = verdicts(labels(*((f"f{i}", "", "P1_rotation", "unsure", "r", value) for i, value in enumerate(true))), films)
    rows = {row["metric"]: row for row in measured(found)}
    assert rows["bias"]["estimate"] == pytest.approx(0.1)
    assert (rows["bias"]["n"], rows["bias"]["item"], rows["bias"]["answer"]) == (50, "P1_rotation", "medimg")
    assert rows["icc_3_1"]["estimate"] == pytest.approx(1.0)
