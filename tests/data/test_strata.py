import numpy as np
import pytest
from cohorts import manifest

from medimg.data.strata import GROUPS, cohort, column_of
from medimg.errors import ManifestError


def test_patients_are_numbered_by_their_smallest_row_id():
    rows = manifest([3, 3, 1, 2], "abab").assign(id=["d", "b", "c", "a"])
    people = cohort(rows, ("label",))
    assert people.rows["id"].tolist() == ["a", "b", "c", "d"]
    assert people.patient.tolist() == [0, 1, 2, 1]
    assert people.first_row.tolist() == [0, 1, 2]


def test_images_are_counted_per_class_and_per_combination():
    people = cohort(manifest([1, 1, 1, 2], ["a", "a|b", "", "b"], name="x").assign(id=list("abcd")), ("label",))
    assert people.classes == ["a", "b"]
    assert people.has.tolist() == [[True, True], [False, True]]
    assert not people.labelled
    # all, a, b, then the values as they stand: "", a, a|b, b
    assert people.images.tolist() == [[3, 2, 1, 1, 1, 1, 0], [1, 0, 1, 0, 0, 0, 1]]
    assert people.vital.tolist() == [True] * 3 + [False] * 4


def test_columns_are_crossed_where_several_are_asked_for():
    people = cohort(manifest([1, 2], "ab", sites=[0, 1]), ("label", "site"))
    assert people.images.shape[1] == 1 + 2 + 2 + 2 + 2
    assert cohort(manifest([1, 2], "ab"), ()).images.tolist() == [[1], [1]]


def test_only_the_commonest_groups_are_evened_out():
    rows = manifest(np.arange(400), "a" * 400).assign(site=[f"S{i % 150}" for i in range(400)])
    assert cohort(rows, ("site",)).images.shape[1] == 1 + GROUPS


def test_a_column_that_is_not_there_is_named_with_the_closest_one():
    with pytest.raises(ManifestError, match=r"data.leave_out names the column 'sites'.* Did you mean 'site'\?"):
        column_of(manifest([1], "a"), "sites", "data.leave_out")
