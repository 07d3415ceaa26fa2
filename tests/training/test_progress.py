import csv
import json

from toys import run

from medimg.io import told as told_module
from medimg.settings import Trainer
from medimg.training.progress import write_rows


def test_rows_are_written_for_machines_and_for_tables(tmp_path):
    rows = [{"epoch": 0, "step": 5, "val/loss": 0.25}, {"epoch": 1, "step": 10, "val/loss": 0.125, "val/auroc": 0.75}]
    write_rows(tmp_path, rows)
    assert [json.loads(line) for line in (tmp_path / "progress.jsonl").read_text().splitlines()] == rows
    table = list(csv.DictReader((tmp_path / "progress.csv").open()))
    assert table[0]["val/auroc"] == ""
    assert [{key: float(value) for key, value in row.items() if value} for row in table] == rows


def test_training_tells_its_steps_and_newest_measures(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(told_module, "EVERY_SECONDS", 0.0)
    run(tmp_path, Trainer(epochs=2, batch_size=8, accelerator="cpu"))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("training: 1 of 15")
    assert "epoch" not in lines[3]
    assert ["epoch 1: train/loss" in line for line in lines[4:9]] == [True] * 5
    assert "epoch 2: train/loss" in lines[9]
    assert "val/loss" in lines[9]
