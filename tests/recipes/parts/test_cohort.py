"""The images of a run."""

from dataclasses import replace
from pathlib import Path

import fakes
import numpy as np
import pandas as pd
import pytest

from medimg.data.leaks import prove
from medimg.data.split import save_split
from medimg.errors import LeakError, ManifestError, RunError
from medimg.recipes.parts.cohort import cohort_of, deal, load, read
from medimg.recipes.parts.images import kind_of
from medimg.recipes.supervised import load_for_check
from medimg.settings import Data, Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(data=Data(manifest=str(fakes.cohort(tmp_path / "cohort", patients=12, size=16)), folds=3))


def test_the_parts_of_a_fold_are_all_images_once(settings):
    manifest = read(settings.data)
    cohort = cohort_of(manifest, settings, deal(manifest, settings), "")
    assert cohort.folds() == [(0, 0), (1, 0), (2, 0)]
    for fold, member in cohort.folds():
        ids = [name for part in ("train", "val", "test") for name in cohort.part(fold, member, part)["id"]]
        assert sorted(ids) == sorted(manifest.rows["id"])


def test_a_run_whose_images_got_another_label_since_it_began_does_not_go_on(settings, tmp_path):
    run, source = tmp_path / "run", Path(settings.data.manifest)
    run.mkdir()
    before = load(settings, run)
    assert load(settings, run).rows["label"].equals(before.rows["label"])
    table, kept = pd.read_csv(source), (run / "cases.csv").read_bytes()
    table.loc[:1, "label"] = table["label"][:2].map({"a": "b", "b": "a"})
    table.to_csv(source, index=False)
    with pytest.raises(RunError, match=r"another label than when this run began: \w+, \w+ \(2 in all\)\. Put the labels back"):
        load(settings, run)
    assert (run / "cases.csv").read_bytes() == kept


def test_a_run_whose_images_got_another_spacing_since_it_began_does_not_go_on(tmp_path):
    counts, rows = np.random.default_rng(0).integers(0, 200, (12, 1, 16, 16)).astype(np.uint16), []
    for k in range(12):
        fakes.scintigram(tmp_path / f"{k}.dcm", counts[k], windows=1, detectors=1, patient=f"P{k}")
        rows.append({"image": f"{k}.dcm", "patient_id": f"P{k}", "label": "ab"[k % 2]})
    settings, run = Settings(data=Data(manifest=str(fakes.table(tmp_path / "manifest.csv", rows)), folds=3)), tmp_path / "run"
    run.mkdir()
    load(settings, run)
    load(settings, run)
    fakes.scintigram(tmp_path / "5.dcm", counts[5], windows=1, detectors=1, patient="P5", spacing_mm=3.0)
    with pytest.raises(RunError, match=r"another pixel spacing or scale of grey values .*: \w+ \(1 in all\)\. Put the files back"):
        load(settings, run)


@pytest.mark.parametrize(
    ("labels", "multilabel", "decision", "kind"),
    [
        ("ab", False, "multilabel", "binary"), ("abc", False, "multilabel", "multiclass"), ("ab", True, "multilabel", "multilabel"),
        ("ab", True, "paper", "distribution"),
    ],
)  # fmt: skip
def test_the_question_follows_from_the_labels_and_the_way_to_decide(tmp_path, labels, multilabel, decision, kind):
    source = fakes.cohort(tmp_path / "c", patients=12, size=16, classes=tuple(labels), multilabel=multilabel)
    assert kind_of(read(Data(manifest=str(source), multilabel=multilabel)), decision) == kind


def test_one_label_alone_has_nothing_to_share_a_distribution_with(tmp_path):
    data = Data(manifest=str(fakes.cohort(tmp_path / "c", patients=6, size=16, classes=("a",))), multilabel=True)
    with pytest.raises(ManifestError, match="a is the only one"):
        load_for_check(Settings(data=data, decision="paper"))


def test_runs_on_several_sequences_share_their_folds(tmp_path):
    source = fakes.cohort(tmp_path / "c", patients=24, images=3, size=16)
    table = pd.read_csv(source)
    sequence = np.resize(["FLAIR", "T1CE", "T2"], len(table))
    table = table.assign(sequence=sequence)[(sequence != "FLAIR") | (np.arange(len(table)) % 5 > 0)]  # some lack a sequence
    table.to_csv(source, index=False)
    apart, together = [], []
    for found, over in ((apart, ()), (together, ("sequence",))):
        for name in ("FLAIR", "T1CE"):
            data = Data(manifest=str(source), where={"sequence": name}, deal_over=over, folds=3)
            manifest = read(data)
            split = deal(manifest, Settings(data=data)).merge(manifest.rows[["id", "patient"]])
            assert set(split["id"]) == set(manifest.rows["id"])
            found.append(split.groupby(["patient", "fold"])["part"].first())
    both = together[0].index.intersection(together[1].index)
    assert len(both) > 30
    assert (together[0][both] == together[1][both]).all()
    both = apart[0].index.intersection(apart[1].index)
    assert not (apart[0][both] == apart[1][both]).all()


def test_images_dealt_without_their_patients_are_refused_unless_asked_for_and_then_marked(settings):
    manifest = read(settings.data)
    by_image = replace(settings, data=replace(settings.data, deal_by="image"))
    split = deal(manifest, by_image)
    with pytest.raises(LeakError, match="patient"):
        prove(manifest.rows, split)
    (note,) = prove(manifest.rows, split, by="image")["warnings"]
    assert "may be too good" in note
    assert "warnings" not in prove(manifest.rows, deal(manifest, settings))


def test_a_built_in_cohort_is_written_on_first_use():
    assert len(read(Data(manifest="phantom:thyroid", limit=14, multilabel=True)).rows) == 14


@pytest.mark.parametrize(("absent", "told"), [(["c"], "labelled c. Leave it out"), (["c", "d"], "labelled c, d. Leave them out")])
def test_classes_without_an_image_are_named_with_the_word_that_leaves_them_out(settings, absent, told):
    data = replace(settings.data, classes=("b", *absent, "a"))
    with pytest.raises(ManifestError) as fault:
        deal(read(data), replace(settings, data=data))
    assert fault.value.faults == [f"no image that can be used is {told}: 'data.classes=[b,a]'. Or look at data.where."]


def test_a_sequence_to_fuse_that_nobody_has_is_told(settings):
    data = replace(settings.data, fuse=("FLAIR", "T2"))
    with pytest.raises(ManifestError, match="no slice of sequence T2 can be used"):
        deal(read(data), replace(settings, data=data))


def test_a_place_is_the_same_whichever_of_its_slices_have_a_label(tmp_path):
    settings = Settings(data=Data(manifest=str(fakes.brain(tmp_path / "c", patients=12)), fuse=("FLAIR", "T1CE", "T2"), folds=3))
    manifest = read(settings.data)
    split = deal(manifest, settings)
    whole = cohort_of(manifest, settings, split, "")
    some = manifest.rows.assign(label=manifest.rows["label"].where(manifest.rows["sequence"] != "T2", ""))
    partly = cohort_of(replace(manifest, rows=some), settings, split, "")
    for part in ("train", "val", "test"):
        pd.testing.assert_frame_equal(whole.cases(0, 0, part), partly.cases(0, 0, part))
    none = cohort_of(replace(manifest, rows=some.assign(label="")), settings, split, "")
    assert none.cases(0, 0, "train").empty
    assert len(none.cases(0, 0, "test")) == len(whole.cases(0, 0, "test"))


def test_a_share_of_the_training_part_leaves_validation_and_test_as_they_are(settings, tmp_path):
    manifest = read(settings.data)
    whole = deal(manifest, settings)
    save_split(whole, tmp_path / "split.csv")
    for source in ({}, {"split": str(tmp_path / "split.csv")}):
        data = replace(settings.data, train_share=0.5, **source)
        less = deal(manifest, replace(settings, data=data))
        cohorts = [cohort_of(manifest, replace(settings, data=data), split, "") for split in (whole, less)]
        for fold in range(3):
            ids = [{part: set(cohort.part(fold, 0, part)["id"]) for part in ("train", "val", "test")} for cohort in cohorts]
            assert ids[0]["val"] == ids[1]["val"]
            assert ids[0]["test"] == ids[1]["test"]
            assert ids[1]["train"] < ids[0]["train"]
