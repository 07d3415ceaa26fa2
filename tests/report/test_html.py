"""The report of each kind of run: complete, alone in its file, and silent about who and where."""

import json
import re
import time

import pandas as pd
import pytest
from report.fake_run import RAW_PATIENT
from report.parsed_page import Page

from medimg.report import write_report

BLOCKS = ("results", "errors", "limits", "patients", "training", "reproduction", "checklists", "calibration")
FIGURES = ("roc", "pr", "forest", "reliability", "flow", "training")


@pytest.mark.parametrize("kind", ["binary", "multilabel", "distribution", "multiclass", "external"])
class TestEveryReport:
    def test_asks_nothing_of_the_network(self, pages, kind):
        page = Page(pages[kind])
        assert not re.search(r"https?:|file:/|@import|url\((?!#)", re.sub(r"base64,[^\"]*", "", pages[kind]), re.IGNORECASE)
        links = [value for name, value in page.attributes if name in ("src", "href", "xlink:href", "srcset", "action", "data")]
        assert links
        assert all(link.startswith(("#", "data:")) for link in links)
        assert not {"script", "iframe", "object", "form", "base"} & set(page.tags)
        assert "default-src 'none'" in pages[kind]

    def test_names_no_path_no_patient_and_no_person(self, runs, pages, kind):
        text = pages[kind]
        for secret in (RAW_PATIENT, "mueller", "ward-pc-7", "net.safetensors", "manifest.csv", "/home", "/data", str(runs[kind]), "anon-"):
            assert secret not in text, secret
        hashes = pd.read_csv(runs[kind] / "cases.csv")["patient"]
        assert not [value for value in hashes.unique() if value in text]

    def test_uses_each_id_once_and_links_only_to_ids_that_are_there(self, pages, kind):
        page = Page(pages[kind])
        assert len(page.ids) == len(set(page.ids))
        links = {value[1:] for name, value in page.attributes if name in ("href", "xlink:href") and value.startswith("#")}
        assert links <= set(page.ids)

    def test_says_research_use_and_built_in_cohort_where_it_is_one(self, pages, kind):
        assert "Research use only" in pages[kind]
        assert ("Built-in cohort: shows the method, not medicine" in pages[kind]) == (kind in ("binary", "multilabel"))


@pytest.mark.parametrize("kind", ["binary", "multilabel", "distribution", "multiclass"])
def test_a_finished_run_has_every_block_and_lacks_nothing(pages, kind):
    page = Page(pages[kind])
    assert set(BLOCKS) <= set(page.ids)
    assert {f"figure-{name}" for name in FIGURES if (kind, name) != ("multilabel", "")} <= set(page.ids)
    assert "Not in this run" not in pages[kind]
    assert "This run is not complete" not in pages[kind]
    assert pages[kind].count("data:image/png") == 12


def test_the_verdict_holds_the_headline_with_interval_images_and_patients(runs, pages):
    headline = json.loads((runs["binary"] / "metrics.json").read_text())["headline"]
    wanted = (
        f"AUROC {headline['estimate']:.3f} (95 % interval {headline['low']:.3f} to {headline['high']:.3f}), per image, mean over folds; "
    )
    cases = pd.read_csv(runs["binary"] / "cases.csv")
    assert f"{wanted}{len(cases)} test images of 40 patients." in pages["binary"]


def test_every_value_of_the_results_is_printed_as_it_was_measured(runs, pages):
    rows = json.loads((runs["binary"] / "metrics.json").read_text())["rows"]
    whole = [row for row in rows if row["scope"] == "all" and not row["calibrated"] and row["low"] is not None]
    whole = [row for row in whole if row["metric"] not in ("brier", "ece") or row["aggregate"] == "mean_over_folds"]
    assert len(whole) > 20
    for row in whole:
        assert f">{row['estimate']:.3f}<small>{row['low']:.3f} to {row['high']:.3f}" in pages["binary"], row


def test_the_paper_stands_beside_ours_and_the_source_run_beside_the_external_one(pages):
    assert "ResNet-50, FLAIR" in pages["binary"]
    assert "Against the source run" in pages["external"]
    assert "0.910 to 0.980" in pages["external"]
    assert "No split: every case is a test case" in pages["external"]


def test_the_split_is_shown_with_its_proof_and_hash(pages):
    assert "ef" * 32 in pages["binary"]
    assert "images in one part only" in pages["binary"]


def test_limits_are_derived_from_the_run(runs, pages, run):
    assert "40 test patients with " in pages["binary"]
    assert "No external test" in pages["binary"]
    assert "No external test" not in pages["external"]
    assert "One seed" in pages["multiclass"]
    cases = pd.read_csv(run / "cases.csv", dtype=str, keep_default_na=False).assign(site="north")
    cases.to_csv(run / "cases.csv", index=False)
    assert "All images come from one site" in write_report(run).read_text()


def test_an_undefined_measure_is_printed_with_its_reason(run):
    metrics = json.loads((run / "metrics.json").read_text())
    for row in metrics["rows"]:
        if row["level"] == "patient":
            row |= {"estimate": None, "low": None, "high": None, "undefined": "mixed labels: 3 patients"}
    (run / "metrics.json").write_text(json.dumps(metrics))
    text = write_report(run).read_text()
    assert "Per patient: undefined, mixed labels: 3 patients." in text


def test_a_long_reason_of_a_site_is_a_footnote_under_its_table_not_a_narrow_column(run):
    reason = "the test cases of this site show one class only, and an area under a curve needs two of them"
    metrics = json.loads((run / "metrics.json").read_text())
    for row in metrics["rows"]:
        if row["scope"] == "site=north" and row["metric"] == "auroc":
            row |= {"estimate": None, "low": None, "high": None, "undefined": reason}
    (run / "metrics.json").write_text(json.dumps(metrics))
    text = write_report(run).read_text()
    assert '<td class="num dim">undefined²</td>' in text
    assert f"<small>{reason}" not in text
    assert f'</table>\n</div>\n<p class="note">² {reason}.</p>' in text


def test_text_of_the_run_is_escaped(run):
    facts = json.loads((run / "evaluation.json").read_text())
    (run / "evaluation.json").write_text(json.dumps(facts | {"title": "<script>alert(1)</script>"}))
    cases = pd.read_csv(run / "cases.csv", dtype=str, keep_default_na=False)
    cases["site"] = cases["site"].replace("north", '<img src=x onerror="a()">')
    cases.to_csv(run / "cases.csv", index=False)
    metrics = (run / "metrics.json").read_text().replace("site=north", "site=<b>north</b>")
    (run / "metrics.json").write_text(metrics)
    text = write_report(run).read_text()
    page = Page(text)
    assert "script" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "<b>north" not in text


def test_a_subgroup_with_a_value_per_patient_is_left_out(run):
    cases = pd.read_csv(run / "cases.csv", dtype=str, keep_default_na=False)
    numbers = cases["patient"].astype("category").cat.codes
    cases.assign(surname="Name" + numbers.astype(str), sex=(numbers % 2).map({0: "f", 1: "m"})).to_csv(run / "cases.csv", index=False)
    text = write_report(run).read_text()
    assert "Name1" not in text
    assert "Sex" in text


def test_pictures_are_left_out_on_request(run):
    text = write_report(run, images=False).read_text()
    assert "data:image" not in text
    assert "left out on request" in text


def test_a_report_takes_less_than_ten_seconds_and_is_the_same_twice(run):
    start = time.monotonic()
    first = write_report(run).read_bytes()
    assert time.monotonic() - start < 10
    assert write_report(run).read_bytes() == first
