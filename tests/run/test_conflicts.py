"""Settings that are right one by one and wrong together."""

import pytest

from medimg.errors import ConfigError
from medimg.run.compose import compose

BRAIN = "experiment=encephalitis_glioma"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["data.classes=[a]"], "at least two classes"),
        (["data.label=null"], "nothing is learned without labels"),
        (["data.classes=[a,b,a]"], "names a twice"),
        (["decision=paper"], "decision=paper is for images of several labels"),
        (["decision=paper", "data.multilabel=true", "data.classes=[a]"], "at least two classes"),
        (["data.fold=5"], "numbered from 0 to 4"),
        (["data.fold=[0,-1]"], "There is no fold -1"),
        (["data.leave_out=site", "data.folds=3"], "data.folds=3 has no meaning"),
        (["data.split=manifest", "data.leave_out=site"], "Give one of them"),
        (["data.folds=1", "data.val_share=0.5", "data.test_share=0.5"], "must stay under 1"),
        (["seeds=[1,1]"], "different whole numbers"),
        (["seeds=[]"], "different whole numbers"),
        (["seeds=[-1,2]"], "different whole numbers"),
        (["seed=1", "seeds=[1,2]"], "both given"),
        (["task.schedule=step"], "needs task.decay_step"),
        (["task.class_weights=true", "task.sampling=balanced"], "Choose one"),
        (["trainer.accelerator=cpu", "trainer.precision=fp16"], "not for trainer.accelerator=cpu"),
        (["model=cnn_head_neck", "data.size=32"], "data.size=32: cnn_head_neck leaves nothing of an image under 64 px"),
        (["model=alexnet", "profile=smoke"], "Set data.size=63 or more"),
        (["task.freeze=encoder"], "Set model.weights"),
        (["task.freeze=2"], "task.freeze=2 would keep"),
        (["data.manifest=phantom:brian"], "Did you mean brain?"),
    ],
)  # fmt: skip
def test_a_conflict_is_told(words, told):
    with pytest.raises(ConfigError) as caught:
        compose([BRAIN, *words])
    assert [fault for fault in caught.value.faults if told in fault]
    assert len(caught.value.faults) == 1


def test_generated_images_need_patients_dealt_as_a_whole():
    words = ["experiment=thyroid_spect", "data.deal_by=image"]
    with pytest.raises(ConfigError, match=r"data\.deal_by=image: generated images .* set generate\.to=0 generate\.to_cross=0"):
        compose(words)
    with pytest.raises(ConfigError, match=r"data\.deal_by=image"):
        compose([*words, "generate.to=0"])
    assert compose([*words, "generate.to=0", "generate.to_cross=0"]).data.deal_by == "image"


def test_folds_of_the_experiment_give_way_to_leave_out():
    assert compose([BRAIN, "data.leave_out=site", "data.fold=7"]).data.leave_out == "site"


def test_a_value_that_is_wrong_already_brings_no_second_fault():
    with pytest.raises(ConfigError) as caught:
        compose([BRAIN, "task.schedule=step", "task.decay_step=x"])
    assert len(caught.value.faults) == 1


def test_a_limit_belongs_to_built_in_cohorts(tmp_path):
    (tmp_path / "m.csv").write_text("image\n")
    with pytest.raises(ConfigError, match=r"data\.limit=5"):
        compose([BRAIN, f"data.manifest={tmp_path}/m.csv", "data.limit=5"])
    assert compose([BRAIN, f"data.manifest={tmp_path}/m.csv", "profile=smoke"])


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("data.manifest=thyroid", "Did you mean phantom:thyroid?"),
        ("data.manifest=manifset.csv", "Did you mean manifest.csv?"),
        ("data.manifest=.", "medimg data scan"),
        ("data.manifest=nowhere/x.csv", "no such folder"),
        ("data.exclude=gone.csv", "no such file"),
        ("data.split=splt.csv", "no such file"),
        ("model.weights=imagnet", "Did you mean imagenet?"),
        ("model.weights=weights.pth", "could run code"),
        ("model.weights=.", "is a folder and no run"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_there_is_told(word, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifest.csv").touch()
    (tmp_path / "weights.pth").touch()
    with pytest.raises(ConfigError) as caught:
        compose([BRAIN, word])
    assert len(caught.value.faults) == 1
    assert told in caught.value.faults[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["data.fuse=[FLAIR]"], "at least two different sequences"),
        (["data.fuse=[FLAIR,FLAIR]"], "at least two different sequences"),
        (["data.fuse=[FLAIR,T2]", "model.head=transfer"], "a classifier of their own"),
        (["data.fuse=[FLAIR,T2]", "model.cross=block"], "Leave model.cross out"),
        (["data.fuse=[FLAIR,T2]", "data.where={sequence:T2}"], "must not name sequence"),
        (["data.missing=refuse"], "for sequences judged together"),
        (["augment.sequence_dropout=0.1"], "for sequences judged together"),
        (["evaluate.against=[nowhere]"], "this is no finished run"),
    ],
)
def test_what_does_not_fit_fusion_and_comparison_is_told(words, said):
    with pytest.raises(ConfigError) as fault:
        compose(["experiment=classify", "data.manifest=phantom:brain", *words])
    assert said in " ".join(fault.value.faults)
