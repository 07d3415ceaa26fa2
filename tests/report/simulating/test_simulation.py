"""The report of a simulation: the verdict first, alone in its file, silent about who and where, and honest when unfinished."""

import json
import re

import pytest
from report.test_html import Page
from simulations import make_simulation

from medimg.errors import RunError
from medimg.evaluate.simulating.learning import evaluate_simulation
from medimg.report.simulating.simulation import write_simulation_report
from medimg.report.simulating.terminal import simulation_table

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


def test_the_head_says_what_is_simulated_on_how_many_and_how_far_it_is(page):
    head = page[: page.index("<nav")]
    for text in ("Labelling simulated on images whose labels are known", "<dt>Test</dt>", "<dt>Trainings</dt>"):
        assert text in head
    assert "Simulated reader" not in head


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


def test_a_simulation_on_frozen_features_says_so_names_whose_and_what_is_proved_of_them(tmp_path):
    run = make_simulation(tmp_path / "run", frozen=True)
    checks = [{"name": "no patients that taught the network of model.weights in the test part", "compared": 30, "found": 0}]
    stage = {"run": "2026-01-02_tumours", "title": "Three tumours", "network": "one", "checks": checks, "notes": []}
    (run / "encoder").mkdir()
    (run / "encoder" / "encoder.json").write_text(json.dumps({"fold0": stage, "fold1": stage}))
    evaluate_simulation(run)
    page = write_simulation_report(run).read_text(encoding="utf-8")
    assert page.index("Screening on frozen features, not the final model.") < page.index("<h1>")
    assert "networks of run 2026-01-02_tumours (Three tumours)" in page
    assert "no patients that taught the network of model.weights in the test part: 0 of 60" in page
    assert "Fewer steps early" not in page


def test_early_rounds_of_trained_networks_have_fewer_steps_and_nothing_is_screened(page):
    assert "Fewer steps early" in page
    assert "Screening on frozen features" not in page


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
