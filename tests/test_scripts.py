"""Scripts are imported by nobody, so a name that has moved would break them unseen."""

import runpy
import sys
from pathlib import Path

import pytest

import medimg

FOLDER = Path(medimg.__file__).parents[1] / "scripts"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def test_there_are_scripts():
    assert len(SCRIPTS) > 5


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_finds_all_it_imports(path, monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "argv", [path.name])
    assert runpy.run_path(str(path), run_name="imported")["__doc__"]
