"""Real rounds through the program: what an expert labels gives the curve that a simulation of the same seeds promised."""

import json
import re
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import replace
from http.cookiejar import CookieJar

import fakes
import numpy as np
import pandas as pd
import pytest
from command import medimg, refused
from projects import Untrained, answer, answered, cohort, expert, in_this_process, project_in, words

from medimg.room import opening
from medimg.room.folder import Folder
from medimg.room.lock import holder, only_one
from medimg.room.project import open_project
from medimg.room.session import Session, Where, served
from medimg.room.store import Store

FLAGS = ["--headless", "--strategy", "entropy", "--max-rounds", "2", "--json"]


@pytest.fixture(scope="module")
def three_rounds(tmp_path_factory):
    """A project from no label at all to its third model: its folder, the truth, and what each command said."""
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_HOME", str(folder / "home"))
        in_this_process(patch)
        manifest, truth = cohort(folder / "cohort")
        command = ["active-label", *words(manifest, folder / "runs", "active.test=true"), *FLAGS]
        said = [medimg(*command)]
        while said[-1].code == 4 and len(said) < 6:
            expert(project_in(folder / "runs"), truth)
            said.append(medimg(*command))
    return folder, manifest, truth, said


@pytest.fixture
def here(three_rounds, monkeypatch):
    monkeypatch.setenv("MEDIMG_HOME", str(three_rounds[0] / "home"))
    return three_rounds


def test_three_rounds_from_nothing_end_where_a_stop_rule_says_so(here):
    _, _, _, said = here
    assert [one.code for one in said] == [4, 4, 4, 0], said[-1]
    last = said[-1].json
    assert (last["state"], last["round"], last["stop"]) == ("scored", 2, ["max_rounds"])
    assert [one["strategy"] for one in last["rounds"]] == ["init", "entropy", "entropy"]


@pytest.mark.slow
def test_real_rounds_give_the_curve_of_a_simulation_with_the_same_seeds(here):
    folder, manifest, truth, _ = here
    own = project_in(folder / "runs")
    more = ["active.rounds=2", "active.repeats=1", "active.compare=[entropy]"]
    whole = answered(manifest, truth)
    assert medimg("active-label", "--simulate", *words(whole, folder / "sim", *more)).code == 0
    sim = next((folder / "sim").rglob("simulation.json")).parent / "sim"
    for number, unit in enumerate(("initial_n00", "entropy_n01", "entropy_n02")):
        told = json.loads((sim / f"r0_f0_{unit}.json").read_text())
        found = json.loads(own.round(number).facts.read_text())
        assert own.round(number).cases("test").read_text() == (sim / f"r0_f0_{unit}.csv").read_text()
        for key in ("weights_sha256", "round_facts", "labels", "patients", "val_labels", "val_patients", "steps"):
            assert found[key] == told[key], key


def test_validation_and_test_are_labelled_first_as_whole_patients_and_never_chosen_by_a_score(here):
    with Store.open(project_in(here[0] / "runs").store, writer=False) as store:
        items, first, all_rounds = store.items(), store.assignments(0), store.proposals()
    role = items.set_index("item")["role"]
    order = [role[item] for item in first.sort_values("position")["item"]]
    held = int((role != "pool").sum())
    assert set(order[:held]) == {"val", "test"}
    assert set(order[held:]) == {"pool"}
    assert set(role[all_rounds[all_rounds["round"] > 0]["item"]]) == {"pool"}
    assert items.groupby("patient")["role"].nunique().max() == 1


def test_each_round_adds_its_budget_and_what_it_was_trained_on_is_kept(here):
    own = project_in(here[0] / "runs")
    snapshots = [pd.read_csv(own.round(number).labels) for number in range(3)]
    assert np.diff([len(one) for one in snapshots]).tolist() == [4, 4]
    assert set(snapshots[0]["id"]) < set(snapshots[2]["id"])
    labelled = pd.read_csv(own.labelled)
    assert len(labelled) == len(snapshots[2])
    assert set(labelled["part"]) == {"train", "val", "test"}


def test_the_labels_make_a_model_of_their_own(here):
    folder, _, _, _ = here
    table = project_in(folder / "runs").labelled
    known = words(table, folder / "model", "data.split=manifest", "evaluate.draws=200", "evaluate.explain=0")
    assert medimg("data", "check", *[word for word in known if not word.startswith(("data.val_", "data.test_"))]).code == 0


def test_status_verify_and_export_tell_what_is_there(here, tmp_path):
    folder, _, _, _ = here
    run = project_in(folder / "runs").run
    told = medimg("active-label", run, "--status")
    assert told.code == 0
    assert "round 2 (entropy): scored" in told.text
    assert "stop recommended because of max_rounds" in told.text
    assert medimg("active-label", run, "--verify", "--json").json["faults"] == []
    assert medimg("active-label", run, "--export", tmp_path / "labels.csv").code == 0
    assert len(pd.read_csv(tmp_path / "labels.csv")) == len(pd.read_csv(project_in(folder / "runs").labelled))


def test_answers_of_a_reader_who_is_not_there_or_to_a_round_that_is_not_open_are_refused(here):
    run, before = project_in(here[0] / "runs").run, project_in(here[0] / "runs").store.read_bytes()
    table = fakes.table(here[0] / "more.csv", [{"image": "p000_0.png", "label": "a"}])
    assert "nobody of that name reads in this project; did you mean reader?" in refused(
        "active-label", run, "--import", table, "--reader", "reder"
    )
    told = refused("active-label", run, "--import", table, "--reader", "reader")
    assert "no round is open to be answered (round 2 is scored)" in told
    assert project_in(here[0] / "runs").store.read_bytes() == before


def test_a_round_that_was_shared_out_before_is_still_answered_by_its_readers(tmp_path):
    manifest, _ = cohort(tmp_path / "cohort", patients=12)
    settings, run = opening.begin(words(manifest, tmp_path / "runs"))
    project, said = open_project(settings, run), []
    project.step()
    project.step()
    reading = replace(settings.active.reading, readers=("Dr B",))
    later = replace(project, settings=replace(settings, active=replace(settings.active, reading=reading)))
    with served(later, Where(browser=False), said.append):
        pass
    project.store.close()
    assert said[0] == "this round was shared out before, and also waits for reader"
    assert [line.partition(" reads here")[0] for line in said[1:]] == ["Dr B", "reader"]


def test_the_page_asks_what_the_label_column_asks_and_says_what_an_answer_labels(tmp_path):
    manifest, _ = cohort(tmp_path / "cohort", patients=12)
    asked = ["data.label=lesion", "active.unit=patient", "active.from_labels=false"]
    manifest.write_text(manifest.read_text().replace("label", "lesion", 1))
    settings, run = opening.begin([*words(manifest, tmp_path / "runs"), *asked])
    project, said = open_project(settings, run), []
    project.step()
    project.step()
    with served(project, Where(browser=False), said.append):
        link = re.search(r"http://\S+/login\?t=\S+", said[-1]).group()
        ask = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())).open
        ask(link, timeout=60)
        state = json.loads(ask(f"{link.partition('/login')[0]}/api/state", timeout=60).read())
    project.store.close()
    assert (state["question"], state["unit"]) == ("lesion", "patient")


def test_the_newest_project_is_meant_where_nothing_names_one(here, monkeypatch):
    folder, manifest, _, _ = here
    run = project_in(folder / "runs").run
    assert medimg("active-label", "--status", "--json", f"runs={folder / 'runs'}").json["run"] == str(run)
    assert medimg("active-label", "--status", f"runs={folder / 'nowhere'}").code == 4
    other = fakes.table(manifest.with_name("other.csv"), [{"image": "images/p000_0.png", "patient_id": "P000", "label": ""}])
    assert medimg("active-label", "--status", *words(other, folder / "runs")).code == 4


def test_a_project_is_no_run_to_judge_to_simulate_or_to_train(here):
    run = project_in(here[0] / "runs").run
    assert "data.split=manifest" in medimg("eval", run).text
    assert "is a labelling project, not a simulation" in medimg("active-label", "--simulate", run).text
    assert medimg("train", run).code == 2


def test_the_page_stays_open_from_batch_to_batch_and_a_second_command_is_told_where_it_is(tmp_path, monkeypatch):
    manifest, truth = cohort(tmp_path / "cohort", patients=12)
    Untrained(monkeypatch)
    words_of = words(manifest, tmp_path / "runs", "active.stop.max_rounds=1")
    settings, run = opening.begin(words_of)
    own, said, found = Folder(run), [], []

    def serve():
        with only_one(own.lock) as hold:
            project = open_project(settings, run)
            found.append(Session(project, said.append).with_page(Where(browser=False), hold))
            project.store.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    until = time.monotonic() + 300
    while not (url := holder(own.lock).get("url")) and time.monotonic() < until:
        time.sleep(0.05)
    assert url.startswith("http://127.0.0.1:")
    second = medimg("active-label", run)
    assert second.code == 2
    assert url in second.text
    kept = (run / "config.yaml").read_bytes()
    assert medimg("active-label", run, "--close", "--budget", "3").code == 2
    assert (run / "config.yaml").read_bytes() == kept
    told = medimg("active-label", run, "--status", "--json").json
    assert told["url"] == url
    assert told["waiting"]
    while thread.is_alive() and time.monotonic() < until:
        with Store.open(own.store, writer=True) as store:
            if store.rounds()[-1].state == "labelling":
                answer(store, truth)
        time.sleep(0.1)
    thread.join(30)
    assert found == [["max_rounds"]]
    assert any("reads here (the link works once): " + url in line for line in said)
    assert sum("AUROC" in line for line in said) == 2
    assert holder(own.lock) == {}


def test_the_command_that_serves_the_page_imports_no_network():
    done = (
        "import sys, medimg.room.session, medimg.room.serve.run, medimg.cli.label; print('torch' in sys.modules, 'sklearn' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", done], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "False"]
