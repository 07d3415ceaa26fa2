import json
from types import SimpleNamespace

import pandas as pd
import pytest

from medimg.recipes.generating.notes import foretold, notes_of
from medimg.recipes.parts.networks import prepares, stage_name
from medimg.settings import Data, Generate, Phases, Settings


class Dealt:
    """A cohort of two folds; of the second fold's images seven show two signs, of the first one's as many as told."""

    manifest = SimpleNamespace(classes=["a", "b"])

    def __init__(self, first):
        self.crossed = {0: first, 1: 7}

    def folds(self):
        return [(0, 0), (1, 0)]

    def cases(self, fold, member, part):
        labels = ["a"] * 10 + ["b"] * 10 + ["a|b"] * self.crossed[fold]
        return pd.DataFrame({"id": range(len(labels)), "label": labels, "patient": [f"p{k}" for k in range(len(labels))]})


SETTINGS = Settings(generate=Generate(to=20, to_cross=20), seeds=(1, 2))
ONE = ": one, as only 7 training images show several signs; two need 8 of each kind (generate.least)."
FEW = ": none of a + b (7 images of 7 patients): at least 8 real training images of 3 patients are needed (generate.least)."


def test_what_is_so_in_all_folds_is_said_once(tmp_path):
    assert notes_of(SETTINGS, Dealt(first=7), tmp_path) == [f"Phases{ONE}", f"Generated images{FEW}"]


@pytest.fixture
def two_phases(tmp_path):
    """The stages of a run whose first fold alone has two phases."""
    for seed in SETTINGS.seeds:
        for name in (prepares("6_single", (seed, 0, 0)), stage_name(seed, 0, 0), stage_name(seed, 1, 0)):
            (tmp_path / "stages" / name).mkdir(parents=True)
            (tmp_path / "stages" / name / "best.json").write_text(json.dumps({"step": 3}))
    return tmp_path


def test_what_is_so_in_some_folds_names_them(two_phases):
    notes = notes_of(SETTINGS, Dealt(first=9), two_phases)
    assert notes[:2] == foretold(SETTINGS, Dealt(first=9)) == [f"Phases, fold 1{ONE}", f"Generated images, fold 1{FEW}"]
    assert notes[2:] == ["Phases: what the second one changed is told of the folds that had one."]


def test_a_second_phase_that_kept_what_it_began_with_is_named(two_phases):
    (two_phases / "stages" / stage_name(2, 0, 0) / "best.json").write_text(json.dumps({"step": 0}))
    assert notes_of(SETTINGS, Dealt(first=9), two_phases)[-1].endswith("which was kept: seed 2 fold 0.")

    one = Settings(generate=SETTINGS.generate, seeds=(2,), data=Data(fold=(0,)))
    assert notes_of(one, Dealt(first=9), two_phases)[-1].endswith("which was kept.")


def test_images_that_nobody_has_judged_are_counted(tmp_path):
    settings = Settings(generate=Generate(to=20, to_cross=0, judge=False), phases=Phases(count=1))
    one, unjudged = notes_of(settings, Dealt(first=9), tmp_path)
    assert "phases.count=1" in one
    assert unjudged.startswith("Generated images: 40 were trained on and not judged")
