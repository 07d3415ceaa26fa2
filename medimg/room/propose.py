"""The next batch: chosen, looked at once more, and fixed in the store in one transaction."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from medimg.active.lots import Lots
from medimg.errors import NothingToDo, RunError, UnreadableImage
from medimg.io import read_image
from medimg.recipes.parts.cohort import Cohort
from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.choosing import Chooser
from medimg.recipes.rounds.state import read_state
from medimg.room.batch import Sharing, lay_out
from medimg.room.choosing import COVERING, Chosen, Known, aligned, choose
from medimg.room.folder import Folder
from medimg.room.images import Loaded
from medimg.room.labels import laid_on, snapshot
from medimg.room.registry import MACHINE, MANIFEST, exclude
from medimg.room.store import Event, Reader, Round, Store
from medimg.settings import Settings

_LOG = logging.getLogger("medimg")


def propose(store: Store, images: Loaded, settings: Settings, folder: Folder, readers: list[Reader]) -> None:
    """Choose the next batch by the labels that stand and the last model, and begin its round; NothingToDo where nothing is left.

    The same labels and seeds give the same batch, until it is in the store; then nothing changes it.
    """
    number, active, cohort = len(store.rounds()), settings.active, images.cohort
    chooser = Chooser(active, cohort.every(0, 0, "train"), 0, 0, lambda: _features(settings, cohort, folder))
    while True:
        standing = snapshot(store).rows
        known = _known(chooser, standing, folder, number, active.unit)
        strategy = _strategy(chooser, standing, known)
        chosen = choose(chooser, known, strategy, number, _first(store, cohort, standing, active.unit))
        unfit = _unfit(cohort.rows[cohort.rows["id"].isin(chosen.ids)])
        if not unfit:
            break
        exclude(store, unfit)
    if number and not any(chosen.groups):
        raise NothingToDo("every image of the pool is labelled or set apart: there is nothing left to ask.")
    _flag(store, chosen, number)
    reading, lots = active.reading, Lots(active.query_seed, number, "places")
    patient = dict(zip(cohort.rows["id"], cohort.rows["patient"], strict=True))
    sharing = Sharing(tuple(reader.id for reader in readers), reading.double, reading.repeat)
    again = _read_before(store, readers, set(patient))
    proposals, places = lay_out(chosen.groups, chosen.reserves, again, patient, sharing, lots)
    params = {"cap": active.cap, "mix": active.mix, "unit": active.unit, "init": active.init, "init_size": active.init_size}
    model = f"round {number - 1}" if known.said is not None else ""
    store.begin_round(Round(number, strategy if number else "init", params, active.query_seed, model, active.budget), proposals, places)


def _known(chooser: Chooser, standing: pd.DataFrame, folder: Folder, number: int, unit: str) -> Known:
    """What stands of the pool now."""
    pool = laid_on(chooser.pool, standing, unit)
    labelled = np.flatnonzero(pool["label"] != "").astype(np.intp)
    shut = np.flatnonzero(pool["shut"] | (pool["answered"] & (pool["label"] == ""))).astype(np.intp)
    if not number:
        return Known(labelled, shut, None)
    before = folder.round(number - 1)
    state = read_state(before.train)
    assert state is not None
    return Known(labelled, shut, aligned(state.pool, pd.read_csv(before.pool, dtype=str)["id"], chooser.pool["id"]))


def _strategy(chooser: Chooser, standing: pd.DataFrame, known: Known) -> str:
    seen = laid_on(chooser.pool, standing, chooser.active.unit)["label"]
    if known.said is not None and seen[seen != ""].nunique() < 2:
        _LOG.warning(
            "all labels so far are of one class, so the batch covers the patients instead of following %s", chooser.active.strategy
        )
        return COVERING
    return chooser.active.strategy


def _first(store: Store, cohort: Cohort, standing: pd.DataFrame, unit: str) -> list[str]:
    """Images of validation and test that have no answer yet; of patients whose labels the manifest brought, none is asked for."""
    given = {reader.id for reader in store.readers() if reader.name == MANIFEST}
    labels = store.current_labels()
    brought = set(labels["patient"][labels["reader"].isin(given)])
    wanted = []
    for part in ("val", "test"):
        rows = laid_on(cohort.every(0, 0, part), standing, unit)
        rows = rows[~rows["answered"] & ~rows["shut"] & ~rows["patient"].isin(brought)]
        if unit == "patient":
            groups = [group.sort_values("slice_mm", kind="stable") for _, group in rows.groupby("patient", sort=False)]
            wanted += [str(group["id"].iloc[len(group) // 2]) for group in groups]
        else:
            wanted += rows["id"].tolist()
    return wanted


def _unfit(rows: pd.DataFrame) -> dict[str, str]:
    """Which images cannot be shown, and why; RunError where a file cannot be reached at all, which may pass."""
    found = {}
    for item, path, frame in zip(rows["id"], rows["path"], rows["frame"], strict=True):
        try:
            with Path(path).open("rb") as file:
                file.read(1)
        except OSError as fault:
            raise RunError(f"image {item} cannot be reached ({fault.strerror}). Is the folder with the images there?") from None
        try:
            if not np.isfinite(read_image(path, frame if frame >= 0 else None).pixels).all():
                found[str(item)] = "some pixels hold values that are no numbers"
        except UnreadableImage as fault:
            found[str(item)] = fault.faults[0]
    return found


def _flag(store: Store, chosen: Chosen, number: int) -> None:
    """Mark the images that the model has no finite answer for: they are never chosen by a score."""
    if chosen.unscored:
        machine = store.add_reader(MACHINE, "machine")
        store.write_all(
            [Event(f"unscored:{number}:{item}", machine.id, item, None, "flag", "1", reason="no finite score") for item in chosen.unscored]
        )


def _read_before(store: Store, readers: list[Reader], there: set[str]) -> dict[int, list[str]]:
    """The images that each reader has labelled and that are still there to be shown, for hidden repeats."""
    labels = store.current_labels()
    labels = labels[labels["item"].isin(there - store.excluded())]
    return {reader.id: sorted(labels["item"][labels["reader"] == reader.id]) for reader in readers}


def _features(settings: Settings, cohort: Cohort, folder: Folder) -> Answers:
    """Features of the pool before any training, for a typical start; all that needs a network is imported only here."""
    from medimg.recipes.parts.environment import settle_machine
    from medimg.recipes.rounds.beginning import first_features
    from medimg.recipes.rounds.learners import Fold
    from medimg.room.rounds import start_of

    machine, pool = settle_machine(settings, folder.run), cohort.every(0, 0, "train")
    return first_features(settings, cohort, machine, start_of(settings, cohort, folder.run), Fold(0, {"pool": pool}))
