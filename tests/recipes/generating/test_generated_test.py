import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
from torch import nn
from toys import MACHINE

from medimg.recipes.generating import generated_test
from medimg.recipes.generating.extend import Extension
from medimg.recipes.generating.generated_test import HEADING, write_generated_test
from medimg.recipes.parts.networks import prepares
from medimg.settings import Settings


def test_what_is_recognised_is_counted_by_set_of_labels_over_all_jobs(tmp_path, monkeypatch):
    shown = {
        0: pd.DataFrame({"class": ["a", "a", "a|b"], "right": [True, False, True]}),
        1: pd.DataFrame({"class": ["a|b"], "right": [False]}),
    }
    monkeypatch.setattr(generated_test, "_shown", lambda settings, cohort, machine, run, job: shown[job[1]])
    monkeypatch.setattr(generated_test, "_sets", lambda cohort, jobs: ["a", "a|b"])
    write_generated_test(Settings(), None, None, tmp_path, [(1, 0, 0), (1, 1, 0)])
    table = pd.read_csv(tmp_path / "tables" / "generated_test.csv").set_index("class")
    assert table["recognised"].to_dict() == {"a": 1, "a|b": 1, "all": 2}
    assert table["shown"].to_dict() == {"a": 2, "a|b": 2, "all": 4}
    assert list(table["share"]) == [0.5] * 3
    assert HEADING in (tmp_path / "tables" / "generated_test.md").read_text()


def test_sets_that_none_were_generated_of_are_named_and_a_job_without_pictures_changes_no_type(tmp_path, monkeypatch):
    shown = {0: pd.DataFrame(), 1: pd.DataFrame({"class": ["a", "a"], "right": [True, False]})}
    monkeypatch.setattr(generated_test, "_shown", lambda settings, cohort, machine, run, job: shown[job[1]])
    rows = pd.DataFrame({"label": ["b", "a", "c|a", "a"]})
    cohort = SimpleNamespace(part=lambda *_: rows, manifest=SimpleNamespace(classes=["a", "b", "c"]))
    write_generated_test(Settings(), cohort, None, tmp_path, [(1, 0, 0), (1, 1, 0)])
    lines = (tmp_path / "tables" / "generated_test.csv").read_text().splitlines()
    assert lines == ["class,recognised,shown,share", "a,1,2,0.5", "b,0,0,", "a|c,0,0,", "all,1,2,0.5"]
    assert "No images were generated of b, a + c, so 'all' holds none" in (tmp_path / "tables" / "generated_test.md").read_text()


def test_a_run_that_drew_none_for_it_has_no_such_table(tmp_path, monkeypatch):
    monkeypatch.setattr(generated_test, "_shown", lambda *_: pd.DataFrame())
    write_generated_test(Settings(), None, None, tmp_path, [(1, 0, 0)])
    assert not (tmp_path / "tables").exists()


class Reads(nn.Module):
    """The logits of two signs are the first two pixels of a picture."""

    def forward(self, image):
        return image[:, 0, 0, :2]


def test_a_picture_is_recognised_where_all_its_signs_and_no_others_reach_their_thresholds(tmp_path, monkeypatch):
    logits = [(9, 9), (9, -9), (0, -9), (9, 0), (9, 9), (9, 0)]
    table = pd.DataFrame({
        "id": [f"g{k}" for k in range(len(logits))], "label": ["a", "a", "a", "a", "a|b", "b|a"], "test": [False, *[True] * 5],
    })  # fmt: skip
    pixels = np.zeros((len(logits), 4, 4), np.float32)
    pixels[:, 0, :2] = logits
    monkeypatch.setattr(generated_test, "read_extension", lambda folder: Extension(folder, table, pixels))
    monkeypatch.setattr(generated_test, "best_of", lambda folder: folder)
    monkeypatch.setattr(generated_test, "network_of", lambda *_, **__: Reads())
    monkeypatch.setattr(generated_test, "_sets", lambda cohort, jobs: [])
    (tmp_path / "stages" / prepares("5_extend", (1, 0, 0))).mkdir(parents=True)
    (tmp_path / "evaluation.json").write_text(json.dumps({"kind": "multilabel", "classes": ["a", "b"]}))
    thresholds = {"a": 0.6, "b": 0.4}  # a logit of 0 is a probability of one half: not enough for a, enough for b
    (tmp_path / "calibration.json").write_text(json.dumps({"1/0": {"thresholds": thresholds}}))
    cohort = SimpleNamespace(kind="multilabel", manifest=SimpleNamespace(classes=["a", "b"]))
    write_generated_test(Settings(), cohort, MACHINE, tmp_path, [(1, 0, 0)])
    told = pd.read_csv(tmp_path / "tables" / "generated_test.csv").set_index("class")
    assert told["recognised"].to_dict() == {"a": 1, "a|b": 1, "b|a": 1, "all": 3}
    assert told["shown"].to_dict() == {"a": 3, "a|b": 1, "b|a": 1, "all": 5}
