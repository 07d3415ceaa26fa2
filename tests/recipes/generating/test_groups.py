import pandas as pd
import pytest

from medimg.recipes.generating.groups import PATIENTS, groups_of
from medimg.settings import Generate

ROWS = pd.DataFrame({"id": list("abcdef"), "label": ["b", "a|b", "a", "b|a", "c", "b"], "patient": list("pqrstu")})


def test_single_signs_come_first_in_the_order_of_the_classes_and_sets_do_not_depend_on_how_they_are_written():
    groups = groups_of(ROWS, ["c", "a", "b"])
    assert [(group.number, group.label, list(group.rows["id"])) for group in groups] == [
        (0, "c", ["e"]), (1, "a", ["c"]), (2, "b", ["a", "f"]), (3, "a|b", ["b", "d"]),
    ]  # fmt: skip
    assert [group.crossed for group in groups] == [False, False, False, True]


@pytest.mark.parametrize(("settings", "missing"), [({}, [0, 0, 3, 8]), ({"least": 3}, [0, 0, 0, 0]), ({"to": 1, "to_cross": 2}, [0] * 4)])
def test_only_what_is_missing_is_generated_and_not_from_too_few(settings, missing, monkeypatch):
    monkeypatch.setattr("medimg.recipes.generating.groups.PATIENTS", 2)
    groups = groups_of(ROWS, ["c", "a", "b"])
    assert [group.missing(Generate(**{"to": 5, "to_cross": 10, "least": 2} | settings)) for group in groups] == missing


def test_many_images_of_few_patients_are_too_few():
    for patients, missing in ((PATIENTS - 1, 0), (PATIENTS, 20)):
        rows = pd.DataFrame({"id": range(10), "label": "a", "patient": [f"p{k % patients}" for k in range(10)]})
        (group,) = groups_of(rows, ["a"])
        assert group.missing(Generate(to=30)) == missing
        assert group.too_few(Generate(to=30)) is (not missing)
        assert not group.too_few(Generate(to=10))  # nothing is lacking
