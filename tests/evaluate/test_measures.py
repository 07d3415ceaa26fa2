"""All measures of a table at once equal those made one by one."""

import json

import numpy as np
import pandas as pd
import pytest

from medimg.evaluate import evaluate
from medimg.evaluate.cases import Cases
from medimg.evaluate.measures import measure
from medimg.evaluate.question import read_question


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


def test_measures_of_patients_drawn_twice_or_not_at_all_equal_those_of_copied_rows(make_run):
    question = read_question(make_run(kind="multiclass", classes=("a", "b", "c"), patients=30))
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(30), 4)
    label = patient % 3
    p = rng.dirichlet(np.ones(3), 120)
    frame = pd.DataFrame({"id": [f"{k}" for k in range(120)], "patient": patient.astype(str), "label": np.array(list("abc"))[label]})
    cases = Cases(question, frame, np.eye(3, dtype=bool)[label], p, p, np.eye(3, dtype=bool)[p.argmax(axis=1)])
    weight = rng.integers(0, 3, 30)
    rows = np.repeat(np.arange(120), weight[patient])
    copies = Cases(question, frame.iloc[rows], cases.truth[rows], p[rows], p[rows], cases.decided[rows])
    weighted, copied = measure(cases, patient, weight[None].astype(float)), measure(copies, patient[rows], np.ones((1, 30)))
    assert set(weighted) == set(copied)
    assert {key: value[0] for key, value in weighted.items()} == pytest.approx({key: value[0] for key, value in copied.items()}, abs=1e-12)
