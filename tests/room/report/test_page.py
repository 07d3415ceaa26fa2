"""The page: offline, complete, and without what names a patient or a path."""

import dataclasses
import json
import re

import histories
import pandas as pd
import pytest

from medimg.room.report import write_report
from medimg.room.report.page import context


@pytest.fixture(scope="session")
def folder(history, tmp_path_factory):
    made = tmp_path_factory.mktemp("report")
    write_report(history, made, threshold=0.3, draws=200)
    return made


def test_report_leaves_its_page_numbers_tables_and_history(folder, found):
    names = {path.name for path in folder.iterdir()}
    assert names == {"report.html", "report.json", "agreement.csv", "reread.csv", "audit.jsonl"}
    assert json.loads((folder / "report.json").read_text()) == found
    assert set(pd.read_csv(folder / "agreement.csv")["metric"]) == {"accuracy", "kappa", "alpha"}
    assert pd.read_csv(folder / "reread.csv").loc[0, "item"] == "i10"


def test_page_says_what_was_done_and_what_is_not_known(folder):
    page = (folder / "report.html").read_text()
    for words in (
        "77 of 120 images labelled, 9 of them of validation patients; 30 patients opened.",
        "3 images with a disagreement that nobody has settled.",
        "Stop recommended: stable, max entropy.",
        "Trained on changed labels",
        "Of round 1, 1 label changed since.",
        "Krippendorff",
        "\u00b9 exact interval: counts patients, not images",
        "The threshold of the rules is 0.300 nats.",
        "The open pool, without the strategy",
        "Whether the labels are right: there is no reference beyond the readers.",
        "what the network of the round before had said of the image, before it was told the label (prequential;",
        "40 of 77 labels could be held against what a network had said before it learnt them.",
        "Research use only",
    ):
        assert words in page, words


def test_page_is_offline_and_names_no_patient_item_or_path(folder):
    page = (folder / "report.html").read_text()
    assert not re.findall(r"<script|https?://|\bsrc=\"(?!data:)", page)
    assert not re.findall(r">p\d+<|>i\d+<|/tmp/", page)


def test_readers_who_agree_by_chance_alone_are_named(found):
    rows = [row | ({"estimate": 0.0} if row["metric"] == "kappa" else {}) for row in found["between_readers"]]
    told = context({**found, "between_readers": rows}, None, 0.6, False)["limits"]
    assert ("Readers disagree", "Ann and Bo: Cohen's kappa 0.00, below 0.6.") in told


def test_damaged_history_is_said_first(history, tmp_path):
    events = [dict(row) for row in history.tables["event"]]
    events[5]["value"] = histories.CLASSES[0] if events[5]["value"] == histories.CLASSES[1] else histories.CLASSES[1]
    bent = dataclasses.replace(history, tables={**history.tables, "event": events})
    page = write_report(bent, tmp_path, draws=20).read_text()
    assert page.index("The history of labels is not what was written") < page.index("<h1>")
    assert "event 6 is not what was written" in page


def test_answers_before_which_the_model_was_shown_are_said_first(history, tmp_path):
    events = [row | {"reveal": "before"} if row["reveal"] == "hidden" else row for row in history.tables["event"]]
    page = write_report(
        dataclasses.replace(history, tables={**history.tables, "event": events}), tmp_path, draws=20, built_in=True
    ).read_text()
    assert "their labels follow it more than their own eyes would" in page
    assert "Built-in cohort" in page


def test_same_history_gives_the_same_bytes(history, folder, tmp_path):
    write_report(history, tmp_path, threshold=0.3, draws=200)
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
