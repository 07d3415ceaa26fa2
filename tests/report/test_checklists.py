"""Items of the reporting guidelines."""

import pandas as pd

from medimg.report.checklists import checklist, filled
from medimg.report.folder import RunFolder, read_run


def test_items_are_filled_from_the_run_and_blank_without_one(runs, tmp_path):
    run, empty = read_run(runs["binary"]), RunFolder(tmp_path)
    for guideline, least in (("CLAIM", 15), ("STARD", 9)):
        items = checklist(guideline, run)
        assert [item.number for item in items] == [item.number for item in checklist(guideline, empty)]
        assert filled(items) >= least
        assert filled(checklist(guideline, empty)) <= 2


def test_training_and_preprocessing_point_to_the_settings_that_rule_them(tmp_path):
    run = RunFolder(tmp_path, config={"data": {"size": 64}, "task": {"lr": 0.1}, "trainer": {"epochs": 3}})
    answers = [item.answer for item in checklist("CLAIM", run)]
    assert "See Configuration: data." in answers
    assert "See Configuration: trainer, task." in answers


def test_criteria_are_words_that_a_reader_without_python_understands(tmp_path):
    data = {"where": {"sequence": "FLAIR", "site": ["north", "south"]}, "classes": ["a", "cold_nodule"], "exclude": "/home/x/gone.csv"}
    run = RunFolder(tmp_path, config={"data": data}, cases=pd.DataFrame({"id": ["1"], "patient": ["p"]}))
    criteria = "sequence: FLAIR; site: north, south; classes: a, cold nodule; withdrawn patients left out"
    assert criteria in [item.answer for item in checklist("CLAIM", run)]


def test_a_split_by_image_is_not_told_as_one_by_patient(runs):
    run = read_run(runs["binary"])
    run.proof["warnings"] = ["Patients stand in several parts."]
    answers = [item.answer for item in checklist("CLAIM", run)]
    assert "By image, not by patient, 5 folds, a pure function of images and seed; see Split and its proof." in answers
    assert "Image only: patients stand in several parts, see Leak check." in answers


def test_every_site_is_named(tmp_path):
    cases = pd.DataFrame({"id": list("123456789"), "patient": list("123456789"), "site": list("ABCDEFGHI")})
    answers = [item.answer for item in checklist("CLAIM", RunFolder(tmp_path, cases=cases))]
    assert any(answer.endswith("9 sites: A, B, C, D, E, F, G, H, I") for answer in answers)


def test_the_table_that_several_labels_have_is_named(runs):
    run = read_run(runs["multilabel"])
    answers = {item.asks: item.answer for item in checklist("STARD", run)}
    assert answers["Cross tabulation"] == "See Found and missed."
    assert "See Confusion matrix." in [item.answer for item in checklist("STARD", read_run(runs["binary"]))]


def test_a_network_without_a_weight_file_is_told_to_have_started_at_random(tmp_path):
    told = "Random; no weight file was read."
    assert told in [item.answer for item in checklist("CLAIM", RunFolder(tmp_path, config={"model": {"weights": None}}))]
    assert told not in [item.answer for item in checklist("CLAIM", RunFolder(tmp_path, config={"model": {}}))]
