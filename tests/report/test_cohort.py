"""Patients, parts, flow and limits agree with the tables they come from."""

import json

from medimg.report.cohort import cohort_table, left_out_table, parts, parts_table, sizes
from medimg.report.folder import RunFolder, read_run


def test_counts_of_the_cohort_add_up(runs):
    run = read_run(runs["binary"])
    images, patients = sizes(run)
    blocks = [line for line in cohort_table(run).rows if line[1].text in ("glioma", "encephalitis")]
    assert sum(int(line[3].text) for line in blocks) == images == len(run.cases)
    assert sum(int(line[2].text) for line in blocks) == patients == 40


def test_parts_come_from_the_split_where_the_flow_does_not_tell(run):
    told = parts(read_run(run))
    flow = json.loads((run / "flow.json").read_text())
    (run / "flow.json").write_text(json.dumps(flow | {"parts": None}))
    assert parts(read_run(run)) == told
    assert len(parts_table(read_run(run)).rows) == 5


def test_labels_that_are_no_class_stand_with_the_class_that_may_be_meant(tmp_path):
    run = RunFolder(tmp_path, flow={"labels_left_out": {"cyst": 20, "gliomaa": 2}, "labels_misspelt": {"gliomaa": "glioma"}})
    assert [[cell.text for cell in line] for line in left_out_table(run).rows] == [["cyst", "20", ""], ["gliomaa", "2", "glioma"]]
    assert not left_out_table(RunFolder(tmp_path))


def test_who_was_left_out_of_training_on_purpose_has_columns_of_his_own(tmp_path):
    counts = {part: {"images": 2 * n, "patients": n} for n, part in enumerate(("train", "val", "test", "unused"), start=1)}
    run = RunFolder(tmp_path, flow={"parts": {"0": counts}})
    assert [cell.text for cell in parts_table(run).rows[0]] == ["1", "2", "2", "4", "3", "6", "4", "8"]
    assert parts_table(run).head[-2:] == ["Not used, patients", "Not used, images"]
