"""Worst errors with their pictures."""

import json

from medimg.report import write_report
from medimg.report.cases import error_cases
from medimg.report.folder import read_run


def test_pictures_come_from_the_folder_of_the_run_and_from_nowhere_else(run):
    told = json.loads((run / "explain" / "explain.json").read_text())
    shown = [case for case in error_cases(read_run(run), images=True) if case.image]
    assert shown
    assert all(case.image.startswith("data:image/") for case in shown)
    for entry in told:
        entry["image"] = "../../secret.png"
    (run / "explain" / "explain.json").write_text(json.dumps(told))
    assert not any(case.image for case in error_cases(read_run(run), images=True))


def test_of_several_labels_the_probability_names_its_class(runs, pages):
    first = error_cases(read_run(runs["multilabel"]), images=True)[0]
    assert first.of
    assert f"({first.of} {first.p})" in pages["multilabel"]
    assert not error_cases(read_run(runs["binary"]), images=True)[0].of


def test_without_pictures_the_errors_stay(run):
    cases = error_cases(read_run(run), images=False)
    assert cases
    assert not any(case.image or case.overlay for case in cases)


def test_a_picture_without_any_evidence_says_so_instead_of_a_heat_map(run):
    told = json.loads((run / "explain" / "explain.json").read_text())
    told[0]["overlay"] = ""
    (run / "explain" / "explain.json").write_text(json.dumps(told))
    first, second = error_cases(read_run(run), images=True)[:2]
    assert (first.bare, first.overlay, second.bare) == (True, None, False)
    assert write_report(run).read_text().count("No heat-map: no evidence for") == 1
