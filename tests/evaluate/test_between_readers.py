"""Agreement of readers against the published example, scikit-learn, and the table of two verdicts."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from medimg.evaluate.agreement import agreement
from medimg.evaluate.between_readers import alpha, alpha_of, coincidences, pair

# Krippendorff 2011, section C: four observers, twelve units, values missing; nominal alpha = 0.743
EXAMPLE = {
    "A": "1 2 3 3 2 1 4 1 2 . . .",
    "B": "1 2 3 3 2 2 4 1 2 5 . 3",
    "C": ". 3 3 3 2 3 4 2 2 5 1 .",
    "D": "1 2 3 3 2 4 4 1 2 5 1 .",
}


def readings(table):
    return pd.DataFrame(
        [
            {"id": f"u{unit}", "patient": f"p{unit}", "reader": reader, "label": label}
            for reader, text in table.items()
            for unit, label in enumerate(text.split())
            if label != "."
        ]
    )


def two(seed=0, images=400, patients=60, classes=("a", "b", "c"), right=0.7):
    chance = np.random.default_rng(seed)
    first = chance.choice(classes, images)
    second = np.where(chance.random(images) < right, first, chance.choice(classes, images))
    return pd.DataFrame(
        {"id": [f"i{k}" for k in range(images)], "patient": [f"p{k % patients}" for k in range(images)], "first": first, "second": second}
    )


def test_alpha_of_the_published_example():
    row = alpha(readings(EXAMPLE), list("12345"))
    assert row["estimate"] == pytest.approx(0.743, abs=5e-4)
    assert row["n"] == 11


def test_alpha_is_one_minus_the_ratio_of_pairwise_disagreements():
    frame = readings({reader: " ".join(np.random.default_rng(k).choice(list("abc"), 40)) for k, reader in enumerate("RST")})
    by_unit = [list(part["label"]) for _, part in frame.groupby("id")]
    everyone = [label for labels in by_unit for label in labels]
    n = len(everyone)
    seen = sum(sum(x != y for x in u for y in u) / (len(u) - 1) for u in by_unit) / n
    expected = sum(x != y for x in everyone for y in everyone) / (n * (n - 1))
    assert alpha(frame, list("abc"))["estimate"] == pytest.approx(1 - seen / expected, abs=1e-12)


def test_kappa_and_raw_agreement_equal_those_of_scikit_learn():
    frame = two()
    accuracy, kappa = pair(frame, ["a", "b", "c"])
    assert accuracy["estimate"] == pytest.approx((frame["first"] == frame["second"]).mean(), abs=1e-12)
    assert kappa["estimate"] == pytest.approx(cohen_kappa_score(frame["first"], frame["second"]), abs=1e-12)
    assert kappa["low"] < kappa["estimate"] < kappa["high"]
    assert (kappa["n"], kappa["patients"], kappa["grey"]) == (400, 60, False)


def test_two_classes_give_the_figures_of_two_verdicts():
    frame = two(classes=("pass", "fail"), seed=3)
    films = frame.assign(reference=frame["first"] == "fail", answer=frame["second"] == "fail")
    expected = {row["metric"]: row for row in agreement(films, draws=300)}
    for row in pair(frame, ["pass", "fail"], draws=300):
        assert {name: row[name] for name in ("estimate", "low", "high", "method", "n", "patients")} == pytest.approx(
            {name: expected[row["metric"]][name] for name in ("estimate", "low", "high", "method", "n", "patients")}
        )


def test_order_of_rows_changes_nothing_and_patients_widen_the_interval():
    frame = two()
    shuffled = frame.sample(frac=1, random_state=1)
    assert pair(frame, ["a", "b", "c"])[1] == pytest.approx(pair(shuffled, ["a", "b", "c"])[1])
    alike = frame.assign(second=frame["first"].where(frame["patient"].str[1:].astype(int) % 3 > 0, "a"))
    alone = alike.assign(patient=alike["id"])
    assert spread(pair(alike, ["a", "b", "c"])[1]) > spread(pair(alone, ["a", "b", "c"])[1])


def spread(row):
    return row["high"] - row["low"]


def test_one_class_throughout_and_no_images_are_undefined_with_the_reason():
    same = two().assign(first="a", second="a")
    assert pair(same, ["a", "b"])[1]["undefined"].startswith("one and the same class")
    assert pair(same, ["a", "b"])[0]["estimate"] == 1
    assert pair(same.iloc[:0], ["a", "b"])[0]["undefined"] == "no images in common"
    assert alpha(readings({"A": "a a", "B": "a a"}), ["a", "b"])["undefined"].startswith("one and the same class")
    assert alpha(readings({"A": "a b"}), ["a", "b"])["undefined"] == "no image was read twice"


def test_class_that_nobody_gave_changes_nothing():
    frame = two()
    assert [row["estimate"] for row in pair(frame, ["a", "b", "c", "d"])] == [row["estimate"] for row in pair(frame, ["a", "b", "c"])]


def test_coincidences_weigh_an_image_by_its_readings():
    counts = np.array([[2, 0], [1, 2]])
    assert coincidences(counts).tolist() == [[[2, 0], [0, 0]], [[0, 1], [1, 1]]]
    assert alpha_of(np.array([[5.0, 0.0], [0.0, 5.0]])) == 1
    assert np.isnan(alpha_of(np.array([[5.0, 0.0], [0.0, 0.0]])))
