"""What a user gets wrong, and the one screen he gets: what, which value, the way out; exit code 2, or 5 where patients would leak."""

import csv

import numpy as np
import pytest
from command import medimg, refused
from fakes import cohort, png, table, truncated

THYROID, BRAIN = "experiment=thyroid_spect", "experiment=encephalitis_glioma"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def manifest(here):
    return cohort(here / "cohort")


def rows_of(manifest):
    with open(manifest, newline="") as file:
        return list(csv.DictReader(file))


CONFIGS = [
    ("a misspelt key", [THYROID, "sed=3"], ["no key 'sed'", "did you mean 'seed'"]),
    ("a key in the wrong section", [THYROID, "trainer.lr=0.1"], ["no key 'trainer.lr'", "'task.lr'"]),
    ("a key without its section", [THYROID, "epochs=3"], ["no key 'epochs'", "'trainer.epochs'"]),
    ("the name another program uses", [THYROID, "trainer.max_epochs=3"], ["'trainer.epochs'"]),
    ("a misspelt group", [THYROID, "modle=resnet18"], ["no group 'modle'", "Did you mean model?"]),
    ("a group file that is not there", [THYROID, "model=resnet19"], ["resnet19", "Did you mean resnet18?", "resnet101"]),
    ("an unknown experiment", ["experiment=thyroid"], ["no experiment is called 'thyroid'", "Did you mean thyroid_spect?"]),
    ("an unknown profile", [THYROID, "profile=quik"], ["no profile is called 'quik'", "Did you mean quick?", "paper, quick, demo, smoke"]),
    ("a profile without an experiment", ["data.manifest=phantom:thyroid", "profile=paper"], ["profiles belong to an experiment"]),
    ("a word for a number", [THYROID, "trainer.epochs=ten"], ["trainer.epochs=ten", "whole number of at least 1"]),
    ("a number out of range", [THYROID, "data.val_share=0.9"], ["data.val_share=0.9", "from 0.05 to 0.5"]),
    ("a choice that does not exist", [THYROID, "task.optimizer=adm"], ["adam, adamw, sgd", "Did you mean adam?"]),
    ("yes for true", [THYROID, "trainer.deterministic=yes"], ["true or false"]),
    ("several faults at once", [BRAIN, "sed=3", "trainer.epochs=0", "augment=lite", "data.fold=5"],
     ["'seed'", "trainer.epochs=0", "Did you mean light?", "0 to 4"]),
    ("a list without brackets", [BRAIN, "data.classes=encephalitis,glioma"], ["data.classes=[encephalitis,glioma]", "-m"]),
    ("a text with a comma", [BRAIN, "title=Brain, FLAIR"], ["""quoted twice: 'title="Brain, FLAIR"'."""]),
    ("a text with brackets", [BRAIN, "title=Brain (FLAIR)"], ["cannot be read", """Quote it in full: 'title="Brain (FLAIR)"'."""]),
    ("a sweep without -m", [BRAIN, "task.lr=0.1,0.01"], ["needs -m"]),
    ("a path out of the configs", ["experiment=../../secret"], ["no path", "thyroid_spect"]),
    ("an absolute path for a group", ["model=/etc/passwd", THYROID], ["no path"]),
    ("an object to be made", [THYROID, "model._target_=os.system"], ["_target_", "not allowed"]),
    ("an object hidden in a mapping", [BRAIN, "data.where={_target_:os.system}"], ["_target_", "not allowed"]),
    ("a reference to the environment", [THYROID, "title=${oc.env:HOME}"], ["not allowed"]),
    ("an option that does not exist", [THYROID, "--epochs=3"], ["no option --epochs", "trainer.epochs=3"]),
    ("two names where one is allowed", ["a", "b"], ["not understood: b", "medimg train"]),
    ("a bracket that is not closed", [BRAIN, "data.classes=[a,b"], ["cannot be read", "Quote it"]),
    ("one key with two values", [THYROID, "seed=1", "seed=2"], ["seed is given twice"]),
    ("neither experiment nor manifest", [], ["experiment=NAME", "data.manifest=FILE.csv", "phantom:brain"]),
    ("a manifest that is not there", ["data.manifest=gone/manifest.csv"], ["gone/manifest.csv", "no such folder"]),
    ("a folder for a manifest", ["data.manifest=."], ["is a folder", "medimg data scan"]),
    ("a built-in cohort that does not exist", ["data.manifest=phantom:thyriod"], ["Did you mean thyroid?"]),
    ("a built-in cohort without its prefix", ["data.manifest=brain"], ["Did you mean phantom:brain?"]),
    ("weights that are not there", [THYROID, "model.weights=imagnet"], ["Did you mean imagenet?"]),
    ("a head that does not exist", [BRAIN, "model.head=transfr"], ["linear, transfer", "Did you mean transfer?"]),
    ("layers frozen in words", [BRAIN, "task.freeze=all"], ["one of none, encoder or a whole number of at least 0"]),
    ("a share of the rate above one", [BRAIN, "task.lr_decay=2"], ["task.lr_decay=2", "from 0.01 to 1"]),
    ("random filters frozen", [BRAIN, "task.freeze=encoder"], ["drawn at random", "Set model.weights"]),
    ("pictures too small for a network", [BRAIN, "model=alexnet", "data.size=48"], ["data.size=48", "Set data.size=63 or more"]),
    ("a fold that does not exist", [BRAIN, "data.fold=[4,5]"], ["There is no fold 5"]),
    ("sites and folds together", [BRAIN, "data.leave_out=site", "data.folds=3"], ["data.leave_out", "Give one of them"]),
    ("a deal over what is not chosen by", [BRAIN, "data.deal_over=[sequenz]"], ["data.where has no key sequenz"]),
    ("one class", [BRAIN, "data.classes=[glioma]"], ["at least two classes"]),
    ("a run that is not there", ["resume=runs/x"], ["is not found", "medimg train makes one"]),
]  # fmt: skip


@pytest.mark.parametrize(("words", "told"), [case[1:] for case in CONFIGS], ids=[case[0].replace(" ", "-") for case in CONFIGS])
def test_a_wrong_setting_is_told_on_one_screen(words, told):
    text = refused("train", *words)
    assert [phrase for phrase in told if phrase not in text] == [], text


def test_forty_faults_still_fit_on_one_screen():
    text = refused("train", THYROID, *(f"nonsense{i}=1" for i in range(40)))
    assert "more; --json lists all" in text
    assert len(medimg("train", THYROID, "--json", *(f"nonsense{i}=1" for i in range(40))).json["faults"]) == 40


def without(column):
    return lambda rows: [{key: value for key, value in row.items() if key != column} for row in rows]


def with_first(**cells):
    return lambda rows: [{**row, **cells} if k == 0 else row for k, row in enumerate(rows)]


def some_pixels_twice(other_patient):
    def change(rows):
        twin = {**rows[0], **({"patient_id": "P099"} if other_patient else {"label": "b"})}
        return [*rows, twin]

    return change


MANIFESTS = [
    ("a misspelt label column", None, ["data.label=lable"], 2, ["column lable is missing; did you mean label?", "data.label=COLUMN"]),
    ("no patient column", without("patient_id"), [], 2, ["column patient_id is missing. The file has: image, label"]),
    ("no column of images", lambda rows: [{"file": row["image"], "diagnose": "a", "patient_id": row["patient_id"]} for row in rows], [], 2,
      ["column image is missing. The file has: file, diagnose, patient_id. Rename", "column label is missing.", "data.label=COLUMN"]),
    ("no column of a subgroup", None, ["data.subgroups=[age]"], 2, ["column age is missing.", "data.subgroups", "[] asks for none"]),
    ("an empty patient id", with_first(patient_id=""), [], 2, ["1 row with no patient_id", "line 2"]),
    ("a file that is missing", with_first(image="images/gone.png"), [], 2, ["column image: 1 file missing (line 2: images/gone.png)"]),
    ("a class that no image has", None, ["data.classes=[x,y]"], 2, ["no row has a label of x, y", "a (12), b (12)"]),
    ("a misspelt class", lambda rows: [{**row, "label": {"a": "glioma", "b": "encephalitis"}[row["label"]]} for row in rows],
     ["data.classes=[encephalitits,glioma]"], 2, ["no row has the label encephalitits", "encephalitis"]),
    ("a condition that no row meets", None, ["data.where={site:nroth}"], 2, ["no row has site = nroth", "north"]),
    ("a condition on a column that is not there", None, ["data.where={sight:north}"], 2, ["column sight is missing", "site"]),
    ("one picture with two labels", some_pixels_twice(False), [], 2, ["different labels"]),
    ("one picture under two patients", some_pixels_twice(True), [], 5, ["the same image stands under several patients", "lines 2 and"]),
    ("one study under two patients", lambda rows: [{**row, "study": "S1"} for row in rows], [], 5, ["leak", "studies"]),
    ("more folds than patients", None, ["data.folds=9"], 2, ["data.folds=9", "6 patients", "data.folds=6"]),
    ("a class with one patient", with_first(label="rare"), ["data.folds=2"], 2, ["class 'rare' has 1 patient"]),
    ("a column of parts that is not there", None, ["data.split=manifest"], 2, ["no column part"]),
    ("a part of another name", lambda rows: [{**row, "part": "dev"} for row in rows], ["data.split=manifest"], 2, ["train, val or test"]),
    ("a column to stratify by that is not there", None, ["data.stratify=[label,scaner]"], 2, ["scaner", "scanner"]),
    ("a site to leave out that is not there", None, ["data.leave_out=sight"], 2, ["sight", "site"]),
    ("two labels where one is allowed", with_first(label="a|b"), [], 2, ["a|b"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words", "code", "told"), [case[1:] for case in MANIFESTS], ids=[case[0].replace(" ", "-") for case in MANIFESTS]
)
def test_a_wrong_manifest_is_told_on_one_screen(manifest, change, words, code, told):
    if change:
        table(manifest, change(rows_of(manifest)))
    text = refused("data", "check", manifest, *words, code=code)
    assert [phrase for phrase in told if phrase not in text] == [], text


def test_a_file_that_is_no_table_is_told(here):
    png(here / "picture.csv", np.zeros((20, 20), np.uint8))
    refused("data", "check", here / "picture.csv")


def test_a_header_without_rows_is_told(manifest):
    manifest.write_text(manifest.read_text().splitlines()[0] + "\n")
    assert "a header and no rows" in refused("data", "check", manifest)


def test_a_table_with_a_broken_line_is_told(manifest):
    manifest.write_text(manifest.read_text() + 'images/x.png,"P1\n')
    refused("data", "check", manifest)


def test_a_manifest_of_broken_images_is_told(manifest):
    for path in (manifest.parent / "images").iterdir():
        truncated(path)
    assert "no image is left" in refused("data", "check", manifest)


def test_a_saved_split_that_misses_rows_is_told(here, manifest):
    assert medimg("data", "check", manifest).code == 0
    told = medimg("data", "check", manifest, "--json").json
    assert told["exit_code"] == 0
    (here / "split.csv").write_text("id,fold,member,part\n0000000000000000,0,0,test\n")
    text = refused("data", "check", manifest, "data.split=split.csv", code=5)
    assert "misses rows of the manifest" in text
    (here / "split.csv").write_text("id,part\n1,test\n")
    assert "needs the columns id, fold, member, part" in refused("data", "check", manifest, "data.split=split.csv")


def test_training_on_a_leaking_manifest_stops_with_5_and_leaves_no_run(here, manifest):
    table(manifest, some_pixels_twice(True)(rows_of(manifest)))
    assert "stands under several patients" in refused("train", f"data.manifest={manifest}", code=5)
    assert not list((here / "runs" / "own").iterdir())


def test_a_network_that_does_not_exist_is_told_with_the_closest(manifest):
    assert "resnet18" in refused("check", f"data.manifest={manifest}", "model.name=resnet1888")


def test_more_layers_frozen_than_a_network_has_is_told(here, manifest):
    import timm
    from safetensors.torch import save_file

    save_file(timm.create_model("resnet10t").state_dict(), here / "w.safetensors")
    words = (f"data.manifest={manifest}", "model.name=resnet10t", "model.weights=w.safetensors", "data.size=32")
    assert "the network has 5 layers below its classifier" in refused("check", *words, "task.freeze=99")
    assert medimg("check", *words, "task.freeze=encoder").code == 0


def test_capsules_take_no_other_head(manifest):
    assert "Set model.head=linear" in refused("check", f"data.manifest={manifest}", "model=capsnet", "model.head=transfer")


def stored_run(here, text=None):
    """A run folder as train begins it."""
    from medimg.run.compose import compose
    from medimg.run.folder import new_run

    run = new_run(compose([THYROID, "profile=smoke"]), [])
    if text is not None:
        (run / "config.yaml").write_text(text)
    return run


def test_a_run_that_is_not_there_is_told_for_every_verb(here):
    for words in (["eval", "runs/x"], ["predict", "runs/x", "a.png"], ["train", "runs/x"]):
        assert "is not found" in refused(*words)
    run = stored_run(here)
    assert run.name in refused("eval", "thyroid_spect/2001-01-01")


def test_a_damaged_run_is_told(here):
    run = stored_run(here, "a: [")
    for words in (["eval", run], ["train", run], ["predict", run, "a.png"]):
        assert "damaged" in refused(*words)


def test_a_run_that_is_not_finished_cannot_be_judged(here):
    run = stored_run(here)
    assert "cannot be judged" in refused("eval", run)


def test_going_on_with_other_settings_is_refused(here):
    run = stored_run(here)
    text = refused("train", f"resume={run}", "task.lr=0.5", "experiment=encephalitis_glioma")
    assert "task.lr=0.5: this run was made with" in text
    assert "experiment=encephalitis_glioma" in text
    assert "start a new run" in text


def test_predicting_into_a_folder_that_is_not_there_is_told(here):
    run = stored_run(here)
    assert "there is no folder" in refused("predict", run, "a.png", "--out", "nowhere/p.csv")
