"""What labels were spent on: counted by hand."""

import json

import pytest
from simulations import make_simulation

from medimg.evaluate.simulating import spending
from medimg.evaluate.simulating.grid import measure_all
from medimg.evaluate.simulating.simulation import read_simulation


def load(run):
    simulation = read_simulation(run)
    return simulation, measure_all(simulation)


def test_picks_are_counted_by_patient_and_class(tmp_path):
    run = make_simulation(tmp_path / "run", repeats=1, folds=1, rounds=1)
    path = run / "sim" / "r0_f0_entropy_n01.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"chosen": ["c0", "c1", "c2", "c5", "c10"]}))
    rows = {(row["strategy"], row["round"]): row for row in spending.pick_rows(*load(run))}
    own = {name: rows["entropy", 1][name] for name in ("picks", "patients", "most_of_one_patient", "share_no", "share_yes")}
    assert own == {"picks": 5, "patients": 3, "most_of_one_patient": 3, "share_no": 0.8, "share_yes": 0.2}
    assert rows["initial", 0]["picks"] == 20


def test_seconds_are_means_and_sums_without_the_shared_start(tmp_path):
    rows = spending.second_rows(load(make_simulation(tmp_path / "run", rounds=3))[1])
    assert rows[0] == pytest.approx({"strategy": "random", "pick_mean": 0.1, "pick_total": 0.3, "train_mean": 2.0, "train_total": 6.0})


def test_stop_rules_are_replayed_with_labels_spent_and_score_lost(tmp_path):
    simulation, grid = load(make_simulation(tmp_path / "run", rounds=4))
    rows = {(row["strategy"], row["rule"]): row for row in spending.stop_rows(simulation, grid)}
    assert rows["random", "max_entropy"]["stopped"] == 1  # 0.69 - 0.1 n is below 0.3 nats at round 4
    hard = rows["random", "max_labels"]  # 60 labels, 15 of them for validation, are there at round 3: 50 of the pool
    assert (hard["round"], hard["labels"], hard["labels_to_the_end"]) == pytest.approx((3, 50, 60))
    values = grid.values["auroc"][0]
    assert hard["lost"] == pytest.approx((values[4] - values[3]).mean())
    never = rows["random", "pool_empty"]
    assert (never["stopped"], never["labels"], never["lost"]) == pytest.approx((0, 60, 0))


def test_without_facts_of_the_rounds_nothing_is_replayed(tmp_path):
    run = make_simulation(tmp_path / "run", repeats=2, folds=1, rounds=1)
    for path in (run / "sim").glob("*.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"round_facts": None}))
    assert spending.stop_rows(*load(run)) == []
