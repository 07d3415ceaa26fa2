"""A labelling project: its images, labels and rounds, and the first step that is not done yet."""

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from medimg.active.stopping import Stop, reasons
from medimg.errors import ConfigError, NothingToDo, RunError
from medimg.io import Manifest
from medimg.recipes.rounds.state import read_state
from medimg.room.child import train_in_child
from medimg.room.folder import Folder
from medimg.room.history import history
from medimg.room.images import Loaded, load, read_images
from medimg.room.labelled import write_labelled
from medimg.room.labels import laid_on, snapshot
from medimg.room.propose import propose
from medimg.room.registry import dealt, refuse_changed, register
from medimg.room.reporting import report
from medimg.room.store import Meta, Reader, RoundNow, Store
from medimg.room.waiting import waiting, write_waiting
from medimg.settings import Settings


@dataclass(frozen=True)
class Project:
    """A project that this process holds; everything is done by `step`, and every step can be stopped anywhere and done again."""

    settings: Settings
    folder: Folder
    store: Store
    images: Loaded

    @property
    def now(self) -> RoundNow | None:
        """The newest round."""
        known = self.store.rounds()
        return known[-1] if known else None

    @property
    def readers(self) -> list[Reader]:
        """Who reads, as the settings name them."""
        return [self.store.add_reader(name) for name in self.settings.active.reading.readers]

    def step(self, idle: Callable[[], None] = lambda: None) -> str:
        """Do the first step that is not done, and name the state it led to; `labelling` where labels are waited for.

        NothingToDo where no image is left to ask for.
        """
        now = self.now
        if now is None or now.state == "scored":
            return self._propose(now, idle)
        number = now.round.number
        if now.state == "proposed":
            write_waiting(self.store, self.folder.round(number).proposals)
            self.store.move(number, "labelling")
        elif now.state == "labelling":
            return self.close() if not waiting(self.store) else "labelling"
        elif now.state == "closed":
            self._train(now, idle)
        elif now.state == "trained":
            self._end(number)
        return {"proposed": "labelling", "closed": "trained", "trained": "scored"}[now.state]

    def close(self) -> str:
        """Close the round as it is: the labels that stand now are what it is trained on, and what was not answered returns to the pool."""
        now = self.now
        if now is None or now.state != "labelling":
            state = f": round {now.round.number} is {now.state}" if now else ""
            raise NothingToDo(f"no round is open to be closed{state}. medimg active-label goes on.")
        known, number = snapshot(self.store), now.round.number
        self._refuse_empty(known.rows)
        known.write(self.folder.round(number).labels)
        write_labelled(self.folder.labelled, self.images.cohort, known.rows, self.settings.active.unit)
        count = int((known.rows["label"] != "").sum())
        self.store.move(number, "closed", {"labels_sha256": known.sha256, "labels": count, "snapshot_event": known.event})
        return "closed"

    def stop(self) -> list[str]:
        """Name the stop rules that together recommend to end after the newest round; empty: go on."""
        known = history(self.store, self.folder)
        return reasons(known, Stop(**asdict(self.settings.active.stop))) if known else []

    def _propose(self, last: RoundNow | None, idle: Callable[[], None]) -> str:
        if last is not None and read_state(self.folder.round(last.round.number).train) is None:
            self._learn(last, idle)  # somebody has removed what can be made again
        propose(self.store, self.images, self.settings, self.folder, self.readers)
        return "proposed"

    def _train(self, now: RoundNow, idle: Callable[[], None]) -> None:
        facts = self._learn(now, idle)
        kept = ("labels", "patients", "val_labels", "val_patients", "steps", "seconds_train", "weights_sha256", "val", "test")
        self.store.move(now.round.number, "trained", {name: facts[name] for name in kept})

    def _learn(self, now: RoundNow, idle: Callable[[], None]) -> dict[str, Any]:
        """Train a closed round in a child; the labels it was closed with are written again where they were removed."""
        number, closed = now.round.number, now.details["closed"]
        folder = self.folder.round(number)
        if not folder.labels.is_file():
            snapshot(self.store, until=int(closed["snapshot_event"])).write(folder.labels)
        train_in_child(self.folder.run, number, str(closed["labels_sha256"]), idle)
        return dict(json.loads(folder.facts.read_text()))

    def _end(self, number: int) -> None:
        facts = json.loads(self.folder.round(number).facts.read_text())
        stopping = {name: value for name, value in facts["round_facts"].items() if name != "stop_set"}
        told = {"train_seconds": facts["seconds_train"], "val": facts["val"], "test": facts["test"], "stop": self.stop()}
        self.store.move(number, "scored", stopping | told)
        report(self.folder, self.store, self.settings)
        for old in range(number - 1):
            self.folder.round(old).forget()

    def _refuse_empty(self, known: pd.DataFrame) -> None:
        for part, what in (("train", "the pool"), ("val", "validation patients")):
            rows = laid_on(self.images.cohort.every(0, 0, part), known, self.settings.active.unit)
            if not (rows["label"] != "").any():
                raise RunError(
                    f"the round cannot be closed: no image of {what} has a label yet, and a network needs one of both. "
                    "Label some first (validation patients come first), or bring labels in: --import FILE."
                )


def open_project(settings: Settings, run: Path, *, accept_changed: bool = False) -> Project:
    """Open the project of a run, or make it: images read and dealt, items and the manifest's labels put into the store.

    The caller holds the project (`lock.only_one`). ConfigError where classes or images have changed.
    """
    folder, manifest = Folder(run), read_images(settings)
    first = None if folder.there() else load(settings, run, manifest, None)  # faults of the images are told before there is a project
    if first:
        Store.create(folder.store, _meta(settings, run, manifest)).close()
    store = Store.open(folder.store, writer=True)
    try:
        if list(store.meta.classes) != list(manifest.classes):
            raise ConfigError(
                f"this project has the classes {', '.join(store.meta.classes)}, and the manifest now has {', '.join(manifest.classes)}. "
                "Labels given so far may mean something else: begin a new project (--new), and bring its labels in with --import."
            )
        refuse_changed(store, manifest.rows, accept=accept_changed)
        images = first or load(settings, run, manifest, dealt(store))
        register(store, images, manifest, settings)
    except BaseException:
        store.close()
        raise
    return Project(settings, folder, store, images)


def _meta(settings: Settings, run: Path, manifest: Manifest) -> Meta:
    reading = settings.active.reading
    return Meta(
        f"{run.parent.name}-{secrets.token_hex(4)}", tuple(manifest.classes), manifest.sha256, reading.skipped,
        reading.exclude_after or (1 if len(reading.readers) == 1 else 2), reading.unresolved, reading.train_on,
    )  # fmt: skip
