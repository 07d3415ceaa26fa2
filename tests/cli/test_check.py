"""check: everything that can fail, in one list, before hours are spent."""

import shutil
import sys
from collections import namedtuple
from types import ModuleType

import pytest
from command import medimg, refused
from fakes import cohort

from medimg.errors import LeakError

Usage = namedtuple("Usage", "total used free")
SMALL = ["data.size=16", "trainer.batch_size=4", "data.folds=2", "model.name=test_resnet"]


@pytest.fixture
def recipe(monkeypatch, tmp_path):
    module = ModuleType("medimg.recipes.supervised")
    module.faults = []
    module.check = lambda settings, run: list(module.faults)
    monkeypatch.setitem(sys.modules, "medimg.recipes.supervised", module)
    monkeypatch.chdir(tmp_path)
    return module


def test_a_good_experiment_is_told_how_to_start(recipe):
    answer = medimg("check", "experiment=encephalitis_glioma", "data.where={site:a}")
    assert answer.code == 0
    assert "medimg train experiment=encephalitis_glioma 'data.where={site:a}'" in answer.out
    assert medimg("check", "experiment=encephalitis_glioma", "--json").json["faults"] == []


def test_faults_of_disk_folder_and_recipe_are_one_list(recipe, monkeypatch, tmp_path):
    recipe.faults = ["the network fails on one batch."]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1e12, 1e12, 5e8))
    text = refused("check", "experiment=encephalitis_glioma")
    assert "0.5 GB left" in text
    assert "the network fails" in text


def test_a_leak_found_by_check_ends_with_5(recipe):
    def leaks(*_):
        raise LeakError("leak: 'no patients in two parts' does not hold.")

    recipe.check = leaks
    assert "leak" in refused("check", "experiment=encephalitis_glioma", code=5)


def test_a_runs_folder_that_is_a_file_is_told(recipe, tmp_path):
    (tmp_path / "runs").touch()
    assert "runs=FOLDER" in refused("check", "experiment=encephalitis_glioma")


def test_check_writes_nothing(recipe, tmp_path):
    medimg("check", "experiment=encephalitis_glioma")
    assert list(tmp_path.iterdir()) == []


def test_the_real_check_passes_and_names_an_unknown_network(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    manifest = cohort(tmp_path / "cohort")
    assert medimg("check", f"data.manifest={manifest}", *SMALL).code == 0
    assert "resnet18" in refused("check", f"data.manifest={manifest}", *SMALL[:-1], "model.name=resnet1888")
    both = refused("check", f"data.manifest={manifest}", *SMALL[:-1], "model.name=resnet1888", "data.where={site:nord}")
    assert both.index("resnet1888") < both.index("site = nord")


def test_misspelt_labels_are_told_by_check(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    manifest = cohort(tmp_path / "cohort", patients=20)
    lines = manifest.read_text().replace(",a,", ",benign,").replace(",b,", ",malignant,").splitlines()
    manifest.write_text(
        "\n".join([*lines[:-2], *(line.replace("malignant", "Malign-ant").replace("benign", "bening") for line in lines[-2:])])
    )
    answer = medimg("check", f"data.manifest={manifest}", "data.classes=[benign,malignant]", *SMALL)
    assert answer.code == 0, answer
    assert "2 rows left out, as the label is none of the classes" in answer.text
    assert "did you mean" in answer.text


def test_a_split_by_image_is_warned_of_by_check(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = medimg("check", f"data.manifest={cohort(tmp_path / 'cohort')}", "data.deal_by=image", *SMALL)
    assert answer.code == 0, answer
    assert "Patients stand in several parts" in answer.text
