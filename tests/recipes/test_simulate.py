import csv
import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import fakes
import numpy as np
import pytest
from command import medimg, refused

from medimg.recipes import simulate

from .conftest import newest, process, words

SIMULATED = ["active.budget=4", "active.rounds=2", "active.init_size=8", "active.repeats=1", "trainer.epochs=1"]
ONE = [*SIMULATED, "data.fold=[0]", "active.compare=[entropy]"]


def simulated(manifest, runs, *more):
    """The command; later words take the place of earlier ones."""
    command = [*words(manifest, runs), "data.folds=2", *more]
    keys = [word.partition("=")[0] if "=" in word else word for word in command]
    return ["active-label", "--simulate", *[word for k, word in enumerate(command) if keys[k] not in keys[k + 1 :]]]


def units(run):
    return {path.stem: json.loads(path.read_text()) for path in sorted((run / "sim").glob("*.json"))}


def timeless(facts):
    return {key: value for key, value in facts.items() if not key.startswith("seconds")}


def curves(run):
    return {path.stem: path.read_text() for path in sorted((run / "sim").glob("*.csv"))}


def part(run, name, fold=0):
    return {row["id"] for row in csv.DictReader((run / "split.csv").open()) if row["part"] == name and int(row["fold"]) == fold}


def cohort(folder, patients=28, first="Q", **more):
    """A cohort whose patients are nobody of the shared one."""
    manifest = fakes.cohort(folder, patients=patients, size=24, seed=7, **more)
    rows = list(csv.DictReader(manifest.open()))
    return fakes.table(manifest, [{**row, "patient_id": first + row["patient_id"]} for row in rows])


@pytest.fixture(scope="session")
def simulation(tmp_path_factory):
    """A cohort and a finished simulation of it."""
    folder = tmp_path_factory.mktemp("simulate")
    manifest = cohort(folder / "cohort")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_HOME", str(folder / "home"))
        answer = medimg(*simulated(manifest, folder / "runs", *ONE))
    assert answer.code == 0, answer
    return folder, manifest, newest(folder / "runs")


@pytest.fixture
def finished_simulation(simulation, monkeypatch):
    monkeypatch.setenv("MEDIMG_HOME", str(simulation[0] / "home"))
    return simulation


def test_every_unit_leaves_its_two_files_and_nothing_open(finished_simulation):
    _, _, run = finished_simulation
    chains = [f"{name}_n{number:02d}" for name in ("random", "random_patient", "entropy") for number in (1, 2)]
    assert set(units(run)) == set(curves(run)) == {f"r0_f0_{name}" for name in (*chains, "initial_n00", "full_n99")}
    assert not list((run / "sim" / "open").iterdir())


def test_labels_are_of_the_pool_alone_and_add_up(finished_simulation):
    _, _, run = finished_simulation
    found, pool = units(run), part(run, "train")
    initial = found["r0_f0_initial_n00"]
    assert initial["labels"] == len(initial["chosen"]) >= 8
    assert set(initial["reasons"]) == {"initial"}
    for name in ("random", "random_patient", "entropy"):
        one, two = found[f"r0_f0_{name}_n01"], found[f"r0_f0_{name}_n02"]
        chosen = [*initial["chosen"], *one["chosen"], *two["chosen"]]
        assert len(set(chosen)) == len(chosen) == two["labels"] == one["labels"] + 4
        assert set(chosen) <= pool
        assert len(one["reasons"]) == 4
    full = found["r0_f0_full_n99"]
    assert (full["labels"], full["chosen"]) == (len(pool), [])


def test_validation_is_counted_apart_and_in_what_the_stop_rules_see(finished_simulation):
    _, _, run = finished_simulation
    for facts in units(run).values():
        assert facts["val_labels"] == len(part(run, "val"))
        assert facts["round_facts"]["labels"] == facts["labels"] + facts["val_labels"]
        assert facts["round_facts"]["open"] == len(part(run, "train")) - facts["labels"]


def test_each_test_case_is_scored_once_in_every_unit(finished_simulation):
    _, _, run = finished_simulation
    for text in curves(run).values():
        rows = list(csv.DictReader(text.splitlines()))
        assert list(rows[0]) == ["id", "patient", "site", "label", "p_a", "p_b"]
        assert sorted(row["id"] for row in rows) == sorted(part(run, "test"))
        assert all(abs(float(row["p_a"]) + float(row["p_b"]) - 1) < 1e-8 for row in rows)


def test_the_run_says_what_the_evaluation_needs(finished_simulation):
    _, _, run = finished_simulation
    told = json.loads((run / "simulation.json").read_text())
    assert told["strategies"] == ["random", "random_patient", "entropy"]
    assert (told["kind"], told["classes"], told["rounds"], told["folds"], told["preset"]) == ("binary", ["a", "b"], 2, 1, "honest")
    assert told["parts"]["0"]["pool"] == {"images": len(part(run, "train")), "patients": len(part(run, "train")) // 2}


@pytest.mark.parametrize(("kept", "by_place"), [({"protocol": 2}, True), ({}, False)])
def test_a_simulation_goes_on_in_the_order_of_labels_that_it_began_with(kept, by_place, finished_simulation, tmp_path, monkeypatch):
    run = shutil.copytree(finished_simulation[2], tmp_path / "own" / "run", symlinks=True)
    told = json.loads((run / "simulation.json").read_text())
    assert told.pop("protocol") == 2
    (run / "simulation.json").write_text(json.dumps(told | kept))
    seen, chains = [], simulate.chains
    monkeypatch.setattr(simulate, "conclude", lambda run: None)
    monkeypatch.setattr(simulate, "chains", lambda *words, **more: seen.append(more) or chains(*words, **more))
    assert medimg("active-label", "--simulate", run).code == 0
    assert [more["by_place"] for more in seen] == [by_place] * len(seen)
    assert seen
    assert json.loads((run / "simulation.json").read_text())["protocol"] == 1 + by_place
    assert ("in the order in which they were asked for" in (run / "log.txt").read_text()) is not by_place


@pytest.mark.usefixtures("without_figures")
def test_a_finished_simulation_trains_nothing_again(finished_simulation):
    _, _, run = finished_simulation
    before = {path: path.stat().st_mtime_ns for path in (run / "sim").iterdir() if path.is_file()}
    assert medimg("active-label", "--simulate", run).code == 0
    assert {path: path.stat().st_mtime_ns for path in (run / "sim").iterdir() if path.is_file()} == before


@pytest.mark.usefixtures("without_figures")
def test_a_lost_unit_is_done_again_alone_and_is_the_same(finished_simulation):
    _, _, run = finished_simulation
    before, texts = units(run), curves(run)
    (run / "sim" / "r0_f0_full_n99.json").unlink()
    assert medimg("active-label", "--simulate", run).code == 0
    assert {name: timeless(facts) for name, facts in units(run).items()} == {name: timeless(facts) for name, facts in before.items()}
    assert curves(run) == texts


@pytest.mark.usefixtures("without_figures")
def test_a_damaged_unit_is_told_with_the_way_out_and_its_repeat_and_fold_done_again_is_the_same(finished_simulation, tmp_path):
    _, _, whole = finished_simulation
    run = shutil.copytree(whole, tmp_path / "run")
    (run / "sim" / "r0_f0_random_n01.csv").unlink()
    assert "Remove sim/r0_f0_*.json and sim/open/r0_f0_*" in refused("active-label", "--simulate", run, f"runs={tmp_path}")
    (run / "sim" / "r0_f0_random_n01.json").unlink()
    assert "Remove sim/r0_f0_*.json and sim/open/r0_f0_*" in refused("active-label", "--simulate", run, f"runs={tmp_path}")
    for path in (run / "sim").glob("r0_f0_*.json"):
        path.unlink()
    assert medimg("active-label", "--simulate", run, f"runs={tmp_path}").code == 0
    assert curves(run) == curves(whole)
    assert numbers(run) == numbers(whole)


@pytest.mark.usefixtures("without_figures")
def test_more_repeats_can_be_asked_for_later_and_differ(finished_simulation, tmp_path):
    run = shutil.copytree(finished_simulation[2], tmp_path / "own" / "run", symlinks=True)
    assert medimg("active-label", "--simulate", run, "--repeats", "2").code == 0
    found = units(run)
    assert sum(name.startswith("r1_") for name in found) == len(found) / 2
    assert set(found["r0_f0_initial_n00"]["chosen"]) != set(found["r1_f0_initial_n00"]["chosen"])


def test_a_simulation_holds_no_networks_to_judge_or_predict_with(finished_simulation):
    _, manifest, run = finished_simulation
    assert "keeps no networks" in refused("eval", run)
    assert "keeps no networks" in refused("predict", run, manifest)


@pytest.mark.usefixtures("without_figures")
def test_fine_tuning_goes_on_from_the_last_round_by_patients_until_the_pool_is_empty(finished_simulation, tmp_path):
    _, manifest, _ = finished_simulation
    more = ["active.mode=finetune", "active.unit=patient", "active.budget=3", "active.rounds=null", "active.steps=3", "active.noise=0.2"]
    answer = medimg(*simulated(manifest, tmp_path, *ONE, *more))
    assert answer.code == 0, answer
    found = units(newest(tmp_path))
    assert {facts["steps"] for facts in found.values()} == {3}
    assert len({facts["weights_sha256"] for facts in found.values()}) > len(found) / 2
    for name in ("random", "random_patient", "entropy"):
        last = max((facts for facts in found.values() if facts["strategy"] == name), key=lambda facts: facts["round"])
        assert last["round_facts"]["open"] == 0
        assert last["labels"] == found["r0_f0_full_n99"]["labels"]


@pytest.mark.usefixtures("without_figures")
def test_the_fast_preset_learns_on_features_of_another_run(finished, tmp_path):
    _, _, source = finished
    manifest = cohort(tmp_path / "cohort")
    answer = medimg(*simulated(manifest, tmp_path / "runs", "--preset", "fast", *SIMULATED, "data.fold=[0]", f"model.weights={source}"))
    assert answer.code == 0, answer
    found = units(newest(tmp_path / "runs"))
    assert Counter(facts["strategy"] for facts in found.values())["typical"] == 2
    assert all(facts["weights_sha256"] is None for facts in found.values())


@pytest.mark.parametrize("verb", [["active-label", "--simulate"], ["active-label", "--simulate", "--plan"], ["check", "recipe=simulate"]])
@pytest.mark.parametrize("classes", [[], ["data.classes=[b,a]"]])
def test_a_network_that_knows_the_pools_labels_is_refused_whatever_the_order_of_its_classes(classes, verb, finished):
    folder, manifest, source = finished
    said = simulated(manifest, folder / "leaking", *ONE, f"model.weights={source}", "data.folds=1", *classes)[2:]
    assert "labels that nobody asked for" in refused(*verb, *said, code=5)
    assert not list((folder / "leaking").glob("own/*"))


def test_wrong_input_is_told_before_anything_is_decoded(tmp_path, medimg_home):
    manifest, runs = cohort(tmp_path / "cohort"), tmp_path / "runs"
    rows = list(csv.DictReader(manifest.open()))
    partly = fakes.table(tmp_path / "cohort" / "partly.csv", [{**row, "label": row["label"] * (k > 3)} for k, row in enumerate(rows)])
    never = fakes.table(tmp_path / "cohort" / "never.csv", [{**row, "label": ""} for row in rows])
    for found, more, told in (
        (manifest, ["active.init_size=400"], "active.init_size=400: the pool of fold 0 has"),
        (manifest, ["--budget", "0", *SIMULATED[1:]], "active.budget=0"),
        (manifest, ["--compare", "entropie", *SIMULATED], "Did you mean entropy?"),
        (manifest, ["--preset", "quick", *SIMULATED], "fast, honest, paper"),
        (partly, SIMULATED, "no label: 4 of 56 images"),
        (never, SIMULATED, "label"),
    ):
        assert told in refused(*simulated(found, runs, *more))
    assert not list(runs.glob("own/*"))
    assert not list(medimg_home.rglob("*.npy"))


def killed(target, more_units, delay, *command, **environment):
    """Start a command, and kill it some time after it has finished some more units; whether there was something to kill."""
    sim = target / "sim"
    started, wanted, until = process(*command, **environment), len(list(sim.glob("*.json"))) + more_units, time.monotonic() + 200
    while started.poll() is None and len(list(sim.glob("*.json"))) < wanted and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(delay)
    started.send_signal(signal.SIGKILL)
    started.communicate()
    return started.returncode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["retrain", "finetune"])
def test_a_simulation_killed_anywhere_and_continued_has_the_curves_of_one_never_stopped(mode, finished_simulation, tmp_path):
    _, manifest, _ = finished_simulation
    more = [*SIMULATED, "active.compare=[entropy,bald,badge]", f"active.mode={mode}"]
    assert medimg(*simulated(manifest, tmp_path / "whole", *more)).code == 0
    whole, target = newest(tmp_path / "whole"), tmp_path / "runs" / "own" / "killed"
    assert len(units(whole)) == 24
    moments, kills, touched = random.Random(time.time_ns()), 0, {}
    for _ in range(4):
        begun = (target / "config.yaml").exists()
        command = ["active-label", "--simulate", target] if begun else simulated(manifest, tmp_path / "runs", *more)
        environment = {} if begun else {"MEDIMG_RUN": str(target)}
        kills += killed(target, moments.randint(1, 4), moments.uniform(0, 1.5), *command, **environment)
        now = {path.name: path.stat().st_mtime_ns for path in (target / "sim").glob("*.json")}
        assert touched.items() <= now.items()
        touched = now
    assert medimg("active-label", "--simulate", target).code == 0
    assert kills
    assert touched
    assert curves(target) == curves(whole)
    assert {name: timeless(facts) for name, facts in units(target).items()} == {
        name: timeless(facts) for name, facts in units(whole).items()
    }


@pytest.mark.usefixtures("without_figures")
def test_multiclass_probabilities_cover_every_class(finished, tmp_path):
    _, _, source = finished
    manifest = cohort(tmp_path / "cohort", patients=30, classes=("a", "b", "c"))
    answer = medimg(*simulated(manifest, tmp_path / "runs", "--preset", "fast", *ONE, f"model.weights={source}"))
    assert answer.code == 0, answer
    for text in curves(newest(tmp_path / "runs")).values():
        rows = list(csv.DictReader(text.splitlines()))
        assert np.allclose([sum(float(row[f"p_{name}"]) for name in "abc") for row in rows], 1)


def numbers(run):
    """What learning.json holds, seconds left out."""
    return {key: value for key, value in json.loads((run / "learning.json").read_text()).items() if key != "seconds"}


@pytest.mark.slow
def test_several_processes_find_what_one_finds(finished_simulation, tmp_path):
    _, manifest, _ = finished_simulation
    more = [*SIMULATED, "active.rounds=1", "active.compare=[random]"]
    assert medimg(*simulated(manifest, tmp_path / "one", *more)).code == 0
    answer = medimg(*simulated(manifest, tmp_path / "both", *more, "active.processes=2"))
    assert answer.code == 0, answer
    one, both = newest(tmp_path / "one"), newest(tmp_path / "both")
    assert curves(one)
    assert curves(both) == curves(one)
    assert {name: timeless(facts) for name, facts in units(both).items()} == {name: timeless(facts) for name, facts in units(one).items()}
    assert numbers(both) == numbers(one)
    assert json.loads((both / "simulation.json").read_text()) == json.loads((one / "simulation.json").read_text())
    assert "r0_f1_random_n01: " in answer.err
    assert not list((both / "sim" / "open").iterdir())
    assert medimg("active-label", "--simulate", both, "active.processes=1").code == 0


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_leaves_its_work_to_the_others(finished_simulation, tmp_path):
    _, manifest, _ = finished_simulation
    more = [*SIMULATED, "active.rounds=1", "active.repeats=2", "active.compare=[random]"]
    assert medimg(*simulated(manifest, tmp_path / "whole", *more)).code == 0
    run = tmp_path / "runs" / "own" / "killed"
    parent = process(*simulated(manifest, tmp_path / "runs", *more, "active.processes=2"), MEDIMG_RUN=str(run))
    while parent.poll() is None and len(list((run / "sim").glob("*.json"))) < 3:
        time.sleep(0.05)
    worker = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()[0]
    os.kill(int(worker), signal.SIGKILL)
    before = {path: path.stat().st_mtime_ns for path in (run / "sim").glob("*.json")}
    told = parent.communicate()[1]
    assert parent.returncode == 0, told
    assert "was killed (signal 9)" in told
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert curves(run) == curves(newest(tmp_path / "whole"))
