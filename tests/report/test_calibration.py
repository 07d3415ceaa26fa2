"""What was fixed on validation, and how far probabilities can be believed."""

from medimg.report.calibration import answer, calibration_table, spread, threshold_table
from medimg.report.folder import RunFolder


def test_thresholds_stand_per_seed_and_fold_and_remarks_are_counted():
    one = {"temperature": 1.5, "thresholds": {"b": 0.4}, "n": 20, "reason": None}
    two = one | {"temperature": 1.0, "reason": "too few"}
    table = threshold_table({"1/0": one, "1/1": two, "2/0": two})
    assert [cell.text for cell in table.rows[0]] == ["1", "0", "20", "1.500", "0.400"]
    assert table.note == "2 of 3: per image, too few."
    assert spread({"1/0": one, "1/1": two}) == [1.0, 1.25, 1.5]
    assert spread({}) == []


def test_a_case_without_thresholds_is_decided_by_the_rule_given_or_by_the_most_probable_class(tmp_path):
    entry = {"1/0": {"temperature": 1.5, "thresholds": {}, "n": 20, "reason": None}}
    rule = RunFolder(tmp_path, evaluation={"rule": {"one": 0.9, "two": 0.45, "source": "x"}})
    assert threshold_table(entry).rows[0][-1].text == answer(RunFolder(tmp_path)) == "most probable class"
    assert threshold_table(entry, answer=answer(rule)).rows[0][-1].text == "one above 0.90, two above 0.45; given, not fitted"


def test_measures_stand_before_and_after_scaling(tmp_path):
    row = {"metric": "brier", "scope": "all", "level": "image", "aggregate": "pooled", "low": None, "high": None}
    rows = [row | {"estimate": 0.2, "calibrated": False}, row | {"estimate": 0.1, "calibrated": True}]
    table = calibration_table(RunFolder(tmp_path, metrics={"rows": rows}))
    assert [[cell.text for cell in line] for line in table.rows] == [["Brier score, per image", "0.200", "0.100"]]


def test_nothing_is_told_twice_where_each_patient_has_one_image(tmp_path):
    row = {"metric": "brier", "scope": "all", "aggregate": "single", "estimate": 0.2, "low": None, "high": None, "calibrated": False}
    rows = [row | {"level": level, "n": 9, "patients": 9} for level in ("image", "patient")]
    run = RunFolder(tmp_path, metrics={"headline": rows[0], "rows": rows})
    assert [line[0].text for line in calibration_table(run).rows] == ["Brier score, per image"]
    one = {"temperature": 1.5, "thresholds": {"b": 0.4}, "n": 9, "reason": None}
    both = {"1/0": one | {"patient": one}, "1/1": one | {"patient": one}}
    assert len(threshold_table(both).head) == 8
    assert threshold_table(both, ("image",)).head[2:] == ["Images", "Images: temperature", "Images: threshold"]


def test_of_one_training_neither_seed_nor_fold_is_told():
    one = {"temperature": 1.5, "thresholds": {"b": 0.4}, "n": 9, "reason": "temperature: none"}
    table = threshold_table({"1/0": one})
    assert table.head == ["Images", "Images: temperature", "Images: threshold"]
    assert [cell.text for cell in table.rows[0]] == ["9", "1.500", "0.400"]
    assert table.note == "Per image, temperature: none."
