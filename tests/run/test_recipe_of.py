"""A recipe is imported while its built-in cohort is drawn."""

import sys
from dataclasses import replace

import pytest

from medimg import phantoms
from medimg.run import start
from medimg.settings import Data, Settings

BUILT_IN = Settings(recipe="supervised", data=Data(manifest="phantom:brain", limit=20))


@pytest.fixture
def drawn(monkeypatch):
    import medimg.recipes.supervised

    monkeypatch.delitem(sys.modules, "medimg.recipes.supervised")  # put back, as it was, after the test
    monkeypatch.setattr(medimg.recipes, "supervised", None)
    asked = []
    monkeypatch.setattr(phantoms, "cohort", lambda name, n: asked.append((name, n)))
    return asked


def test_a_built_in_cohort_is_there_when_the_recipe_is(drawn):
    assert start._recipe_of(BUILT_IN).train
    assert drawn == [("brain", 20)]


def test_files_of_ones_own_and_further_processes_draw_nothing(drawn, monkeypatch):
    assert start._recipe_of(replace(BUILT_IN, data=Data(manifest="own.csv"))).train
    monkeypatch.delitem(sys.modules, "medimg.recipes.supervised")
    monkeypatch.setattr(start, "rank", lambda: 1)
    assert start._recipe_of(BUILT_IN).train
    assert drawn == []


def test_nothing_is_drawn_for_a_recipe_that_is_there_already(drawn):
    import medimg.recipes.supervised

    assert start._recipe_of(BUILT_IN) is medimg.recipes.supervised
    assert drawn == []


def test_a_drawing_that_fails_is_left_to_the_recipe_to_tell(drawn, monkeypatch):
    def fail(name, n):
        raise OSError("disk full")

    monkeypatch.setattr(phantoms, "cohort", fail)
    assert start._recipe_of(BUILT_IN).train
