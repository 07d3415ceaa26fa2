"""One run of each kind for all tests of the report, written once."""

import shutil

import pytest
from report.fake_run import external_run, fake_run

from medimg.report import figures, write_report

PAPER = [{"row": "ResNet-50, FLAIR", "metric": "auroc", "value": 0.94, "source": "table 3"}]


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return {
        "binary": fake_run(folder / "binary", paper=PAPER),
        "multilabel": fake_run(folder / "multilabel", kind="multilabel", folds=1, seeds=(1,), patients=100, cohort="phantom:thyroid@1"),
        "distribution": fake_run(folder / "distribution", kind="distribution", folds=2, seeds=(1,), cohort="our hospital"),
        "multiclass": fake_run(folder / "multiclass", kind="multiclass", folds=2, seeds=(1,), patients=40, cohort="our hospital"),
        "external": external_run(folder / "external"),
    }


@pytest.fixture(autouse=True)
def dpi(monkeypatch):
    """PNG files are drawn coarsely; this is how fine they would be."""
    fine = figures.DPI
    monkeypatch.setattr(figures, "DPI", 30)
    return fine


@pytest.fixture(scope="session")
def pages(runs):
    return {name: write_report(run).read_text(encoding="utf-8") for name, run in runs.items()}


@pytest.fixture
def run(runs, tmp_path):
    """A copy of the finished run of two classes, to be spoilt."""
    return shutil.copytree(runs["binary"], tmp_path / "run")
