"""train, eval and predict through the real program, on a cohort of tiny images."""

import csv
import io
import json
from types import SimpleNamespace

import pytest
from command import medimg, refused
from fakes import cohort, truncated
from simulations import make_simulation

from medimg.cli.runs import tell
from medimg.evaluate.simulating.learning import evaluate_simulation
from medimg.run.start import Outcome

SMALL = [
    "data.size=16", "trainer.epochs=1", "trainer.batch_size=8", "model.name=test_resnet", "evaluate.draws=200", "evaluate.explain=0",
    "logger.tensorboard=false", "trainer.accelerator=cpu",
]  # fmt: skip


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cohort(tmp_path / "first", patients=16)
    other = cohort(tmp_path / "second", patients=8, seed=9, sites=("east", "west"))
    other.write_text(other.read_text().replace(",P0", ",Q0"))
    return tmp_path


@pytest.mark.slow
def test_train_resume_eval_and_predict_in_one_go(here):
    answer = medimg("train", "data.manifest=first/manifest.csv", *SMALL)
    assert answer.code == 0, answer
    assert "AUROC" in answer.out
    run = (here / "runs" / "latest").resolve()
    assert f"Report: {run / 'report.html'}" in answer.out

    again = medimg("train", "resume=latest", "--json")
    assert (again.code, again.json["run"]) == (0, str(run))
    assert again.json["headline"] == json.loads((run / "metrics.json").read_text())["headline"]

    judged = medimg("eval", "--json", "data.manifest=second/manifest.csv")
    assert judged.code == 0, judged
    assert judged.json["run"] != str(run)
    assert json.loads((here / judged.json["run"] / "evaluation.json").read_text())["external"] is True
    assert "holds no networks" in refused("predict", judged.json["run"], "second/images")

    truncated(here / "second" / "images" / "p000_0.png")
    predicted = medimg("predict", "latest", "second/images")
    assert predicted.code == 3
    assert "p000_0.png" in predicted.err
    rows = list(csv.DictReader(io.StringIO(predicted.out)))
    assert len(rows) == 15
    assert all(abs(float(row["p_a"]) + float(row["p_b"]) - 1) < 1e-5 for row in rows)
    assert medimg("predict", "latest", "second/images/p001_0.png", "--out", "p.csv").code == 0
    assert (here / "p.csv").is_file()

    assert "leak" in refused("eval", "data.manifest=first/manifest.csv", "data.where={site:north}", code=5)


def test_a_simulation_ends_with_its_table_and_verdict(tmp_path, capsys):
    run = make_simulation(tmp_path / "run", rounds=2, repeats=2, draws=200)
    evaluate_simulation(run)
    assert tell(Outcome(run, None, 0), SimpleNamespace(json=False)) == 0
    told = capsys.readouterr().out
    assert "Mean AUROC" in told
    assert "random" in told
    assert f"Run: {run}" in told


def test_a_sweep_ends_with_a_table_of_its_runs(here, monkeypatch):
    from medimg.run import sweep

    def started(command, environment):
        return 0 if "seed=1" in command else 2

    monkeypatch.setattr(sweep, "_started", started)
    answer = medimg("train", "-m", "data.manifest=first/manifest.csv", "seed=1,2")
    assert answer.code == 2
    assert "seed=1" in answer.out
    assert "failed, exit code 2" in answer.text
    assert [job["exit_code"] for job in medimg("train", "-m", "seed=1,3", "--json").json["jobs"]] == [0, 2]
    assert "cannot go on" in refused("train", "-m", "runs/x")
