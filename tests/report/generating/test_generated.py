"""The section on generated images: said in plain words, with its numbers, its alarms and its pictures."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from medimg.report import write_report
from medimg.report.folder import RunFolder, read_run
from medimg.report.generating.generated import ENOUGH, copies_table, enough, likeness_table, montages, not_extended, warnings
from medimg.report.limits import limits

GOOD = {
    "group": "goitre|reduced_uptake", "real": 30, "patients": 28, "generated": 1000,
    "nearest_pixel_median": 0.05, "real_pixel_median": 0.06,
    "memorised_pixel": 1, "beyond_chance_pixel": False, "memorised_feature": 0, "beyond_chance_feature": False, "expected_by_chance": 1.0,
    "kid": -0.01, "kid_low": -0.1, "kid_high": 0.1, "kid_real": 0.02, "kid_real_high": 0.15, "density": 0.9, "coverage": 0.95,
    "coverage_real": 0.976, "recognised": 0.8, "recognised_real": 0.75, "reason": "",
}  # fmt: skip
BAD = GOOD | {"group": "nodule", "memorised_pixel": 40, "beyond_chance_pixel": True, "memorised_feature": 31, "beyond_chance_feature": True}
NONE = {"group": "normal", "real": 3, "patients": 3, "generated": 0, "reason": "3 images only"}


def folder(path, *rows, **columns):
    (path / "tables").mkdir(parents=True, exist_ok=True)
    (path / "config.yaml").write_text("{}")
    pd.DataFrame([row | columns for row in rows]).to_csv(path / "tables" / "generated.csv", index=False)
    return read_run(path)


def texts(table):
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def test_numbers_stand_above_what_real_pictures_have(tmp_path):
    run = folder(tmp_path, GOOD, BAD, NONE)
    copies, likeness = copies_table(run), likeness_table(run)
    assert texts(copies)["goitre + reduced uptake"] == ["28", "1,000", "0.050", "1", "0"]
    assert [cell.small for cell in copies.rows[0][3:]] == ["real 0.060", "by chance 1.00", "by chance 1.00"]
    assert texts(likeness)["goitre + reduced uptake"] == ["−0.010", "0.020", "0.950", "0.900", "80 %"]
    assert [cell.small for cell in likeness.rows[0][1:]] == ["−0.100 to 0.100", "up to 0.150", "real 0.976", "real 1", "real 75 %"]
    assert "normal" not in texts(copies)
    assert "Red: so many" in copies.note
    assert "independent of one another" in copies.note
    assert {row[0].text for row in copies.rows if "bad" in row[4].look} == {"nodule"}


def test_few_copies_by_chance_are_not_said_to_be_none(tmp_path):
    run = folder(tmp_path, BAD | {"expected_by_chance": 0.002})
    assert copies_table(run).rows[0][4].small == "by chance under 0.01"
    assert warnings(run)[0].endswith("by chance it would be under 0.01.")


def test_copies_beyond_chance_are_said_aloud_and_are_a_limit_and_others_are_not(tmp_path):
    run = folder(tmp_path, GOOD, BAD, NONE)
    (told,) = warnings(run)
    assert told.startswith("Nodule: of 1,000 generated images, 40 by pixels and 31 by features repeat an image of the training part")
    assert ("Memorised patients", told) in limits(run)
    assert not warnings(folder(tmp_path / "good", GOOD, NONE))


def test_a_group_that_was_not_extended_has_its_reason(tmp_path):
    assert not_extended(folder(tmp_path, GOOD, NONE)) == "Not extended: normal (3 images only)."
    folds = [NONE | {"fold": 0}, NONE | {"fold": 1}, GOOD | {"fold": 0}, GOOD | {"fold": 1, "generated": 0, "reason": "diverged"}]
    told = "Not extended: normal (3 images only), goitre + reduced uptake, fold 1 (diverged)."
    assert not_extended(folder(tmp_path / "folds", *folds)) == told


def test_a_group_with_images_enough_is_no_alarm(runs, tmp_path):
    many = NONE | {"group": "goitre", "real": 12, "patients": 8, "reason": f"{ENOUGH} (12)"}
    run = folder(tmp_path, GOOD, many)
    assert not not_extended(run)
    assert enough(run) == "As many real images as asked for, so none were generated: goitre (12)."
    full = shutil.copytree(runs["multilabel"], tmp_path / "run")
    folder(full, GOOD, many)
    page = write_report(full).read_text()
    assert 'class="alarm"' not in page[page.index('<section id="generated">') :]
    assert enough(run) in page


def test_folds_are_added_up_and_shown_one_by_one(tmp_path):
    rows = [GOOD | {"fold": 0}, GOOD | {"fold": 1, "kid": 0.05, "recognised": None}, BAD | {"fold": 0}]
    run = folder(tmp_path, *rows, seed=1)
    assert texts(copies_table(run))["goitre + reduced uptake"] == ["28", "2,000", "0.050", "2", "0"]
    assert texts(likeness_table(run))["goitre + reduced uptake"][0] == "0.020"
    for table in (copies_table, likeness_table):
        assert "Of 2 seeds and folds: generated images and copies are added up" in table(run).note
        assert "added up" not in table(run, each=True).note + table(folder(tmp_path / "single", GOOD, BAD, seed=1, fold=0)).note
    assert [row[0].small for row in copies_table(run, each=True).rows] == ["seed 1, fold 0", "seed 1, fold 1", "seed 1, fold 0"]
    assert [row[0].text for row in copies_table(run, each=True).rows] == ["goitre + reduced uptake"] * 2 + ["nodule"]
    assert warnings(run)[0].startswith("Nodule (seed 1, fold 0): ")
    assert not copies_table(folder(tmp_path / "one", GOOD, BAD, seed=1, fold=0), each=True)


def test_what_was_not_measured_is_a_dash_and_a_column_of_dashes_is_left_out(tmp_path):
    few = GOOD | {"kid": None, "kid_low": None, "kid_high": None, "kid_real": None, "kid_real_high": None, "memorised_feature": None}
    run = folder(tmp_path, few)
    assert likeness_table(run).head == ["Group", "Coverage", "Density", "Recognised"]
    assert copies_table(run).head[-1] == "Memorised, by pixels"


def test_what_was_not_measured_for_a_reason_that_is_known_has_a_footnote(tmp_path):
    near, halves = (
        "too few real patients to compare with: at least 3 are needed",
        "too few real patients for two halves: at least 8 are needed",
    )
    why = f"memorised: {near}; KID: {halves}"
    few = GOOD | {"group": "nodule", "reason": why, "recognised": None} | dict.fromkeys(("kid", "kid_real", "memorised_feature"))
    for rows in ([GOOD, few], [GOOD | {"fold": 0}, few | {"fold": 0}, few | {"fold": 1}]):
        run = folder(tmp_path, *rows)
        likeness, copies = likeness_table(run), copies_table(run)
        assert texts(likeness)["nodule"] == ["undefined", "undefined", "0.950", "0.900", "–"]
        assert list(likeness.reasons) == [halves]
        assert list(copies.reasons) == [near]


def test_montages_follow_the_groups_and_only_where_pictures_are_asked_for(tmp_path):
    run = folder(tmp_path, GOOD, NONE)
    (tmp_path / "generated").mkdir()
    for name in ("nodule", "goitre+reduced_uptake", "goitre"):
        Image.fromarray(np.zeros((90, 800), np.uint8)).save(tmp_path / "generated" / f"{name}.png")
    assert [montage.group for montage in montages(run, True)] == ["Goitre + reduced uptake", "Goitre", "Nodule"]
    assert all(montage.image.startswith("data:image/png;base64,") for montage in montages(run, True))
    assert montages(run, False) == []


class TestInTheReport:
    @pytest.fixture(scope="class")
    def extended(self, runs, tmp_path_factory):
        run = shutil.copytree(runs["multilabel"], tmp_path_factory.mktemp("extended") / "run")
        folder(run, GOOD, BAD | {"group": "<i>nodule</i>"}, NONE)
        (run / "generated").mkdir()
        Image.fromarray(np.arange(800, dtype=np.uint8).reshape(20, 40)).save(run / "generated" / "nodule.png")
        learned = {
            "trained_on": "generated",
            "tested_on": "real test images",
            "n": 12,
            "patients": 12,
            "auroc": 0.8,
            "low": 0.7,
            "high": 0.9,
        }
        pd.DataFrame([learned]).to_csv(run / "tables" / "real_test.csv", index=False)
        shown = {"class": "nodule", "recognised": 106, "shown": 120, "share": 106 / 120}
        pd.DataFrame([shown]).to_csv(run / "tables" / "generated_test.csv", index=False)
        return run

    def test_everything_stands_in_its_place_and_no_text_of_the_run_is_markup(self, extended):
        page = write_report(extended).read_text()
        section = page[page.index('<section id="generated">') : page.index('<section id="training">')]
        for text in ("validation and test are real images only", "3 images only", "40 by pixels", "0.700 to 0.900", "106", "88.3 %"):
            assert text in section
        assert "Not evidence: tested on generated images, as the paper did" in section
        assert section.count("data:image/png") == 1
        assert 'href="#generated"' in page
        assert "<i>" not in page
        assert not re.search(r"https?:", re.sub(r"base64,[^\"]*", "", section))

    def test_pictures_are_left_out_on_request(self, extended):
        page = write_report(extended, images=False).read_text()
        section = page[page.index('<section id="generated">') : page.index('<section id="training">')]
        assert "data:image" not in section
        assert "left out on request" in section

    def test_other_runs_have_no_such_section(self, pages):
        for page in pages.values():
            assert 'id="generated"' not in page
            assert "#generated" not in page


def test_a_folder_without_tables_has_nothing_to_say(tmp_path):
    run = RunFolder(tmp_path)
    assert not copies_table(run)
    assert not likeness_table(run)
    assert warnings(run) == montages(run, True) == []
    assert not_extended(run) == enough(run) == ""
