"""The report of each kind of run: complete, alone in its file, and silent about who and where."""

import json
import re
import shutil
import subprocess
import time
from html.parser import HTMLParser

import pandas as pd
import pytest
from report.fake_run import RAW_PATIENT, external_run, fake_run

from medimg.errors import RunError
from medimg.report import write_report

PAPER = [{"row": "ResNet-50, FLAIR", "metric": "auroc", "value": 0.94, "source": "table 3"}]
BLOCKS = ("results", "errors", "limits", "patients", "training", "reproduction", "checklists", "calibration")
FIGURES = ("roc", "pr", "forest", "reliability", "flow", "training")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return {
        "binary": fake_run(folder / "binary", paper=PAPER),
        "multilabel": fake_run(folder / "multilabel", kind="multilabel", folds=1, seeds=(1,), patients=150, cohort="phantom:thyroid@1"),
        "multiclass": fake_run(folder / "multiclass", kind="multiclass", folds=3, seeds=(1,), patients=60, cohort="our hospital"),
        "external": external_run(folder / "external"),
    }


@pytest.fixture(scope="module")
def pages(runs):
    return {name: write_report(run).read_text(encoding="utf-8") for name, run in runs.items()}


@pytest.fixture
def run(runs, tmp_path):
    return shutil.copytree(runs["binary"], tmp_path / "run")


class Page(HTMLParser):
    """Collects attributes, ids and open tags."""

    def __init__(self, text):
        super().__init__()
        self.attributes, self.ids, self.tags = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]


@pytest.mark.parametrize("kind", ["binary", "multilabel", "multiclass", "external"])
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


@pytest.mark.parametrize("kind", ["binary", "multilabel", "multiclass"])
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
    assert "pictures in one part only" in pages["binary"]


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


def test_a_picture_carries_no_text_of_its_file(run):
    from PIL import Image, PngImagePlugin

    told = PngImagePlugin.PngInfo()
    told.add_text("Patient", RAW_PATIENT)
    entry = json.loads((run / "explain" / "explain.json").read_text())[0]
    Image.new("L", (900, 900)).save(run / "explain" / entry["image"], pnginfo=told)
    write_report(run)
    import base64

    from medimg.report.pictures import data_uri

    data = base64.b64decode(data_uri(run / "explain" / entry["image"]).split(",")[1])
    assert RAW_PATIENT.encode() not in data
    assert len(data) < 5000


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (["metrics.json", "tables", "calibration.json"], "the evaluation has not been made"),
        (["split_proof.json"], "the proof that no patient is in two parts"),
        (["explain"], "No pictures"),
        (["stages"], "training curves"),
        (["flow.json", "environment.json"], "versions, seeds and device"),
        (["evaluation.json", "metrics.json", "tables", "explain", "calibration.json", "predictions", "flow.json"], "No results yet"),
        (["config.yaml", "cases.csv"], "the cohort table"),
    ],
)
def test_an_unfinished_run_gives_a_report_that_says_what_is_missing(run, lost, said):
    for name in lost:
        shutil.rmtree(run / name) if (run / name).is_dir() else (run / name).unlink()
    text = write_report(run).read_text()
    assert said in text
    assert ("This run is not complete" in text) == (lost != ["stages"])


def test_damaged_files_are_said_and_do_not_stop_the_report(run):
    for name in ("metrics.json", "flow.json", "tables/roc.csv", "config.yaml"):
        (run / name).write_text('{"half": [')
    (run / "tables" / "pr.csv").write_text("")
    text = write_report(run).read_text()
    assert text.count("(the file is damaged)") >= 4


def test_a_folder_that_is_no_run_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(RunError, match="not a run folder"):
        write_report(tmp_path)


def test_a_report_takes_less_than_ten_seconds_and_is_the_same_twice(run):
    start = time.monotonic()
    first = write_report(run).read_bytes()
    assert time.monotonic() - start < 10
    assert write_report(run).read_bytes() == first


def visit(address, folder):
    """What Chromium has loaded, said on its console, and asked for on behalf of the page (not for itself), with every host blocked."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    command += ["--disable-sync", "--no-first-run", f"--user-data-dir={folder / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND"]
    command += ["--enable-logging=stderr", f"--log-net-log={folder / 'net.json'}", "--dump-dom", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    events = [event.get("params", {}) for event in json.loads((folder / "net.json").read_text())["events"]]
    asked = {event["url"] for event in events if "url" in event and event.get("initiator", "not an origin") != "not an origin"}
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, console, {url for url in asked if not url.startswith(("data:", "file:"))}


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
class TestInABrowser:
    @pytest.mark.parametrize("kind", ["binary", "external"])
    def test_it_loads_without_a_request_or_a_complaint(self, runs, pages, tmp_path, kind):
        shown, console, asked = visit(f"file://{runs[kind] / 'report.html'}", tmp_path)
        assert "CLAIM" in shown
        assert not console
        assert not asked

    def test_a_request_would_have_been_seen(self, tmp_path):
        page = tmp_path / "page.html"
        page.write_text("<img src='http://elsewhere.invalid/a.png'><script>console.error('loud')</script>")
        _, console, asked = visit(f"file://{page}", tmp_path)
        assert console
        assert asked == {"http://elsewhere.invalid/a.png"}
