"""Items of the reporting guidelines."""

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
