"""Who is in which part of a project, with labels and without."""

import csv
from dataclasses import replace
from pathlib import Path

import fakes
import pytest
from projects import cohort, words

from medimg.errors import ConfigError, ManifestError
from medimg.room.images import LEAST_VAL, QUICK_STEPS, deal, extended, read_images, settled
from medimg.run.compose import compose


def project(tmp_path, *more, labelled=0, patients=40, **of_cohort):
    """Settings, manifest and truth of a project whose split is its own."""
    manifest, truth = cohort(tmp_path / "cohort", patients=patients, labelled=labelled, **of_cohort)
    known = [word for word in words(manifest, tmp_path / "runs", *more, "recipe=label") if not word.startswith("data.stratify")]
    settings = compose(known)
    return settings, read_images(settings), truth


def parts(settings, images):
    split = deal(images, settings)
    return images.rows.merge(split, on="id")


def test_without_a_label_validation_is_whole_patients_by_lot_and_there_is_no_test(tmp_path):
    rows = parts(*project(tmp_path, "data.val_images=null")[:2])
    assert set(rows["part"]) == {"train", "val"}
    assert rows.groupby("patient")["part"].nunique().max() == 1
    assert (rows["part"] == "val").sum() == 20
    tested = parts(*project(tmp_path / "tested", "active.test=true", "data.val_images=null")[:2])
    assert tested["part"].value_counts().to_dict() == {"train": 46, "test": 20, "val": 14}


def test_the_deal_without_labels_is_that_of_a_labelled_set_that_is_not_stratified(tmp_path):
    from medimg.data.split import make_split

    settings, images, truth = project(tmp_path, "active.test=true", "data.val_images=null")
    labels = images.rows["path"].str.rpartition("/")[2].map(truth)
    shares = {"val_share": settings.data.val_share, "test_share": settings.data.test_share, "seed": settings.split_seed}
    whole = make_split(images.rows.assign(label=labels), folds=1, stratify=(), **shares)
    own = deal(images, settings).set_index("id")["part"]
    assert own.to_dict() == whole.set_index("id")["part"].to_dict()


def test_patients_with_labels_are_dealt_evenly_and_all_others_are_the_pool(tmp_path):
    rows = parts(*project(tmp_path, labelled=16)[:2])
    known = rows["label"] != ""
    assert set(rows["part"][~known]) == {"train"}
    assert rows[known & (rows["part"] == "val")]["label"].value_counts().to_dict() == {"a": 4, "b": 4}


def test_too_few_labels_to_deal_are_no_reason_to_refuse(tmp_path):
    rows = parts(*project(tmp_path, labelled=1)[:2])
    assert (rows["part"] == "val").sum() == 20
    assert (rows["label"] != "").sum() == 2


def test_the_classes_come_from_the_settings_or_from_the_labels_and_are_settled(tmp_path):
    settings, images, _ = project(tmp_path, "data.val_images=null", "active.init_size=400")
    assert images.classes == ["a", "b"]
    done = settled(settings, images)
    assert (done.data.classes, done.data.val_images) == (("a", "b"), 100)
    few = replace(settings, active=replace(settings.active, init_size=20))
    assert settled(few, images).data.val_images == LEAST_VAL
    assert (done.trainer.max_steps, settings.trainer.max_steps) == (QUICK_STEPS, None)
    for other in (replace(settings, profile="paper"), replace(settings, active=replace(settings.active, steps=9))):
        assert settled(other, images).trainer.max_steps is None
    blind = replace(settings, data=replace(settings.data, classes=None))
    with pytest.raises(ConfigError, match=r"data\.classes=\[a,b\]"):
        read_images(blind)


def test_a_manifest_may_have_no_label_column(tmp_path):
    settings, _, _ = project(tmp_path)
    rows = list(csv.DictReader(Path(settings.data.manifest).read_text().splitlines()))
    fakes.table(settings.data.manifest, [{key: value for key, value in row.items() if key != "label"} for row in rows])
    images = read_images(settings)
    assert (images.rows["label"] == "").all()
    assert images.classes == ["a", "b"]


def test_labels_need_not_be_used(tmp_path):
    settings, images, _ = project(tmp_path, "active.from_labels=false", labelled=40)
    assert (images.rows["label"] == "").all()
    assert deal(images, settings).equals(deal(images, settings))


def test_new_images_go_to_their_patients_part_and_new_patients_to_the_pool(tmp_path):
    settings, images, _ = project(tmp_path)
    split, rows = deal(images, settings), images.rows
    known = split.merge(rows[["id", "patient"]], on="id")[["id", "part", "patient"]]
    held = known[known["part"] == "val"]["patient"].iloc[0]
    later = rows.iloc[1:].copy()
    later.loc[len(rows), ["id", "patient"]] = ["new1", held]
    later.loc[len(rows) + 1, ["id", "patient"]] = ["new2", "somebody"]
    then = extended(known, later.reset_index(drop=True)).set_index("id")["part"]
    assert (then["new1"], then["new2"]) == ("val", "train")
    assert rows["id"][0] not in then
    assert then[rows["id"][1:].tolist()].tolist() == split["part"][1:].tolist()


def test_a_split_that_cannot_be_made_is_told(tmp_path):
    with pytest.raises(ManifestError, match="no patient is left"):
        parts(*project(tmp_path, patients=1)[:2])
