"""Runs through the real program, small: one tiny cohort, one run of it that all tests of a process may look at."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import fakes
import pytest
from command import medimg

SMALL = [
    "data.size=32", "model.name=test_resnet", "augment=light", "trainer=cpu", "trainer.epochs=2", "trainer.batch_size=8",
    "trainer.threads=1", "data.test_share=0.34", "data.val_share=0.34", "evaluate.draws=200", "evaluate.explain=1",
    "logger.tensorboard=false",
]  # fmt: skip


def words(manifest, runs, *more):
    return [f"data.manifest={manifest}", f"runs={runs}", *SMALL, *more]


def with_wrong_labels(manifest):
    """Exchange the labels of every third patient, so that no network gets all cases right."""
    rows = list(csv.DictReader(manifest.open()))
    for row in rows:
        if int(row["patient_id"][1:]) % 3 == 0:
            row["label"] = {"a": "b", "b": "a"}[row["label"]]
    return fakes.table(manifest, rows)


def newest(runs):
    return (Path(runs) / "latest").resolve()


def table(run, part="test"):
    return (Path(run) / "predictions" / f"{part}.csv").read_text()


def cases(run, part="test"):
    return list(csv.DictReader(table(run, part).splitlines()))


def process(*command, **environment):
    """`medimg command...` in a process of its own, in this test's home."""
    return subprocess.Popen(
        [sys.executable, "-m", "medimg", *map(str, command)], env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True
    )


def copy_without_report(run, folder):
    """A finished run as it was before its numbers and its report were written."""
    copied = shutil.copytree(run, folder / "runs" / "own" / "copy")
    for name in ("metrics.json", "report.html"):
        (copied / name).unlink()
    return copied


@pytest.fixture
def without_figures(monkeypatch):
    """Reports of words and tables alone: drawing takes longer than all else of a small run, and tests/report looks at what is drawn."""
    draw_nothing(monkeypatch)


def draw_nothing(patch):
    patch.setattr("medimg.report.html.draw_figures", lambda run: {})
    patch.setattr("medimg.report.simulating.simulation.draw", lambda result: {})


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """A cohort and a finished run of it, in a home that these tests share."""
    folder = tmp_path_factory.mktemp("recipes")
    manifest = with_wrong_labels(fakes.cohort(folder / "cohort", patients=24, size=24))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_HOME", str(folder / "home"))
        answer = medimg("train", *words(manifest, folder / "runs"))
    assert answer.code == 0, answer
    return folder, manifest, newest(folder / "runs")


@pytest.fixture
def finished(shared, monkeypatch):
    """The shared folder, manifest and run, with their home set."""
    monkeypatch.setenv("MEDIMG_HOME", str(shared[0] / "home"))
    return shared


FUSED = ["data.fuse=[flair,T1CE,T2]", "augment.sequence_dropout=0.2", "data.folds=2", "data.val_share=0.34"]


def fused_words(manifest, runs, *more):
    return [
        f"data.manifest={manifest}",
        f"runs={runs}",
        *(word for word in SMALL if "test_share" not in word and "val_share" not in word),
        *more,
    ]


def made(runs):
    """The only run below a folder."""
    (run,) = (path.parent for path in runs.rglob("metrics.json"))
    return run


@pytest.fixture(scope="session")
def brain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fusion")
    manifest = fakes.brain(folder / "cohort", patients=20)
    rows = list(csv.DictReader(manifest.open()))
    for row in rows:  # so that no network gets all cases right
        if int(row["patient_id"][1:]) % 7 == 0:
            row["label"] = {"a": "b", "b": "a"}[row["label"]]
    return folder, fakes.table(manifest, rows)


@pytest.fixture(scope="session")
def fused(brain):
    """A finished fused run beside one of a single sequence on the same folds."""
    folder, manifest = brain
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_HOME", str(folder / "home"))
        single = ["data.where={sequence:T2}", "data.deal_over=[sequence]", "data.folds=2", "data.val_share=0.34", "title=T2 alone"]
        with patch.context() as first:
            draw_nothing(first)
            answer = medimg("train", *fused_words(manifest, folder / "single", *single))
        assert answer.code == 0, answer
        answer = medimg("train", *fused_words(manifest, folder / "fused", *FUSED, f"evaluate.against=[{newest(folder / 'single')}]"))
    assert answer.code == 0, answer
    return newest(folder / "fused")


@pytest.fixture
def here(brain, monkeypatch):
    monkeypatch.setenv("MEDIMG_HOME", str(brain[0] / "home"))
    return brain
