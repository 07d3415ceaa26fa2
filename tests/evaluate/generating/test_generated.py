"""Generated pictures of several groups, from arrays to the two tables."""

import numpy as np
import pandas as pd
import pytest
from evaluate.blobs import blobs

from medimg.evaluate.generating.generated import CHANCES, COLUMNS, FOUND, judge_generated, warned, write_generated
from medimg.evaluate.generating.spaces import Pictures

CLASSES = ["goitre", "nodule", "reduced_uptake"]
GROUPS = ["goitre|reduced_uptake", "nodule"]


def pictures(rng, name, count, groups=GROUPS):
    labels = np.repeat(groups, count)
    pixels = blobs(rng, len(labels), 16) + 0.2 * (labels == "nodule")[:, None, None]
    truth = np.array([[label in group.split("|") for label in CLASSES] for group in labels])
    ids = np.array([f"{name}{number}" for number in range(len(labels))])
    features = pixels.reshape(len(labels), 4, 4, 4, 4).mean(axis=(2, 4)).reshape(len(labels), 16)
    return Pictures(ids, labels, np.array([f"patient of {one}" for one in ids]), pixels, features, 0.1 + 0.8 * truth)


def joined(*parts):
    return Pictures(*(np.concatenate([getattr(part, name) for part in parts]) for name in Pictures.__dataclass_fields__))


@pytest.fixture(scope="module")
def judged():
    rng = np.random.default_rng(0)
    real, validation, made = pictures(rng, "real", 25), pictures(rng, "val", 8), pictures(rng, "made", 40)
    stolen = real.of("nodule")
    planted = Pictures(
        np.array([f"copy{n}" for n in range(25)]), *(getattr(stolen, name) for name in list(Pictures.__dataclass_fields__)[1:])
    )
    return judge_generated(
        joined(real, pictures(rng, "few", 3, ["normal"])), validation, joined(made, planted), CLASSES, skipped={"normal": "3 pictures only"}
    )


def test_each_group_has_a_row_with_every_number(judged):
    table = judged[0].set_index("group")
    assert list(judged[0]) == COLUMNS
    assert list(table.index) == ["nodule", "normal", "goitre|reduced_uptake"]  # in the order of the classes, normal is none of them
    row = table.loc["goitre|reduced_uptake"]
    assert row[["real", "patients", "generated"]].tolist() == [25, 25, 40]
    assert row.drop("reason").notna().all()
    assert row["reason"] == ""
    assert row["memorised_pixel"] == row["memorised_feature"] == 0
    assert not warned(judged[0]).set_index("group").loc["goitre|reduced_uptake", list(CHANCES.values())].any()
    assert row["expected_by_chance"] == pytest.approx(0.04)
    assert row["recognised"] == row["recognised_real"] == 1


def test_planted_copies_are_named_with_the_picture_they_repeat(judged):
    table, found = judged
    assert list(found) == FOUND
    assert set(found["group"]) == {"nodule"}
    assert table.set_index("group").loc["nodule", ["memorised_pixel", "memorised_feature"]].tolist() == [25, 25]
    assert warned(table).set_index("group").loc["nodule", list(CHANCES.values())].all()
    assert set(found["id"]) == {f"copy{n}" for n in range(25)}
    assert (found["nearest"].str.removeprefix("real").astype(int) == found["id"].str.removeprefix("copy").astype(int) + 25).all()
    assert (found["ratio"] < found["limit"]).all()


def test_a_group_that_was_not_extended_has_its_reason_and_no_numbers(judged):
    row = judged[0].set_index("group").loc["normal"]
    assert row["reason"] == "3 pictures only"
    assert row["generated"] == 0
    assert row.drop(["real", "patients", "generated", "reason"]).isna().all()
    assert warned(judged[0]).set_index("group").loc["normal", list(CHANCES.values())].isna().all()


def test_what_cannot_be_measured_is_empty_with_the_reason():
    rng = np.random.default_rng(1)
    few, made = pictures(rng, "real", 3, ["nodule", "cyst"]), pictures(rng, "made", 5, ["nodule", "cyst"])
    table, _ = judge_generated(few, pictures(rng, "val", 2, ["goitre"]), made, CLASSES)
    row = table.set_index("group").loc["nodule"]
    assert np.isnan(row["kid"])
    assert np.isnan(row["recognised_real"])
    for word in ("KID: too few real patients", "coverage: too few real patients", "no validation image of the group"):
        assert word in row["reason"]
    assert "does not know cyst" in table.set_index("group").loc["cyst", "reason"]


def test_two_patients_are_too_few_to_tell_a_copy():
    rng = np.random.default_rng(2)
    table, found = judge_generated(*(pictures(rng, name, 2, ["nodule"]) for name in ("real", "val", "made")), CLASSES)
    assert "memorised: too few real patients to compare with: at least 3 are needed" in table["reason"][0]
    assert table["memorised_pixel"].isna().all()
    assert found.empty


def test_the_tables_are_written_into_the_run(judged, tmp_path):
    write_generated(tmp_path, *judged)
    again = pd.read_csv(tmp_path / "tables" / "generated.csv")
    assert list(again) == [*COLUMNS, *CHANCES.values()]
    assert set(again.set_index("group").loc["nodule", list(CHANCES.values())].map(str)) == {"True"}
    assert list(pd.read_csv(tmp_path / "tables" / "memorised.csv")) == FOUND
    told = (tmp_path / "tables" / "generated.md").read_text()
    assert "much nearer to one patient" in told
    assert "taken for independent of one another" in told


def test_groups_come_in_the_order_of_the_classes():
    rng = np.random.default_rng(3)
    groups, classes = ["a", "b", "c|a", "a|b"], ["c", "b", "a"]
    table, _ = judge_generated(*(pictures(rng, name, 3, groups) for name in ("real", "val", "made")), classes)
    assert list(table["group"]) == ["b", "a", "c|a", "a|b"]


def test_a_run_without_copies_says_that_none_was_found(judged, tmp_path):
    write_generated(tmp_path, judged[0], judged[1].iloc[:0])
    assert "None was found." in (tmp_path / "tables" / "memorised.md").read_text()
    write_generated(tmp_path, *judged)
    assert "None was found." not in (tmp_path / "tables" / "memorised.md").read_text()


def test_one_group_among_the_folds_of_a_run_needs_less_chance_to_be_told(judged):
    table = judged[0].assign(chance_pixel=[0.0004, np.nan, 1.0], chance_feature=[1.0, np.nan, 0.0])
    assert list(warned(table.iloc[:1])["beyond_chance_pixel"]) == [True]  # below 0.001 / 2
    several = warned(pd.concat([table] * 3))
    assert not several["beyond_chance_pixel"].fillna(False).any()
    assert list(several["beyond_chance_feature"].map(str)) == ["False", "None", "True"] * 3
