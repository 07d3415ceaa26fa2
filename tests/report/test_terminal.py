"""Results on the terminal."""

import io
import json

import pandas as pd
from rich.console import Console

from medimg.data.leaks import NOT_APART
from medimg.report import write_report
from medimg.report.terminal import results_table


def printed(run, width=110):
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(results_table(run))
    return console.export_text()


def test_the_headline_comes_first_with_its_interval_images_and_patients(runs):
    headline = json.loads((runs["binary"] / "metrics.json").read_text())["headline"]
    lines = [line for line in printed(runs["binary"]).splitlines() if "AUROC" in line]
    for text in ("per image", f"{headline['estimate']:.3f}", f"{headline['low']:.3f} to {headline['high']:.3f}", " 40"):
        assert text in lines[0]


def test_each_class_stands_with_its_measures(runs):
    text = printed(runs["multilabel"])
    for name in ("hyperthyroidism", "nodule", "goitre", "reduced uptake"):
        assert f"{name}, per image" in text
    assert "built-in cohort" in text


def test_each_class_stands_with_the_number_of_images_that_show_it(runs):
    rows = json.loads((runs["multilabel"] / "metrics.json").read_text())["rows"]
    own = next(row for row in rows if (row["metric"], row["scope"], row["level"]) == ("sensitivity", "class=goitre", "image"))
    assert 0 < own["positives"] < own["n"]
    assert f"goitre, per image, {own['positives']} positive" in printed(runs["multilabel"])


def test_images_of_one_and_of_two_labels_have_their_own_lines(runs):
    lines = [line.strip() for line in printed(runs["distribution"]).splitlines()]
    one, start = (
        next(k for k, line in enumerate(lines) if line.startswith(f"{kind}, per image")) for kind in ("One label", "Several labels")
    )
    assert one < start
    told = [" ".join(line.split("  ")[0].split()) for line in lines[start + 1 :] if line != "pooled"]  # a long heading takes two lines
    assert told[:4] == ["Exact match", "No decision", "Sensitivity, goitre", "Sensitivity, reduced uptake"]


def test_patients_in_several_parts_are_told_above_the_numbers(run):
    proof = json.loads((run / "split_proof.json").read_text())
    (run / "split_proof.json").write_text(json.dumps(proof | {"warnings": [NOT_APART]}))
    assert "the numbers may be" in printed(run).splitlines()[0]
    page = write_report(run).read_text()
    assert page.index("too good") < page.index("<h1>")


def test_what_the_recipe_has_said_and_copies_of_patients_stand_below_the_numbers(run):
    facts = json.loads((run / "evaluation.json").read_text())
    (run / "evaluation.json").write_text(json.dumps(facts | {"notes": ["Phases: one, as no image shows several [signs]."]}))
    copies = {"group": "nodule", "generated": 60, "memorised_pixel": 9, "beyond_chance_pixel": True, "expected_by_chance": 0.06}
    pd.DataFrame([copies]).to_csv(run / "tables" / "generated.csv", index=False)
    text = " ".join(printed(run).split())
    assert "Nodule: of 60 generated images, 9 by pixels repeat an image" in text
    assert "Phases: one, as no image shows several [signs]." in text


def test_a_run_without_results_says_so_and_markup_of_a_title_is_shown_as_text(run):
    (run / "metrics.json").unlink()
    facts = json.loads((run / "evaluation.json").read_text()) | {"title": "[bold]x", "cohort": "ours"}
    (run / "evaluation.json").write_text(json.dumps(facts))
    text = printed(run)
    assert "no results yet" in text
    assert "[bold]x" in text
