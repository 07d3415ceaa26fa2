"""A recipe that only notes what it was given, so that opening and closing runs is tested in milliseconds."""

import json
import sys
from types import ModuleType

import pytest


@pytest.fixture(autouse=True)
def _one_process(monkeypatch):
    for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID", "MEDIMG_RUN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def recipe(monkeypatch, tmp_path):
    """medimg.recipes.supervised, replaced; `recipe.stop` is raised when set; the command is given in tmp_path."""
    module = ModuleType("medimg.recipes.supervised")
    module.seen, module.stop = [], None

    def train(settings, run):
        module.seen.append((settings, run))
        if module.stop is not None:
            raise module.stop
        (run / "stages").mkdir(exist_ok=True)
        (run / "metrics.json").write_text(json.dumps({"headline": {"text": "AUROC 0.9", "estimate": 0.9}}))
        (run / "flow.json").write_text(json.dumps({"refused": 0}))

    module.train = train
    monkeypatch.setitem(sys.modules, "medimg.recipes.supervised", module)
    monkeypatch.chdir(tmp_path)
    return module
