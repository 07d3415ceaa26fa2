"""Where the real images are, if they are: $MEDIMG_DATA, or a folder beside the repository."""

import os
from pathlib import Path

import pytest
from in_place import read_here

from medimg.io import workers

IN_CHILDREN = workers.in_children


@pytest.fixture
def in_place(monkeypatch):
    """Files are read in this process."""
    monkeypatch.setattr(workers, "in_children", read_here)


@pytest.fixture
def children(in_place, monkeypatch):
    """Files are read in children after all."""
    monkeypatch.setattr(workers, "in_children", IN_CHILDREN)


@pytest.fixture(scope="session")
def real_data():
    named = os.environ.get("MEDIMG_DATA")
    beside = sorted(path.parents[1] for path in Path(__file__).parents[3].glob("*/data/dicom_corner/manifest.csv"))
    folder = Path(named) if named else next(iter(beside), None)
    if folder is None or not (folder / "dicom_corner" / "manifest.csv").is_file():
        pytest.skip("the real images are not here: set MEDIMG_DATA to their folder")
    return folder
