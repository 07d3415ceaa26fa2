"""Small labelling projects: a cohort whose truth is known, and an expert who answers as it says."""

import csv
import json

import fakes
import numpy as np

from medimg.active.lots import Lots
from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.state import State
from medimg.room import project
from medimg.room.folder import Folder
from medimg.room.images import load_again
from medimg.room.labels import laid_on, read_snapshot
from medimg.room.store import Event, Store
from medimg.run.folder import stored_settings

SMALL = [
    "data.size=32", "model.name=resnet10t", "trainer=cpu", "trainer.epochs=1", "trainer.batch_size=8", "trainer.threads=1",
    "logger.tensorboard=false", "active.budget=4", "active.init_size=8", "data.val_share=0.25", "data.test_share=0.25",
    "data.stratify=[]", "data.val_images=10000", "active.reading.repeat=0", "active.reading.grace_seconds=0", "data.classes=[a,b]",
]  # fmt: skip


def cohort(folder, patients=20, labelled=0, **more):
    """A cohort of which the first so many patients have labels in the manifest, and the truth by image name."""
    manifest = fakes.cohort(folder, patients=patients, size=24, seed=7, **more)
    rows = list(csv.DictReader(manifest.open()))
    truth = {row["image"].rpartition("/")[2]: row["label"] for row in rows}
    known = [{**row, "label": row["label"] * (int(row["patient_id"][1:]) < labelled)} for row in rows]
    return fakes.table(manifest, known), truth


def words(manifest, runs, *more):
    """The settings of a project; later words take the place of earlier ones."""
    command = [f"data.manifest={manifest}", f"runs={runs}", *SMALL, *more]
    keys = [word.partition("=")[0] for word in command]
    return [word for k, word in enumerate(command) if keys[k] not in keys[k + 1 :]]


def project_in(runs):
    """The folder of the only project below a folder of runs."""
    (store,) = runs.rglob("labels.sqlite")
    return Folder(store.parents[1])


def answer(store, truth, *, at_most=10_000, skip=()):
    """Answer the open places of the newest round as the truth says; returns how many were answered."""
    number, done = store.rounds()[-1].round.number, 0
    paths = store.items().set_index("item")["path"]
    for reader in [one for one in store.readers() if one.role == "expert"]:
        while done < at_most and (left := [place for place in store.queue(reader.id, number) if place.state == "open"]):
            name = paths[left[0].item].rpartition("/")[2]
            kind = {"kind": "skip", "reason": "not_decidable"} if name in skip else {"kind": "label", "value": truth[name]}
            store.write(Event(f"{number}-{reader.id}-{left[0].item}", reader.id, left[0].item, number, **kind))
            done += 1
    return done


def expert(folder, truth, **more):
    """An expert who opens the store, answers and leaves."""
    with Store.open(folder.store, writer=True) as store:
        return answer(store, truth, **more)


def answered(manifest, truth):
    """The manifest with every label in it."""
    rows = list(csv.DictReader(manifest.open()))
    return fakes.table(manifest.with_name("answered.csv"), [{**row, "label": truth[row["image"].rpartition("/")[2]]} for row in rows])


def in_this_process(patch):
    """Train rounds here and not in a process of their own, which would only import everything again."""

    from medimg.room.rounds import train_round

    def train(run, number, sha256, idle=None):
        train_round(stored_settings(run), run, number, sha256)

    patch.setattr(project, "train_in_child", train)


class Untrained:
    """In the place of training: answers drawn by lot from the images and the number of labels; counts what it was asked."""

    def __init__(self, patch, fail=()):
        self.rounds, self.fail = [], list(fail)
        patch.setattr(project, "train_in_child", self)

    def __call__(self, run, number, sha256, idle=None):
        self.rounds.append(number)
        if self.fail and (fault := self.fail.pop(0)):
            raise fault
        settings, folder = stored_settings(run), Folder(run).round(number)
        known = read_snapshot(folder.labels, sha256)
        images = load_again(settings, run)
        pool, val = (laid_on(images.every(0, 0, part), known, settings.active.unit) for part in ("train", "val"))
        codes = Lots(len(known)).codes(pool["id"])
        p = Lots(len(known)).uniform(codes, "answer")
        said = Answers(np.stack([p, 1 - p], axis=1), np.stack([p, p**2, np.ones(len(p))], axis=1).astype(np.float32))
        State(np.flatnonzero(pool["label"] != ""), said, np.full((len(val), 2), 0.5), 0.0).write(folder.train)
        folder.pool.write_text(pool[["id"]].to_csv(index=False))
        facts = {"labels": int((pool["label"] != "").sum()), "patients": 1, "val_labels": len(val), "val_patients": 1, "steps": 1}
        facts |= {"seconds_train": 0.0, "weights_sha256": sha256, "val": {"images": len(val), "auroc": 0.5}, "test": {"images": 0}}
        stops = {"labels": len(known), "open": int((pool["label"] == "").sum()), "max_entropy": 0.6, "high_entropy": 0.5}
        stops |= {"stop_set": [0, 1], "gain_high": None, "score_low": None}
        folder.facts.write_text(json.dumps(facts | {"labels_sha256": sha256, "stop_set_of": "x", "round_facts": stops}))
