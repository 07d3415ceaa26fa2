import hashlib
import os
import subprocess
import time
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
from cohorts import hashed, manifest, random_manifest, thyroid
from sklearn.model_selection import StratifiedGroupKFold

from medimg.data.split import load_split, make_split, named, save_split, split_sha256
from medimg.errors import ConfigError, LeakError, ManifestError, RunError

SEEDS = range(6)
WAYS = {
    "k-fold": {},
    "hold-out": {"folds": 1},
    "nested": {"folds": 4, "inner_folds": 3},
    "nested hold-out": {"folds": 1, "inner_folds": 4},
    "by site": {"stratify": ("label", "site")},
    "site left out": {"leave_out": "site"},
    "site left out, nested": {"leave_out": "site", "inner_folds": 3},
    "without validation": {"val_share": 0},
    "unstratified": {"stratify": ()},
}


def common(seed):
    """A random manifest whose classes are large enough for every way of splitting."""
    rows = random_manifest(seed, classes=3, patients=90)
    return rows[rows.groupby("label")["patient"].transform("nunique") > 12].reset_index(drop=True)


@cache
def dealt(way, seed):
    """A random manifest and its split, the same for every test: neither is changed."""
    rows = common(seed)
    return rows, make_split(rows, seed=seed, **WAYS[way])


def parts(split, rows):
    return split.merge(rows, on="id", validate="many_to_one")


def deviation(rows, fold):
    """The worst a fold is off its share of a class: by images, by patients."""
    by_image = pd.crosstab(fold, rows["label"].to_numpy())
    first = ~rows[["patient", "label"]].duplicated().to_numpy()
    by_patient = pd.crosstab(fold[first], rows["label"][first].to_numpy())
    return [float(np.abs(table / table.sum() - 1 / len(by_image)).to_numpy().max()) for table in (by_image, by_patient)]


def fold_of(split, rows):
    return split[split["part"] == "test"].set_index("id")["fold"].loc[rows["id"]].to_numpy()


@pytest.mark.parametrize("way", WAYS)
def test_no_patient_is_in_two_parts(way):
    for seed in SEEDS:
        rows, split = dealt(way, seed)
        assert (parts(split, rows).groupby(["fold", "member", "patient"])["part"].agg(set).map(len) == 1).all()


@pytest.mark.parametrize("way", WAYS)
def test_every_row_has_one_part_per_member_and_one_test_fold(way):
    for seed in SEEDS:
        (rows, split), options = dealt(way, seed), WAYS[way]
        per_member = split.groupby(["fold", "member"])["id"]
        assert (per_member.nunique() == len(rows)).all()
        assert (per_member.size() == len(rows)).all()
        tested = split[split["part"] == "test"].groupby("id")["fold"].agg(["nunique", "size"])
        assert (tested["nunique"] == 1).all()
        assert (tested["size"] == options.get("inner_folds", 1)).all()
        assert len(tested) == len(rows) or options.get("folds") == 1


def test_inner_folds_take_every_learning_patient_once_as_val():
    rows = common(1)
    split = make_split(rows, folds=4, inner_folds=3)
    for _, fold in split.groupby("fold"):
        times = fold[fold["part"] == "val"].groupby("id").size().reindex(rows["id"], fill_value=0)
        tested = fold[fold["part"] == "test"]["id"].unique()
        assert (times[tested] == 0).all()
        assert (times.drop(tested) == 1).all()


def test_a_site_left_out_is_one_fold_in_sorted_order():
    rows = common(2)
    dealt = parts(make_split(rows, leave_out="site"), rows)
    tested = dealt[dealt["part"] == "test"].groupby("fold")["site"].unique()
    assert [list(sites) for sites in tested] == [["S0"], ["S1"], ["S2"], ["S3"]]


def test_shares_are_those_asked_for():
    rows = thyroid()
    share = make_split(rows, folds=1, test_share=0.3, val_share=0.1)["part"].value_counts() / len(rows)
    assert share["test"] == pytest.approx(0.3, abs=0.005)
    assert share["val"] == pytest.approx(0.07, abs=0.005)
    assert set(make_split(rows, folds=1, test_share=0)["part"]) == {"train", "val"}


def test_the_order_of_rows_does_not_matter():
    for seed in SEEDS:
        rows = common(seed)
        mixed = rows.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(make_split(rows, inner_folds=2), make_split(mixed, inner_folds=2))


def test_the_spelling_of_patient_ids_does_not_matter():
    for seed in SEEDS:
        rows = common(seed)
        renamed = rows.assign(patient=[hashed("another key", seed, patient) for patient in rows["patient"]])
        pd.testing.assert_frame_equal(make_split(rows, stratify=("label", "site")), make_split(renamed, stratify=("label", "site")))


def test_the_same_seed_gives_the_same_bits():
    split = make_split(thyroid(), stratify=("label", "site"), seed=7)
    assert split_sha256(split) == "99c251ee577be76907beab31b466a5d219c4c8174c6f99b01638ea74d6d7c430"


@pytest.mark.parametrize("make", [common, lambda seed: thyroid(), lambda seed: random_manifest(seed, classes=2, patients=60)])
def test_different_seeds_give_different_splits(make):
    rows = make(5)
    splits = [fold_of(make_split(rows, seed=seed), rows) for seed in range(5)]
    assert all((one != other).mean() > 0.5 for i, one in enumerate(splits) for other in splits[:i])


@pytest.mark.parametrize("cohorts", [15, pytest.param(200, marks=pytest.mark.slow)])
def test_folds_are_as_even_as_those_of_scikit_learn(cohorts):
    ours, theirs = [], []
    for seed in range(cohorts):
        rows = random_manifest(seed)
        if rows.groupby("label")["patient"].nunique().min() < 5:
            continue
        ours.append(deviation(rows, fold_of(make_split(rows, seed=seed, val_share=0), rows)))
        fold = np.empty(len(rows), dtype=int)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            judge = StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(rows, rows["label"], rows["patient"])
            for number, (_, tested) in enumerate(judge):
                fold[tested] = number
        theirs.append(deviation(rows, fold))
    ours, theirs = np.array(ours), np.array(theirs)
    images, patients = ours.mean(axis=0) / theirs.mean(axis=0)
    assert images < 1.1
    assert patients < 0.9
    assert ours.max(axis=1).mean() < 0.9 * theirs.max(axis=1).mean(), "the worse of the two"
    assert (ours.max(axis=1) <= theirs.max(axis=1) + 1e-9).mean() > 0.8


def test_single_images_are_as_even_as_can_be():
    rows = thyroid()
    for seed in range(5):
        dealt = parts(make_split(rows, seed=seed), rows)
        counts = pd.crosstab([dealt["fold"], dealt["part"]], dealt["label"])
        assert (np.ptp(counts.xs("test", level="part"), axis=0) <= 1).all()
        learning = len(rows) * counts.sum() / counts.sum().sum() * 0.8
        assert (counts.xs("val", level="part") - 0.2 * learning).abs().max().max() <= 1


def test_cases_of_two_labels_are_spread_over_folds_and_val():
    rows = thyroid()
    for seed in range(5):
        dealt = parts(make_split(rows, seed=seed, inner_folds=4), rows)
        both = dealt[dealt["label"] == "goitre|reduced"]
        counts = pd.crosstab([both["fold"], both["member"]], both["part"])
        assert (counts == {"test": 10, "train": 30, "val": 10}).all(axis=None)


def test_two_labels_count_for_each_of_them():
    labels = ["a"] * 5 + ["b"] * 5 + ["a|b"] * 5
    rows = manifest(range(15), labels)
    dealt = parts(make_split(rows, val_share=0), rows)
    for one in ("a", "b", "a|b"):
        assert (dealt[(dealt["part"] == "test") & (dealt["label"] == one)].groupby("fold").size() == 1).all()


def test_patients_of_mixed_labels_are_dealt_by_their_share_of_positives():
    for seed in range(10):
        draw = np.random.default_rng(seed)
        patient = np.repeat(np.arange(100), 20)
        rows = manifest(patient, (draw.random(2000) < np.repeat(draw.beta(0.5, 0.5, 100), 20)).astype(int), name=f"mixed{seed}")
        share = parts(make_split(rows, seed=seed), rows).query("part == 'test'").assign(positive=lambda d: d["label"] == "1")
        per_patient = share.groupby(["fold", "patient"])["positive"].mean().groupby("fold").mean()
        assert np.ptp(per_patient) < 0.01


def test_sites_are_even_where_asked():
    rows = random_manifest(3, classes=2, patients=400)
    for seed in range(3):
        even, free = (
            parts(make_split(rows, seed=seed, stratify=by), rows).query("part == 'test'") for by in (("label", "site"), ("label",))
        )
        spread = [
            np.ptp(pd.crosstab(dealt["fold"], [dealt["site"], dealt["label"]], normalize="columns"), axis=0).max() for dealt in (even, free)
        ]
        assert spread[0] < min(0.08, spread[1])


def test_val_and_test_have_every_class_where_that_is_possible():
    for seed in SEEDS:
        rows = random_manifest(seed)
        patients = rows.groupby("label")["patient"].nunique()
        if patients.min() < 5:
            continue
        classes = parts(make_split(rows, seed=seed), rows).groupby(["fold", "part"])["label"].nunique()
        assert (classes == len(patients)).all()


def test_the_last_patient_of_a_class_is_trained_on_not_chosen_with():
    rows = manifest(range(22), ["a"] * 20 + ["b"] * 2)
    dealt = parts(make_split(rows, folds=2), rows)
    assert sorted(dealt[dealt["label"] == "b"]["part"]) == ["test", "test", "train", "train"]


def test_a_part_column_is_kept_as_given():
    rows = thyroid().assign(part=["train", "val", "test"] * 213 + ["train"] * 2)
    split = make_split(rows)
    assert (split["fold"] == 0).all()
    assert split.set_index("id")["part"].loc[rows["id"]].tolist() == rows["part"].tolist()


def test_val_comes_out_of_train_where_the_part_column_names_none():
    rows = thyroid().assign(part=["train", "train", "test"] * 213 + ["train"] * 2)
    split = make_split(rows).set_index("id")["part"].loc[rows["id"]].to_numpy()
    assert ((split == "test") == (rows["part"] == "test")).all()
    assert (split == "val").mean() == pytest.approx(0.2 * 428 / 641, abs=0.01)


def test_unlabelled_images_are_dealt_too():
    rows = manifest(range(60), ["a"] * 4 + ["b"] * 3 + [""] * 53)
    dealt = parts(make_split(rows), rows)
    assert set(dealt["part"]) == {"train", "val", "test"}
    assert set(make_split(rows.assign(label=""))["part"]) == {"train", "val", "test"}


FAULTS = {
    "too few patients": (manifest([1, 1, 2, 3], "aabb"), {}, "the manifest has 3 patients, but data.folds=5 needs 5"),
    "too small a class": (manifest(range(20), "a" * 17 + "b" * 3), {}, r"class 'b' has 3 patients.*At most data.folds=3"),
    "a class of one": (manifest(range(20), "a" * 19 + "b"), {}, r"class 'b' has 1 patient,.*No split is possible"),
    "a class of one, hold-out": (manifest(range(20), "a" * 19 + "b"), {"folds": 1}, r"class 'b' has 1 patient, but data.folds=1 needs 2"),
    "too few to nest": (manifest(range(6), "a" * 6), {"folds": 2, "inner_folds": 5}, "fold 0, member 3: no patient is left for val"),
    "nothing to learn": (
        manifest(range(22), "a" * 20 + "bb"),
        {"folds": 2, "inner_folds": 3},
        "no patient of class b .1 in all. is left to train",
    ),
    "class at one site": (
        manifest(range(9), "aaabbbccc", sites="001001222"),
        {"leave_out": "site"},
        "fold 2, member 0: no patient of class c",
    ),
    "one site": (manifest(range(9), "a" * 9, sites="1" * 9), {"leave_out": "site"}, "all rows have 'S1'"),
    "no site": (manifest(range(9), "a" * 9), {"leave_out": "site"}, r"column 'site' is empty in rows .*\(9 in all\)"),
    "no such column": (manifest(range(9), "a" * 9), {"leave_out": "sites"}, "data.leave_out names the column 'sites'.*Did you mean 'site'"),
    "no such stratum": (manifest(range(9), "a" * 9), {"stratify": ("label", "centre")}, "data.stratify names the column 'centre'"),
    "wrong part": (manifest(range(3), "abc").assign(part=["train", "Test", "val"]), {}, r"column 'part' has Test"),
    "no train": (manifest(range(3), "aaa").assign(part=["test", "test", "val"]), {}, "no patient is left for train"),
    "no rows": (manifest([], []), {}, "no rows are left to split"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_split_is_refused_with_counts_and_a_way_out(fault):
    rows, options, text = FAULTS[fault]
    with pytest.raises(ManifestError, match=text):
        make_split(rows, **options)


def test_wrong_settings_are_named():
    with pytest.raises(ConfigError) as caught:
        make_split(thyroid(), folds=0, inner_folds=-1, val_share=1, test_share=20)
    assert [fault.split("=")[0] for fault in caught.value.faults] == ["data.folds", "data.inner_folds", "data.val_share", "data.test_share"]
    given = manifest(range(3), "aaa").assign(part=["train", "test", "val"])
    with pytest.raises(ConfigError, match="column 'part' names val itself"):
        make_split(given, inner_folds=2)
    with pytest.raises(ConfigError, match="column 'part' gives the split itself"):
        make_split(given, leave_out="site")


def test_a_patient_at_two_sites_cannot_be_left_out_by_site():
    rows = manifest([1, 1, 2, 3, 4], "aaaaa", sites=[0, 1, 0, 1, 1])
    with pytest.raises(LeakError, match=rows["patient"][0]):
        make_split(rows, leave_out="site")


def test_a_patient_given_two_parts_is_a_leak():
    rows = manifest([1, 1, 2], "aaa").assign(part=["train", "test", "test"])
    with pytest.raises(LeakError, match=rows["patient"][0]):
        make_split(rows)


def test_one_image_in_two_rows_is_refused():
    rows = manifest(range(30), "a" * 30)
    rows.loc[7, "id"] = rows["id"][3]
    with pytest.raises(LeakError, match=rows["id"][3]):
        make_split(rows)


def test_an_error_names_ten_ids_and_the_count():
    assert named(range(3)) == "0, 1, 2 (3 in all)"
    assert named(range(12)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... (12 in all)"


def test_a_saved_split_comes_back_and_its_hash_is_that_of_the_file(tmp_path):
    rows = thyroid()
    split = make_split(rows, inner_folds=2)
    path = tmp_path / "split.csv"
    sha256 = save_split(split, path)
    assert sha256 == split_sha256(split) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sha256 == subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout.split()[0]
    pd.testing.assert_frame_equal(
        load_split(path, rows, sha256), split.sort_values(["fold", "member", "id"], ignore_index=True), check_dtype=False
    )
    assert os.listdir(tmp_path) == ["split.csv"]


def test_the_hash_does_not_know_the_order_of_rows():
    split = make_split(thyroid())
    assert split_sha256(split) == split_sha256(split.sample(frac=1, random_state=0))


def test_an_id_of_digits_stays_text(tmp_path):
    rows = manifest(range(30), "a" * 30)
    rows.loc[0, "id"], rows.loc[1, "id"] = "0000000000000012", "00000000000012e5"
    save_split(make_split(rows), tmp_path / "split.csv")
    assert set(load_split(tmp_path / "split.csv", rows)["id"]) == set(rows["id"])


def test_a_split_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    split, path = make_split(thyroid()), tmp_path / "split.csv"
    path.write_text("before")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        save_split(split, path)
    assert path.read_text() == "before"


def test_a_split_that_does_not_cover_the_rows_is_refused(tmp_path):
    rows, path = thyroid(), tmp_path / "split.csv"
    save_split(make_split(rows), path)
    with pytest.raises(LeakError, match=rf"names rows that the manifest lacks: {rows['id'][0]} \(1 in all\).*start a new run"):
        load_split(path, rows.drop(index=0))
    save_split(make_split(rows.drop(index=0)), path)
    with pytest.raises(LeakError, match=rf"misses rows of the manifest: {rows['id'][0]} \(1 in all\)"):
        load_split(path, rows)
    with pytest.raises(LeakError, match=rf"misses rows of the manifest: {rows['id'][0]} \(line 2\).*the pixels of its images"):
        load_split(path, rows.assign(line=range(2, len(rows) + 2)))


def test_an_edited_split_is_refused_by_its_hash(tmp_path):
    rows, path = thyroid(), tmp_path / "split.csv"
    sha256 = save_split(make_split(rows), path)
    path.write_text(path.read_text().replace(",val", ",train", 1))
    with pytest.raises(LeakError, match="edited after it was proved"):
        load_split(path, rows, sha256)


@pytest.mark.parametrize("text", ["", "id,fold,part\na,0,train\n", "id,fold,member,part\na,x,0,train\n"])
def test_a_file_that_is_no_split_is_refused(tmp_path, text):
    (tmp_path / "split.csv").write_text(text)
    with pytest.raises(RunError, match=r"split.csv cannot be read"):
        load_split(tmp_path / "split.csv", thyroid())
    with pytest.raises(RunError, match=r"absent.csv cannot be read \(FileNotFoundError\)"):
        load_split(tmp_path / "absent.csv", thyroid())


@pytest.mark.parametrize("patients", [4_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_hundred_thousand_images_are_split_in_seconds(patients):
    draw = np.random.default_rng(0)
    patient = np.repeat(np.arange(patients), 5)
    rows = manifest(patient, draw.choice(list("abcdef"), patients, p=[0.31, 0.15, 0.2, 0.13, 0.15, 0.06])[patient], name="large")
    start = time.process_time()
    split = make_split(rows)
    assert time.process_time() - start < patients / 500  # beside other programs; a way that compares all pairs takes minutes
    assert max(deviation(rows, fold_of(split, rows))) < 20 / patients
