"""A simulation judged as a whole: numbers as scikit-learn's, claims only where they are true, unfinished runs told as such."""

import json

import pandas as pd
import pytest
from simulations import make_simulation
from sklearn import metrics as sk

from medimg.errors import RunError
from medimg.evaluate.simulating.learning import evaluate_simulation

PARTS = ("curves", "full", "areas", "differences", "against_full", "targets", "wins", "spread", "picks", "seconds", "stops")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_simulation(tmp_path_factory.mktemp("sim") / "run", gain={"diverse": 0.8}, repeats=4, folds=3, patients=30)


@pytest.fixture(scope="module")
def result(run):
    return evaluate_simulation(run)


def of(result, strategy, number, metric):
    rows = [row for row in result["curves"] if (row["strategy"], row["round"], row["metric"]) == (strategy, number, metric)]
    assert len(rows) == 1
    return rows[0]


def declares(result):
    return [line for line in result["verdict"] if "than random" in line or "reaches full" in line]


def by_hand(run, result, stem):
    """Each measure of one round, by scikit-learn: mean over folds of the mean over repeats."""
    values = []
    for repeat in range(result["repeats"]):
        for fold in range(result["folds"]):
            table = pd.read_csv(run / "sim" / f"r{repeat}_f{fold}_{stem}.csv")
            truth, p = table["label"] == "yes", table["p_yes"]
            patients = table.assign(truth=truth).groupby("patient")[["truth", "p_yes"]].mean()
            said = p >= 0.5
            values.append(
                {"auroc": sk.roc_auc_score(truth, p), "auprc": sk.average_precision_score(truth, p)}
                | {"balanced_accuracy": sk.balanced_accuracy_score(truth, said), "sensitivity": sk.recall_score(truth, said)}
                | {"accuracy": sk.accuracy_score(truth, said)}
                | {"specificity": sk.recall_score(~truth, ~said), "brier": sk.brier_score_loss(truth, p)}
                | {"patient_auroc": sk.roc_auc_score(patients["truth"], patients["p_yes"])}
            )
    return pd.DataFrame(values).mean().to_dict()  # as many repeats in every fold


class TestNumbers:
    @pytest.mark.parametrize(("strategy", "number", "stem"), [("random", 0, "initial_n00"), ("entropy", 3, "entropy_n03")])
    def test_undrawn_measures_are_those_of_scikit_learn(self, run, result, strategy, number, stem):
        for metric, value in by_hand(run, result, stem).items():
            row = of(result, strategy, number, metric)
            assert row["estimate"] == pytest.approx(value, abs=1e-9), metric
            assert row["low"] < value < row["high"]

    def test_full_data_too(self, run, result):
        rows = {row["metric"]: row["estimate"] for row in result["full"]}
        assert rows == pytest.approx(by_hand(run, result, "full_n99"), abs=1e-9)

    def test_the_start_is_shared_and_costs_are_counted_apart(self, result):
        starts = {of(result, name, 0, "auroc")["estimate"] for name in result["strategies"]}
        assert len(starts) == 1
        row = of(result, "random", 2, "auroc")
        spent = [row[name] for name in ("labels", "patients", "val_labels", "val_patients")]
        assert spent == pytest.approx([40, 14, 15, 5])

    def test_files_hold_what_is_returned_and_the_same_again(self, run, result):
        first = (run / "learning.json").read_bytes()
        assert json.loads(first)["verdict"] == result["verdict"]
        evaluate_simulation(run)
        assert (run / "learning.json").read_bytes() == first
        for name in PARTS:
            assert len(pd.read_csv(run / "tables" / f"learning_{name}.csv")) == len(result[name]) > 0
            assert (run / "tables" / f"learning_{name}.md").read_text().startswith("# ")

    def test_several_classes_are_means_of_one_against_the_rest(self, tmp_path):
        run = make_simulation(tmp_path / "run", classes=("a", "b", "c"), patients=45, rounds=1, draws=200)
        result = evaluate_simulation(run)
        tables = [pd.read_csv(run / "sim" / f"r{r}_f{f}_random_n01.csv") for r in range(3) for f in range(2)]
        areas = [sk.roc_auc_score(t["label"], t[["p_a", "p_b", "p_c"]], multi_class="ovr") for t in tables]
        assert of(result, "random", 1, "auroc")["estimate"] == pytest.approx(sum(areas) / 6, abs=1e-9)
        balanced = [sk.balanced_accuracy_score(t["label"], t[["p_a", "p_b", "p_c"]].idxmax(axis=1).str[2:]) for t in tables]
        assert of(result, "random", 1, "balanced_accuracy")["estimate"] == pytest.approx(sum(balanced) / 6, abs=1e-9)

    def test_patients_of_mixed_labels_have_no_patient_auroc(self, tmp_path):
        result = evaluate_simulation(make_simulation(tmp_path / "run", mixed=True, rounds=1, repeats=2, draws=200))
        row = of(result, "random", 1, "patient_auroc")
        assert row["estimate"] is None
        assert "mixed labels" in row["undefined"]


class TestClaims:
    def test_planted_strategy_is_better_and_the_equal_one_is_not(self, result):
        assert [line.split()[0] for line in result["verdict"] if "is better than random" in line] == ["diverse"]
        assert any(line.startswith("A difference from random is not shown at 4 repeats: entropy") for line in result["verdict"])

    @pytest.mark.slow
    def test_random_labels_declare_nothing_in_at_least_nine_of_ten_runs(self, tmp_path):
        found = [_null(tmp_path / f"{seed}", seed) for seed in range(20)]
        assert sum(map(bool, found)) <= 2, found

    def test_one_repeat_declares_nothing(self, tmp_path):
        result = evaluate_simulation(make_simulation(tmp_path / "run", gain={"diverse": 3.0}, repeats=1))
        assert not [line for line in declares(result) if "not shown" not in line]
        assert not result["spread"]

    def test_few_patients_have_no_interval_and_declare_nothing(self, tmp_path):
        result = evaluate_simulation(make_simulation(tmp_path / "run", gain={"diverse": 3.0}, patients=6, images=8))
        assert all(row["low"] is None for row in result["curves"])
        assert not [line for line in result["verdict"] if "is better" in line or "reaches full" in line]

    def test_without_random_nothing_is_better_than_it(self, tmp_path):
        result = evaluate_simulation(make_simulation(tmp_path / "run", strategies=("entropy", "diverse"), rounds=1))
        assert result["differences"] == []
        assert result["verdict"][0].startswith("Random was not run")


def _null(folder, seed):
    result = evaluate_simulation(make_simulation(folder, null=True, seed=seed, rounds=2, patients=24, images=2, draws=200))
    return [line for line in declares(result) if "not shown" not in line]


@pytest.mark.slow
@pytest.mark.parametrize("null", [True, False], ids=["labels by lot", "equal strategies that learn"])
def test_the_share_of_runs_that_declare_a_difference_is_five_percent_at_most(tmp_path, null):
    names = ("random", "entropy", "diverse", "badge")
    wrong = 0
    for seed in range(200):
        asked = {"null": null, "seed": seed, "rounds": 3, "repeats": 5, "folds": 2, "patients": 30, "images": 2, "draws": 500}
        result = evaluate_simulation(make_simulation(tmp_path / f"{seed}", strategies=names, **asked))
        wrong += any("is better than" in line or "is worse than" in line for line in result["verdict"])
    print(f"declared: {wrong} of 200")
    assert wrong <= 16  # 5 % and two standard errors


class TestUnfinished:
    def test_a_gap_leaves_the_others_comparable_and_is_told(self, tmp_path):
        late = {"repeat": 2, "fold": 1, "strategy": "diverse", "round": 4}
        run = make_simulation(tmp_path / "run", keep=lambda unit: unit != late)
        result = evaluate_simulation(run)
        assert (result["units"]["finished"], result["units"]["planned"]) == (83, 84)
        assert result["units"]["cells"] == 5
        assert result["verdict"][0] == "Unfinished: 83 of 84 units are there."
        assert any("In no number: 12 finished units" in note for note in result["notes"])

    def test_early_rounds_of_all_are_compared_when_the_late_ones_are_missing(self, tmp_path):
        result = evaluate_simulation(make_simulation(tmp_path / "run", keep=lambda unit: unit["round"] <= 2))
        assert (result["units"]["rounds_used"], result["units"]["cells"]) == (2, 6)
        assert result["full"] == [] == result["targets"]
        assert any("the training on all labels is not there" in line for line in result["verdict"])

    def test_nothing_finished_is_a_result_without_numbers(self, tmp_path):
        result = evaluate_simulation(make_simulation(tmp_path / "run", keep=lambda unit: False))
        assert result["units"]["finished"] == 0
        assert result["curves"] == []
        assert "Nothing can be compared yet" in result["verdict"][1]

    def test_faults_of_files_say_what_to_do(self, run, tmp_path):
        with pytest.raises(RunError, match=r"simulation\.json is missing"):
            evaluate_simulation(tmp_path)
        spoilt = make_simulation(tmp_path / "spoilt", repeats=2, rounds=1)
        (spoilt / "sim" / "r0_f0_random_n01.csv").unlink()
        with pytest.raises(RunError, match=r"Remove sim/r0_f0_\*\.json"):
            evaluate_simulation(spoilt)
