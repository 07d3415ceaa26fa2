"""A project's steps with answers in the place of training: order, restarts anywhere, and what can be wrong with images and labels."""

import csv
import shutil

import fakes
import numpy as np
import pytest
import tifffile
from command import refused
from killed import Killed
from projects import Untrained, answer, cohort, words

from medimg.errors import ConfigError, ManifestError, NothingToDo, RunError
from medimg.room import opening
from medimg.room.folder import Folder
from medimg.room.lock import only_one
from medimg.room.project import open_project
from medimg.room.report.answers import totals
from medimg.room.serve.index import Index
from medimg.room.store import Event, Refused, Store

ORDER = ["proposed", "labelling", "closed", "trained", "scored"]


class Desk:
    """A project below a folder, opened anew for every step as after a kill."""

    def __init__(self, folder, *more, patients=12, **cohort_of):
        self.manifest, self.truth = cohort(folder / "cohort", patients=patients, **cohort_of)
        self.folder, self.more = folder, more
        self.settings, self.run = opening.begin(words(self.manifest, folder / "runs", *more))
        self.own = Folder(self.run)

    def open(self, **more):
        return open_project(self.settings, self.run, **more)

    def step(self, times=1, **more):
        for _ in range(times):
            project = self.open(**more)
            try:
                state = project.step()
            finally:
                project.store.close()
        return state

    def answer(self, **more):
        with Store.open(self.own.store, writer=True) as store:
            return answer(store, self.truth, **more)

    def round(self):
        """From wherever it stands to the end of a round."""
        project = self.open()
        try:
            while (state := project.step()) != "scored":
                if state == "labelling":
                    answer(project.store, self.truth)
        finally:
            project.store.close()

    def table(self, name, *given):
        with Store.open(self.own.store, writer=False) as store:
            return getattr(store, name)(*given)

    def rows(self, change):
        """Write the manifest again, each row as `change` has it."""
        fakes.table(self.manifest, [change(row) for row in csv.DictReader(self.manifest.open())])


def path_of(desk, name):
    return desk.manifest.parent / "images" / name


def test_a_project_goes_from_state_to_state_and_waits_only_for_answers(tmp_path, monkeypatch):
    desk, trained = Desk(tmp_path), Untrained(monkeypatch)
    assert [desk.step() for _ in range(2)] == ORDER[:2]
    assert [desk.step() for _ in range(3)] == ["labelling"] * 3
    assert desk.answer(at_most=3) == 3
    assert desk.step() == "labelling"
    desk.answer()
    assert [desk.step() for _ in range(3)] == ORDER[2:]
    assert [desk.step() for _ in range(2)] == ORDER[:2]
    assert trained.rounds == [0]
    assert len(desk.table("assignments", 1)) == 4 + 4  # budget and reserves


@pytest.mark.parametrize("after", [False, True])
def test_a_project_killed_at_any_write_and_continued_is_the_project_never_killed(after, tmp_path, monkeypatch):
    Untrained(monkeypatch)
    whole = Desk(tmp_path / "whole")
    whole.round()
    whole.round()
    stopped, deaths = Desk(tmp_path / "stopped"), 0
    met = set()

    def mortal(name):
        real = getattr(Store, name)

        def call(self, *given, **more):
            key = (name, *(given if name == "move" else ())[:2])
            key = (*key, len(self.rounds())) if name == "begin_round" else key
            if key not in met:
                met.add(key)
                if after:
                    real(self, *given, **more)
                raise Killed
            return real(self, *given, **more)

        monkeypatch.setattr(Store, name, call)

    for name in ("add_items", "begin_round", "move"):
        mortal(name)
    rounds = 0
    while rounds < 2:
        try:
            stopped.round()
            rounds += 1
        except Killed:
            deaths += 1
            rounds = sum(one.state == "scored" for one in stopped.table("rounds"))
    assert deaths >= 10
    for number in (0, 1):
        one, other = (desk.table("assignments", number)["item"].tolist() for desk in (whole, stopped))
        assert one == other
        assert whole.own.round(number).labels.read_text().count("\n") == stopped.own.round(number).labels.read_text().count("\n")
    labels = [desk.table("gold_labels").set_index("item")["label"].sort_index() for desk in (whole, stopped)]
    assert labels[0].equals(labels[1])


def test_what_can_be_made_again_may_be_deleted_at_any_time(tmp_path, monkeypatch):
    desk, trained = Desk(tmp_path), Untrained(monkeypatch)
    desk.round()
    facts = desk.own.round(0).labels.read_bytes()
    shutil.rmtree(desk.own.active / "rounds")
    desk.own.labelled.unlink()
    assert desk.step(2) == "labelling"
    assert desk.own.round(0).labels.read_bytes() == facts
    assert trained.rounds == [0, 0]
    desk.answer()
    assert desk.step() == "closed"
    assert desk.own.labelled.is_file()


def test_a_project_whose_labels_are_gone_names_the_copy_and_nothing_is_begun_or_removed_in_its_place(tmp_path, monkeypatch):
    desk = Desk(tmp_path)
    Untrained(monkeypatch)
    desk.round()
    desk.own.store.rename(tmp_path / "away.sqlite")
    command = ["active-label", "--headless", *words(desk.manifest, tmp_path / "runs")]
    for flags in ([], ["--status"], [desk.run]):
        assert "The newest good copy is" in refused(*command, *flags)
    desk.manifest.rename(tmp_path / "away.csv")
    refused(*command, desk.run)
    (copy,) = (desk.own.active / "backups").glob("*.sqlite")
    (tmp_path / "away.csv").rename(desk.manifest)
    shutil.copy(copy, desk.own.store)
    assert desk.step() == "trained"


def test_a_project_that_is_being_begun_is_not_begun_twice(tmp_path):
    desk = Desk(tmp_path)
    with only_one(desk.own.lock):
        told = refused("active-label", "--headless", *words(desk.manifest, tmp_path / "runs"))
    assert "this project is being worked on by process" in told
    assert len(list((tmp_path / "runs").rglob("config.yaml"))) == 1


def test_images_that_cannot_be_dealt_leave_no_project_behind(tmp_path):
    manifest, _ = cohort(tmp_path / "cohort", patients=1)
    refused("active-label", "--headless", *words(manifest, tmp_path / "runs"))
    assert not list((tmp_path / "runs").rglob("config.yaml"))


def test_an_image_that_is_gone_is_not_shown_again_as_a_hidden_repeat(tmp_path, monkeypatch):
    desk = Desk(tmp_path, "active.reading.repeat=0.5", "active.budget=8")
    Untrained(monkeypatch)
    desk.round()
    labels = desk.table("gold_labels")
    gone = desk.table("items").set_index("item")["path"][labels["item"][labels["role"] == "pool"]]
    rows = [row for row in csv.DictReader(desk.manifest.open()) if str(desk.manifest.parent / row["image"]) not in set(gone)]
    fakes.table(desk.manifest, rows)
    desk.step()
    again = set(desk.table("proposals", 1).query("reason == 'repeat'")["item"])
    assert len(again) == 4
    assert not again & set(gone.index)


def test_a_training_that_fails_leaves_the_round_closed_and_is_done_again(tmp_path, monkeypatch):
    desk, trained = Desk(tmp_path), Untrained(monkeypatch, fail=[RunError("out of memory")])
    desk.step(2)
    desk.answer()
    desk.step()
    with pytest.raises(RunError, match="memory"):
        desk.step()
    assert desk.table("rounds")[-1].state == "closed"
    assert desk.step() == "trained"
    assert trained.rounds == [0, 0]


def test_a_round_closes_early_only_where_something_can_be_learned_and_judged(tmp_path, monkeypatch):
    desk = Desk(tmp_path)
    Untrained(monkeypatch)
    desk.step(2)
    val = int((desk.table("items")["role"] == "val").sum())
    for told, more in (("validation|the pool", 0), ("the pool", val)):
        desk.answer(at_most=more)
        with pytest.raises(RunError, match=told):
            desk.open().close()
    desk.answer(at_most=2)
    desk.open().close()
    assert desk.step(2) == "scored"
    assert desk.step() == "proposed"
    asked = set(desk.table("assignments", 1)["item"])
    assert not asked & set(desk.table("gold_labels")["item"])


def test_labels_of_the_manifest_are_events_of_a_reader_of_that_name_and_the_first_round_asks_nothing(tmp_path, monkeypatch, caplog):
    desk = Desk(tmp_path, labelled=8)
    Untrained(monkeypatch)
    assert desk.step(4) == "trained"
    assert len(desk.table("assignments", 0)) == 0
    items = desk.table("items")
    assert set(items["role"]) == {"known", "val", "pool"}
    labels = desk.table("current_labels")
    assert len(labels) == 16
    assert {desk.table("readers")[reader - 1].name for reader in labels["reader"]} == {"manifest"}
    desk.step(2)
    desk.open().store.close()
    assert len(desk.table("current_labels")) == 16
    desk.rows(lambda row: {**row, "label": "b"} if row["image"].endswith("p000_0.png") else row)
    desk.open().store.close()
    changed = desk.table("current_labels").set_index("item")["label"]
    assert (changed != labels.set_index("item")["label"][changed.index]).sum() == 1
    desk.rows(lambda row: {**row, "label": ""} if row["image"].endswith("p001_0.png") else row)
    desk.open().store.close()
    assert "1 image with a label in the manifest once and with none now" in caplog.text
    assert len(desk.table("current_labels")) == 16


def test_labels_of_one_class_only_are_followed_by_a_batch_that_covers_patients(tmp_path, monkeypatch):
    desk = Desk(tmp_path, "active.budget=6")
    Untrained(monkeypatch)
    desk.truth = dict.fromkeys(desk.truth, "a")
    desk.round()
    desk.step()
    assert desk.table("rounds")[-1].round.strategy == "random_patient"


def test_a_budget_above_the_pool_asks_for_the_rest_and_then_there_is_nothing_to_do(tmp_path, monkeypatch):
    desk = Desk(tmp_path, "active.budget=500")
    Untrained(monkeypatch)
    desk.round()
    desk.round()
    assert desk.table("rounds")[-1].details["scored"]["stop"] == ["pool_empty"]
    assert len(desk.table("gold_labels")) == 24
    with pytest.raises(NothingToDo, match="nothing left to ask"):
        desk.step()


def test_an_image_without_numbers_is_set_apart_and_another_is_asked(tmp_path, monkeypatch):
    Untrained(monkeypatch)
    desk = Desk(tmp_path, kind="png")
    pixels = np.full((24, 24), np.nan, np.float32)
    tifffile.imwrite(path_of(desk, "nan.tif"), pixels)
    desk.rows(lambda row: row | ({"image": "images/nan.tif"} if row["image"].endswith("p003_1.png") else {}))
    assert desk.step(2) == "labelling"
    items = desk.table("items").set_index("item")
    (bad,) = items.index[items["path"].str.endswith("nan.tif")]
    assert items["excluded"][bad]
    assert bad not in set(desk.table("assignments")["item"])


def test_a_file_that_breaks_before_it_is_shown_is_replaced_and_one_that_is_out_of_reach_is_not(tmp_path, monkeypatch):
    Untrained(monkeypatch)
    desk = Desk(tmp_path)
    project = desk.open()
    folder = path_of(desk, "x").parent
    names = sorted(folder.iterdir())
    folder.rename(folder.with_name("away"))
    with pytest.raises(RunError, match="cannot be reached"):
        project.step()
    folder.with_name("away").rename(folder)
    assert not project.store.items()["excluded"].any()
    for name in names[:3]:
        fakes.truncated(name, 0.3)
    assert project.step() == "proposed"
    items = project.store.items().set_index("item")
    out = set(items.index[items["excluded"]])
    assert out <= set(items.index[items["path"].isin(map(str, names[:3]))])
    assert not out & set(project.store.assignments()["item"])
    project.store.close()


def test_new_images_join_missing_ones_are_told_and_changed_ones_refused(tmp_path, monkeypatch, caplog):
    Untrained(monkeypatch)
    desk = Desk(tmp_path)
    desk.round()
    before = set(desk.table("items")["item"])
    rows = list(csv.DictReader(desk.manifest.open()))
    fakes.png(path_of(desk, "new_0.png"), np.random.default_rng(5).integers(0, 255, (24, 24), dtype=np.uint8))
    rows = [*rows[2:], {**rows[0], "image": "images/new_0.png", "patient_id": "NEW"}]
    desk.truth["new_0.png"] = "a"
    fakes.table(desk.manifest, rows)
    assert desk.step(2) == "labelling"
    items = desk.table("items").set_index("item")
    (new,) = set(items.index) - before
    assert items["role"][new] == "pool"
    fakes.png(path_of(desk, "p005_0.png"), np.random.default_rng(6).integers(0, 255, (24, 24), dtype=np.uint8))
    with pytest.raises(ManifestError, match=r"other pixels than when this project met them: 1 file \(.*--accept-changed"):
        desk.step()
    assert desk.step(accept_changed=True) == "labelling"
    items = desk.table("items")
    assert (items["path"].str.endswith("p005_0.png")).sum() == 2
    assert items[items["path"].str.endswith("p005_0.png")]["excluded"].sum() == 1


def test_what_the_conditions_leave_out_is_shown_beside_and_never_asked_for(tmp_path, monkeypatch):
    Untrained(monkeypatch)
    desk = Desk(tmp_path, "data.where={sequence:FLAIR}")
    rows = [{**row, "slice_mm": "0"} for row in csv.DictReader(desk.manifest.open())]
    fakes.table(desk.manifest, rows)
    desk.round()
    with Store.open(desk.own.store, writer=False) as store:
        asked, index, reader = store.items().set_index("item"), Index(store), store.readers()[0]
        assert set(asked["sequence"]) == {"FLAIR"}
        given = set(store.assignments()["item"])
        assert given <= set(asked.index)
        found = index.around(reader, asked["token"][min(given)])
        (beside,) = found.others["T1CE"]
        other = index.item(reader, beside)
        assert (other.role, other.patient) == ("context", asked["patient"][min(given)])
        assert totals(store.history())["images"] == len(asked) == 12
    with Store.open(desk.own.store, writer=True) as store, pytest.raises(Refused, match="is not asked for"):
        store.write(Event("flag", reader.id, other.id, 0, "flag"))
    fakes.table(desk.manifest, [{**row, "sequence": "FLAIR"} for row in rows])
    with pytest.raises(ManifestError, match=r"only shown beside others so far, and to be asked for now: 12 images.*--new"):
        desk.step()


def test_a_fault_in_what_is_only_shown_beside_stops_nothing(tmp_path, caplog):
    desk = Desk(tmp_path, "data.where={sequence:FLAIR}")
    rows = list(csv.DictReader(desk.manifest.open()))
    fakes.table(desk.manifest, [{**row, "patient_id": row["patient_id"] if row["sequence"] == "FLAIR" else ""} for row in rows])
    assert desk.step() == "proposed"
    assert "nothing is shown beside the images: 12 rows with no patient_id" in caplog.text


def test_other_classes_are_another_project(tmp_path, monkeypatch):
    desk = Desk(tmp_path, labelled=12)
    desk.step()
    with pytest.raises(ConfigError, match=r"data\.classes=\[b,a\]: this run was made with \[a,b\]"):
        opening.go_on(desk.run, ["data.classes=[b,a]"])


def test_where_a_patient_is_the_unit_one_answer_labels_all_images(tmp_path, monkeypatch):
    desk = Desk(tmp_path, "active.unit=patient", "active.budget=2")
    Untrained(monkeypatch)
    desk.round()
    answers, closed = len(desk.table("gold_labels")), desk.own.labelled.read_text().count("\n") - 1
    assert closed == 2 * answers
    desk.round()
    assert len(desk.table("gold_labels")) == answers + 2


def test_a_place_that_an_import_has_answered_waits_no_more(tmp_path, monkeypatch):
    from medimg.room.exchange import import_file

    desk = Desk(tmp_path)
    Untrained(monkeypatch)
    desk.step(2)
    table = [{**row, "label": desk.truth[row["image"].rpartition("/")[2]]} for row in csv.DictReader(desk.own.round(0).proposals.open())]
    filled = fakes.table(tmp_path / "filled.csv", table)
    with Store.open(desk.own.store, writer=True) as store:
        assert import_file(store, filled).new == len(table)
    assert desk.step() == "closed"
