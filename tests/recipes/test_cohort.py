"""The images of a run."""

import fakes
import pytest

from medimg.recipes.cohort import Cohort, deal, kind_of, read
from medimg.settings import Data, Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(data=Data(manifest=str(fakes.cohort(tmp_path / "cohort", patients=12, size=16)), folds=3))


def test_the_parts_of_a_fold_are_all_images_once(settings):
    manifest = read(settings.data)
    cohort = Cohort(manifest, deal(manifest, settings), "", None)
    assert cohort.folds() == [(0, 0), (1, 0), (2, 0)]
    for fold, member in cohort.folds():
        ids = [name for part in ("train", "val", "test") for name in cohort.part(fold, member, part)["id"]]
        assert sorted(ids) == sorted(manifest.rows["id"])


@pytest.mark.parametrize(
    ("labels", "multilabel", "kind"), [("ab", False, "binary"), ("abc", False, "multiclass"), ("ab", True, "multilabel")]
)
def test_the_question_follows_from_the_labels(tmp_path, labels, multilabel, kind):
    source = fakes.cohort(tmp_path / "c", patients=12, size=16, classes=tuple(labels), multilabel=multilabel)
    assert kind_of(read(Data(manifest=str(source), multilabel=multilabel))) == kind


def test_a_built_in_cohort_is_written_on_first_use():
    assert len(read(Data(manifest="phantom:thyroid", limit=14, multilabel=True)).rows) == 14
