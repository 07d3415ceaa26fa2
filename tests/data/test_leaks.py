import time

import numpy as np
import pandas as pd
import pytest
from cohorts import KEY, hashed, manifest, random_manifest

from medimg.data.leaks import prove, prove_encoder, prove_external
from medimg.data.split import load_split, make_split, save_split, split_sha256
from medimg.errors import LeakError
from medimg.io.identity import key_fingerprint

WAYS = [{}, {"folds": 1}, {"folds": 3, "inner_folds": 3}, {"leave_out": "site"}, {"val_share": 0}, {"folds": 1, "test_share": 0}]


def some():
    """Sixty patients with three images each; even rows of one class."""
    return manifest(np.repeat(np.arange(60), 3), np.repeat(["a", "b"] * 30, 3), sites=np.repeat(np.arange(60) % 4, 3))


def rows_of(rows, split, part, fold=0):
    """Row numbers of one part of a fold."""
    ids = split[(split["fold"] == fold) & (split["part"] == part)]["id"]
    return rows.index[rows["id"].isin(ids)]


def refused(rows, split, *texts, generated=None):
    with pytest.raises(LeakError) as caught:
        prove(rows, split, generated)
    for text in texts:
        assert text in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("options", WAYS)
def test_every_split_we_make_is_proved(options):
    for seed in range(5):
        rows = random_manifest(seed, classes=2, patients=80)
        split = make_split(rows, seed=seed, **options)
        proof = prove(rows, split)
        assert all(check["found"] == 0 for check in proof["checks"])
        assert all(check["compared"] > 0 for check in proof["checks"])
        assert proof["split_sha256"] == split_sha256(split)
        assert proof["key_fingerprint"] == key_fingerprint()


def test_what_was_not_compared_is_not_claimed():
    rows = some().assign(study="", sop="")
    compared = {check["name"]: check["compared"] for check in prove(rows, make_split(rows))["checks"]}
    assert compared["no studies in two parts of a fold"] == compared["no SOP instances under two patients"] == 0
    assert compared["no patients in two parts of a fold"] == 60
    assert compared["no images in two parts of a fold"] == compared["each row is tested in one fold, by all its members"] == 180
    assert compared["each row is dealt once per fold and member"] == 5 * 180


@pytest.mark.parametrize(("one", "other"), [("train", "test"), ("train", "val"), ("val", "test")])
def test_a_patient_in_two_parts_of_a_saved_split_is_found(tmp_path, one, other):
    rows = some()
    split, path = make_split(rows), tmp_path / "split.csv"
    moved = rows_of(rows, split, one, fold=2)[0]
    split.loc[(split["id"] == rows["id"][moved]) & (split["fold"] == 2), "part"] = other
    save_split(split, path)
    refused(
        rows,
        load_split(path, rows),
        f"no patients in two parts of a fold' does not hold for {rows['patient'][moved]} (1 in all)",
        "start a new run",
    )


def test_a_leak_in_one_inner_member_is_found():
    rows = some()
    split = make_split(rows, folds=3, inner_folds=3)
    line = split.index[(split["fold"] == 1) & (split["member"] == 2) & (split["part"] == "val")][0]
    split.loc[line, "part"] = "train"
    refused(rows, split, rows.set_index("id")["patient"][split["id"][line]])


def test_an_error_names_ten_patients_and_the_count():
    rows = some()
    split = make_split(rows, val_share=0).sample(frac=1, random_state=0)
    split["part"] = np.where(np.arange(len(split)) % 2, "train", "test")
    assert "no patients in two parts of a fold" in refused(rows, split, ", ... (60 in all)")


def test_the_same_pixels_under_two_patients_are_found():
    rows = some()
    split = make_split(rows)
    rows.loc[30, "pixel_sha256"] = rows["pixel_sha256"][0]
    refused(rows, split, "no images under two patients", rows["id"][0], rows["id"][30], "(2 in all)", "data.exclude")


def test_the_same_image_under_two_patients_stops_before_any_split():
    rows = some()
    split = make_split(rows)
    rows.loc[30, ["id", "pixel_sha256"]] = rows.loc[0, ["id", "pixel_sha256"]].to_numpy()
    refused(rows, split, "one row per image", rows["id"][0])
    with pytest.raises(LeakError, match=rows["id"][0]):
        make_split(rows)


def test_one_study_under_two_patients_is_found():
    rows = some()
    split = make_split(rows)
    rows.loc[30:32, "study"] = rows["study"][0]
    refused(rows, split, "no studies under two patients", "(6 in all)", "Correct patient_id")


def test_a_sop_instance_in_two_parts_is_found():
    rows = some()
    split = make_split(rows)
    trained, tested = rows_of(rows, split, "train")[0], rows_of(rows, split, "test")[0]
    rows.loc[tested, "sop"] = rows["sop"][trained]
    refused(rows, split, "no SOP instances under two patients", rows["id"][tested])
    split.loc[(split["id"] == rows["id"][tested]) & (split["fold"] == 0), "part"] = "val"
    rows.loc[tested, ["patient", "study"]] = rows.loc[trained, ["patient", "study"]].to_numpy()
    refused(rows, split, "no SOP instances in two parts of a fold", "no patients in two parts of a fold", rows["id"][tested])


def test_pixels_in_two_parts_are_found_even_under_one_patient():
    rows = some()
    split = make_split(rows)
    a, b = rows.index[rows["patient"] == rows["patient"][0]][:2]
    rows.loc[b, "pixel_sha256"] = rows["pixel_sha256"][a]
    prove(rows, split)
    split.loc[(split["id"] == rows["id"][b]) & (split["part"] == "train") & (split["fold"] == split["fold"].max()), "part"] = "val"
    refused(rows, split, "no images in two parts of a fold", rows["id"][b])


def test_a_split_that_misses_or_invents_rows_is_found():
    rows = some()
    split = make_split(rows)
    refused(rows, split.drop(index=split.index[7]), "misses rows of the manifest", split["id"][7])
    refused(
        rows, split.assign(id=split["id"].replace(rows["id"][5], "f" * 16)), "names rows that the manifest lacks", "f" * 16, rows["id"][5]
    )
    refused(rows, pd.concat([split, split.iloc[[9]]]), "deals rows twice in one fold", split["id"][9])
    refused(rows, split.assign(part=split["part"].replace("val", "validate")), "a part other than train, val, test or unused")
    refused(rows, split.iloc[:0], "misses rows of the manifest", "(180 in all)")


def test_a_fold_that_went_missing_is_found():
    rows = some()
    split = make_split(rows)
    refused(rows, split[split["fold"] != 3], "each row is tested in one fold", "(36 in all)")


def test_a_row_tested_in_two_folds_is_found():
    rows = some()
    split = make_split(rows)
    twice = rows["id"][rows["patient"] == rows["patient"][0]]
    split.loc[split["id"].isin(twice), "part"] = "test"
    refused(rows, split, "each row is tested in one fold", twice.iloc[0], "(3 in all)")


def test_members_that_test_other_rows_are_found():
    rows = some()
    split = make_split(rows, folds=1, inner_folds=3)
    split.loc[(split["member"] == 1) & (split["part"] == "test"), "part"] = "train"
    refused(rows, split, "by all its members", "(36 in all)")


def test_a_manifest_changed_after_the_split_was_saved_is_found(tmp_path):
    rows, path = some(), tmp_path / "split.csv"
    save_split(make_split(rows), path)
    with pytest.raises(LeakError, match=r"misses rows.*put it back, or start a new run"):
        load_split(path, pd.concat([rows, manifest([0], "a", name="later")], ignore_index=True))
    same_person = rows.assign(patient=rows["patient"].replace(rows["patient"][0], rows["patient"][90]))
    split = load_split(path, same_person)
    folds = split[split["part"] == "test"].set_index("id")["fold"]
    assert folds[rows["id"][0]] != folds[rows["id"][90]], "choose another pair"
    refused(same_person, split, rows["patient"][90])


def test_an_error_names_no_path_and_no_raw_id():
    rows = some().assign(path="/data/hospital/MUELLER.dcm", raw_patient="MUELLER")
    split = make_split(rows)
    rows.loc[30:32, ["study", "sop", "pixel_sha256"]] = rows.loc[0:2, ["study", "sop", "pixel_sha256"]].to_numpy()
    assert "MUELLER" not in refused(rows, split)


def fakes(rows, split, fold):
    donors = rows["patient"][rows_of(rows, split, "train", fold)].unique()
    return pd.DataFrame({"id": [f"fake{i}" for i in range(3)], "generator": "gan-a", "fold": fold, "donors": "|".join(donors)})


def test_images_generated_from_training_patients_are_proved():
    rows = some()
    split = make_split(rows)
    proof = prove(rows, split, pd.concat([fakes(rows, split, fold) for fold in range(5)]))
    assert [check["compared"] for check in proof["checks"]][-1] == 15


@pytest.mark.parametrize("part", ["val", "test"])
def test_a_donor_of_val_or_test_is_found(part):
    rows = some()
    split = make_split(rows)
    donor = rows["patient"][rows_of(rows, split, part, fold=1)[0]]
    generated = fakes(rows, split, 1)
    generated.loc[2, "donors"] += f"|{donor}"
    refused(rows, split, "donors of generated images are training patients", f"{donor} (fold 1) (1 in all)", generated=generated)


def test_images_generated_for_another_fold_are_found():
    rows = some()
    split = make_split(rows)
    refused(rows, split, "donors of generated images are training patients", "(fold 2)", generated=fakes(rows, split, 1).assign(fold=2))


def test_a_donor_may_be_val_of_another_member():
    rows = some()
    split = make_split(rows, folds=1, inner_folds=3)
    first = split[split["member"] == 0]
    generated = fakes(rows, first, 0)
    refused(rows, split, "donors of generated images are training patients", generated=generated)
    prove(rows, split, generated.assign(member=0))
    refused(rows, split, "donors of generated images are training patients", generated=generated.assign(member=1))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"generator": ""}, "names its generator, fold and donors"),
        ({"donors": ""}, "names its generator, fold and donors"),
        ({"donors": None}, "names its generator, fold and donors"),
        ({"fold": 9}, "names its generator, fold and donors"),
        ({"member": 1}, "names its generator, fold and donors"),
        ({"member": None}, "names its generator, fold and donors"),
        ({"donors": hashed("nobody")}, "donors are patients of the manifest"),
    ],
)
def test_a_generated_image_of_unknown_origin_is_refused(changes, text):
    rows = some()
    split = make_split(rows)
    refused(rows, split, text, generated=fakes(rows, split, 1).assign(**changes))
    refused(rows, split, "lacks generator, donors", generated=fakes(rows, split, 1).drop(columns=["generator", "donors"]))


def test_a_generated_copy_of_a_real_image_is_found():
    rows = some()
    split = make_split(rows)
    generated = fakes(rows, split, 1)
    generated.loc[0, "id"] = rows["id"][4]
    refused(rows, split, "no generated image is a real one", rows["id"][4], generated=generated)


def test_an_external_manifest_that_shares_nothing_is_proved():
    proof = prove_external(manifest(range(9), "a" * 9, name="elsewhere"), some())
    assert [check["found"] for check in proof["checks"]] == [0] * 4
    assert [check["compared"] for check in proof["checks"]] == [9] * 4
    assert proof["notes"] == []


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("patient", "no patients of the run"),
        ("study", "no studies"),
        ("sop", "no SOP instances"),
        ("pixel_sha256", "no images of the run"),
    ],
)
def test_an_external_manifest_that_shares_something_is_refused(key, text):
    cases, rows = some(), manifest(range(9), "a" * 9, name="elsewhere")
    rows.loc[4, key] = cases[key][8]
    with pytest.raises(LeakError, match=text) as caught:
        prove_external(rows, cases)
    assert (cases["patient"][8] if key == "patient" else rows["id"][4]) in str(caught.value)
    assert "data.exclude" in str(caught.value)


def test_under_another_key_only_pixels_are_compared_and_it_says_so():
    cases = some()
    other = {key: cases[key].str.replace(KEY, "ffffffff") for key in ("patient", "study", "sop")}
    rows = cases.assign(**other, pixel_sha256=manifest(range(180), "a" * 180, name="elsewhere")["pixel_sha256"])
    proof = prove_external(rows, cases)
    assert [check["compared"] for check in proof["checks"]] == [0, 0, 0, 180]
    assert proof["notes"] == ["patient overlap not provable, pixel overlap checked"]
    with pytest.raises(LeakError, match="no images of the run"):
        prove_external(cases.assign(**other), cases)


@pytest.mark.parametrize("key", ["patient", "study", "sop", "pixel_sha256"])
def test_an_encoder_that_learned_something_of_the_test_part_is_refused(key):
    taught, test = some(), manifest(range(9), "a" * 9, name="elsewhere")
    assert [check["compared"] for check in prove_encoder(test, taught)["checks"]] == [9] * 4
    test.loc[4, key] = taught[key][8]
    with pytest.raises(LeakError, match=r"that taught the network of model\.weights") as caught:
        prove_encoder(test, taught)
    assert (taught["patient"][8] if key == "patient" else test["id"][4]) in str(caught.value)


@pytest.mark.parametrize("patients", [4_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_hundred_thousand_images_are_proved_in_seconds(patients):
    patient = np.repeat(np.arange(patients), 5)
    rows, fold = manifest(patient, ["a"] * len(patient), name="large"), patient % 5
    part = [np.where(fold == f, "test", np.where(fold == (f + 1) % 5, "val", "train")) for f in range(5)]
    split = pd.concat([pd.DataFrame({"id": rows["id"], "fold": f, "member": 0, "part": part[f]}) for f in range(5)])
    start = time.process_time()
    prove(rows, split)
    assert time.process_time() - start < patients / 4000
