"""Where the real images are, if they are: $MEDIMG_DATA, or a folder beside the repository."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data():
    folder = Path(os.environ.get("MEDIMG_DATA") or Path(__file__).parents[3] / "shared" / "data")
    if not (folder / "dicom_corner" / "manifest.csv").is_file():
        pytest.skip("the real images are not here: set MEDIMG_DATA to their folder")
    return folder
