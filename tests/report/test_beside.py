"""Other numbers beside ours."""

import pandas as pd

from medimg.report.beside import paper_table, source_table
from medimg.report.folder import RunFolder, read_run


def test_the_papers_figures_stand_in_one_line_for_each_of_its_rows(runs):
    table = paper_table(read_run(runs["binary"]))
    assert table.head == ["", "AUROC, paper", "AUROC, here"]
    assert [cell.text for cell in table.rows[0]][:2] == ["ResNet-50, FLAIR", "0.940"]
    assert table.rows[0][0].small == ""
    assert table.note.startswith("From table 3 of the paper.")


def test_an_f1_that_the_papers_own_figures_rule_out_is_marked(tmp_path):
    def figures(name, *printed):
        return [
            {"row": name, "metric": m, "paper": p, "ours": 0.9} for m, p in zip(("sensitivity", "precision", "f1"), printed, strict=True)
        ]

    rows = figures("reduced_uptake", 0.958, 0.958, 0.988) + figures("hyperthyroid", 0.979, 0.989, 0.984)
    table = paper_table(RunFolder(tmp_path, tables={"paper": pd.DataFrame(rows)}))
    assert [line[5].text for line in table.rows] == ["0.988*", "0.984"]
    assert table.note.endswith("these figures of the paper contradict each other.")


def test_ours_says_why_it_has_no_interval_or_no_value(tmp_path):
    few = {"row": "nodule", "metric": "auroc", "paper": 0.9, "ours": 0.8, "method": "too few patients for an interval: 4 in a class"}
    lost = few | {"row": "goitre", "ours": None, "method": "undefined", "undefined": "no case of goitre", "scope": "class=goitre"}
    table = paper_table(RunFolder(tmp_path, tables={"paper": pd.DataFrame([few, lost])}))
    assert [row[-1].small for row in table.rows] == ["too few patients", "no case of goitre"]


def test_a_row_of_the_source_has_its_difference(tmp_path):
    row = {"metric": "auroc", "scope": "all", "level": "image", "aggregate": "pooled", "low": None, "high": None, "estimate": 0.9}
    run = RunFolder(tmp_path, evaluation={"source_metrics": {"rows": [row]}}, metrics={"rows": [row | {"estimate": 0.85}]})
    assert [cell.text for cell in source_table(run).rows[0]][1:] == ["0.900", "\u22120.050"]


def test_a_measure_of_the_source_stands_in_one_line_for_images_and_patients_and_not_calibrated(tmp_path):
    row = {"metric": "auroc", "scope": "all", "low": None, "high": None, "estimate": 0.9, "calibrated": False, "n": 9, "patients": 3}
    source = [row | {"level": level, "aggregate": way} for level in ("image", "patient") for way in ("mean_over_folds", "pooled")]
    source.append(row | {"level": "image", "aggregate": "pooled", "calibrated": True})
    ours = [row | {"level": level, "aggregate": "single"} for level in ("image", "patient")]
    table = source_table(RunFolder(tmp_path, evaluation={"source_metrics": source}, metrics={"headline": ours[0], "rows": ours}))
    assert table.head == ["Measure", "Per image: source run", "Per image: difference", "Per patient: source run", "Per patient: difference"]
    assert len(table.rows) == 1
    assert "mean over folds" in table.note
