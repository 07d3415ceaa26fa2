"""The report of a simulation: the verdict first, alone in its file, silent about who and where, and honest when unfinished."""

import io
import json
import re

import pytest
from report.test_html import Page
from rich.console import Console
from simulations import make_simulation

from medimg.errors import RunError
from medimg.evaluate.simulating.learning import evaluate_simulation
from medimg.report.simulating.simulation import simulation_table, write_simulation_report

ENVIRONMENT = {"host": "ward-pc-7", "user": "mueller", "versions": {"torch": "2.15"}, "seeds": {"split": 0}, "command": "/home/mueller/x"}


def written(folder, **asked):
    run = make_simulation(folder, **asked)
    (run / "environment.json").write_text(json.dumps(ENVIRONMENT))
    (run / "config.yaml").write_text("experiment: brain\nactive: {budget: 10}\ndata: {manifest: /data/manifest.csv}\n")
    evaluate_simulation(run)
    write_simulation_report(run)
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return written(
        tmp_path_factory.mktemp("sim") / "run", gain={"diverse": 0.8}, repeats=4, strategies=("random", "random_patient", "diverse")
    )


@pytest.fixture(scope="module")
def page(run):
    return (run / "report.html").read_text(encoding="utf-8")


def test_the_verdict_comes_first_with_readable_names(page):
    first = re.search(r'<p class="verdict">(.*?)</p>', page).group(1)
    assert first.startswith("Diverse is better than random")
    assert "random_patient" not in page[: page.index("<nav")]
    assert page.index('class="verdict"') < page.index("<table")


def test_asks_nothing_of_the_network_and_links_to_what_is_there(page):
    parsed = Page(page)
    assert not re.search(r"https?:|file:/|@import|url\((?!#)", page, re.IGNORECASE)
    links = [value for name, value in parsed.attributes if name in ("src", "href", "xlink:href")]
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not {"script", "iframe", "object", "form", "base"} & set(parsed.tags)
    assert len(parsed.ids) == len(set(parsed.ids))
    assert {link[1:] for link in links if link.startswith("#")} <= set(parsed.ids)


def test_names_no_machine_no_person_no_path_and_no_patient(run, page):
    for secret in ("ward-pc-7", "mueller", "/home", "manifest.csv", str(run), "f0p1", "q17", "t00000"):
        assert secret not in page, secret


def test_has_banners_figures_tables_environment_and_what_was_not_measured(page):
    assert "Built-in cohort: shows the method, not medicine" in page
    assert "Research use only" in page
    for name in ("learning", "learning_measures", "learning_differences"):
        assert f'id="figure-{name}"' in page
    for text in ("Area under the learning curve", "Needed to come within the margin", "Won / tied / lost", "Stop rules, replayed", "2.15"):
        assert text in page
    assert "Not measured" in page
    assert "Perfect reader" in page


def test_an_unfinished_simulation_is_told_as_one(tmp_path):
    run = written(tmp_path / "run", keep=lambda unit: unit["round"] <= 1, draws=200)
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "This simulation is not finished" in page
    assert "24 of 84 units" in page


def test_one_repeat_a_fold_is_told_and_nothing_is_tested(tmp_path):
    run = written(tmp_path / "run", repeats=1, gain={"diverse": 0.8}, strategies=("random", "diverse"))
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "patients and repeats drawn" not in page
    assert "at each point, patients drawn." in page
    assert "no round is tested" in page
    assert "num good" not in page
    assert "<small>p " not in page
    assert set(simulation_table(run).columns[3]._cells) == {"–"}


def test_a_simulation_with_nothing_finished_still_has_a_report(tmp_path):
    run = written(tmp_path / "run", keep=lambda unit: False)
    assert "Nothing can be compared yet" in (run / "report.html").read_text(encoding="utf-8")


def test_an_unjudged_simulation_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"learning\.json is missing"):
        write_simulation_report(make_simulation(tmp_path / "run", rounds=1))


def test_the_terminal_shows_each_strategy_and_the_verdict(run):
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(simulation_table(run))
    text = console.export_text()
    for name in ("random patient", "Diverse is better than random", "Labels to full", "units"):
        assert name in text
