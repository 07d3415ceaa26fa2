"""Networks tested on real pictures after learning from generated ones, and the paper's way."""

import pandas as pd

from medimg.report.folder import RunFolder
from medimg.report.generating.generated_tests import generated_test_table, real_test_table


def run(tmp_path, name, *rows):
    return RunFolder(tmp_path, tables={name: pd.DataFrame(rows)})


def test_what_was_learned_from_is_named_and_an_undefined_area_has_its_reason(tmp_path):
    line = {"tested_on": "real", "n": 80, "patients": 75, "auroc": 0.9, "low": 0.85, "high": 0.94, "reason": ""}
    lost = line | {"trained_on": "generated", "auroc": None, "low": None, "high": None, "reason": "one class only"}
    table = real_test_table(run(tmp_path, "real_test", line | {"trained_on": "both"}, lost))
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Real and generated images", "real", "80", "75", "0.900"],
        ["Generated images only", "real", "80", "75", "undefined"],
    ]
    assert table.rows[0][-1].small == "0.850 to 0.940"
    assert table.rows[1][-1].small == "one class only"


def test_an_area_of_too_few_patients_says_so_where_its_interval_would_stand(tmp_path):
    line = {"trained_on": "real", "tested_on": "real", "n": 9, "patients": 8, "auroc": 0.9, "low": None, "high": None, "reason": ""}
    few = line | {"method": "too few patients for an interval: 4 in a class, at least 10 are needed"}
    assert real_test_table(run(tmp_path, "real_test", few)).rows[0][-1].small == "too few patients"


def test_shares_are_in_per_cent_as_the_paper_has_them(tmp_path):
    table = generated_test_table(
        run(tmp_path, "generated_test", {"class": "goitre|nodule", "recognised": 110, "shown": 120, "share": 110 / 120})
    )
    assert [cell.text for cell in table.rows[0]] == ["goitre + nodule", "110", "120", "91.7 %"]


def test_a_set_without_generated_images_is_said_not_to_be_among_all(tmp_path):
    rows = [{"class": "goitre", "recognised": 1, "shown": 2, "share": 0.5}, {"class": "normal", "recognised": 0, "shown": 0, "share": None}]
    table = generated_test_table(run(tmp_path, "generated_test", *rows, rows[0] | {"class": "all"}))
    assert [cell.text for cell in table.rows[1]] == ["normal", "0", "0", "–"]
    assert "No images were generated of normal, so 'all' holds none" in table.note
    assert "No images" not in generated_test_table(run(tmp_path, "generated_test", rows[0])).note


def test_other_runs_have_neither(tmp_path):
    assert not real_test_table(RunFolder(tmp_path))
    assert not generated_test_table(RunFolder(tmp_path))
