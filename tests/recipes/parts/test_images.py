"""Images as cases: each by itself, or the sequences of one place together."""

import fakes
import pytest

from medimg.errors import ManifestError
from medimg.recipes.parts.cohort import read
from medimg.recipes.parts.images import Images, places_of, sequences_of
from medimg.settings import Data


@pytest.fixture
def data(tmp_path):
    return Data(manifest=str(fakes.brain(tmp_path / "cohort", patients=5)), fuse=("flair", "T1CE", "T2"), subgroups=("site", "sequence"))


def test_sequences_are_told_in_canonical_words(data):
    assert sequences_of(data) == ("FLAIR", "T1CE", "T2")


def test_the_cases_of_images_are_the_images_or_their_places(data):
    manifest = read(data)
    assert len(Images(manifest, None, (), "binary").cases_of(manifest.rows)) == 42
    assert len(Images(manifest, None, sequences_of(data), "binary").cases_of(manifest.rows)) == 15


def test_places_keep_the_columns_of_subgroups_and_missing_ones_can_be_refused(data):
    rows = read(data).rows.assign(scanner=lambda table: "made for " + table["patient"])
    places = places_of(rows, Data(fuse=data.fuse, subgroups=("site", "scanner")))
    assert (places["scanner"] == "made for " + places["patient"]).all()
    with pytest.raises(ManifestError, match="one of FLAIR, T1CE, T2 is not there at 3 of 15 places, in 1 patient,"):
        places_of(rows, Data(fuse=data.fuse, missing="refuse"))
