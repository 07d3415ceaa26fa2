"""The images of a project in its store: new ones join, changed ones are refused, the manifest's own labels become events."""

import logging
import secrets
from collections.abc import Mapping
from typing import Any

import pandas as pd

from medimg.errors import ManifestError
from medimg.io import Manifest
from medimg.room.images import Loaded, surroundings
from medimg.room.store import Event, Item, Store
from medimg.settings import Settings
from medimg.words import plural

MACHINE, MANIFEST = "room", "manifest"  # readers that are none: who sets images apart, and whose labels the manifest holds
PART = {"pool": "train", "known": "train", "val": "val", "test": "test"}
_LOG = logging.getLogger("medimg")


def dealt(store: Store) -> pd.DataFrame | None:
    """The deal that a project was made with: id, part and patient of every image ever known; None before there is one."""
    items = store.items()
    if items.empty:
        return None
    return pd.DataFrame({"id": items["item"], "part": items["role"].map(PART), "patient": items["patient"]})


def refuse_changed(store: Store, rows: pd.DataFrame, *, accept: bool) -> None:
    """Refuse files whose pixels are others than when their image became known; with `accept` the old images are set apart."""
    items = store.items()
    gone = items[~items["item"].isin(rows["id"]) & ~items["excluded"]]
    there = rows[~rows["id"].isin(items["item"])][["id", "path", "frame"]]
    changed = gone.merge(there, on=["path", "frame"])
    if len(changed) and not accept:
        named = ", ".join(changed["item"].head(5)) + ", ..." * (len(changed) > 5)
        raise ManifestError(
            f"other pixels than when this project met them: {plural(len(changed), 'file')} (images {named}). "
            "Put the old files back, or say --accept-changed: their labels are kept, but not used, and the new images join the pool."
        )
    exclude(store, {str(item): "changed" for item in changed["item"]})
    missing = len(gone) - len(changed)
    if missing:
        _LOG.warning(
            "%s of this project in the manifest no more: what was labelled is kept, and nothing of it is asked for",
            plural(missing, "image"),
        )


def register(store: Store, images: Loaded, manifest: Manifest, settings: Settings) -> None:
    """Add images that are new, set those apart that cannot be used, and write the manifest's labels as those of a reader of that name.

    What else there is of their studies (another sequence, say) is added to be shown beside them.
    """
    rows = manifest.rows.merge(images.cohort.split[["id", "part"]], on="id")
    _refuse_context(store, rows)
    new = rows[~rows["id"].isin(store.items()["item"]) & rows["part"].isin(["train", "val", "test"])]
    store.add_items([_item(row) for row in new.astype(object).to_dict("records")])
    beside = surroundings(settings.data, manifest)
    beside = beside[~beside["id"].isin(store.items(context=True)["item"])].assign(part="context")
    store.add_items([_item(row) for row in beside.astype(object).to_dict("records")])
    if len(new) and store.rounds():
        _LOG.info("%s joined the project", plural(len(new), "new image"))
    exclude(store, images.spared)
    if (rows["label"] != "").any() or MANIFEST in {one.name for one in store.readers()}:
        _import(store, rows)


def _refuse_context(store: Store, rows: pd.DataFrame) -> None:
    items = store.items(context=True)
    beside = items["item"][(items["role"] == "context") & items["item"].isin(rows["id"])]
    if len(beside):
        raise ManifestError(
            f"only shown beside others so far, and to be asked for now: {plural(len(beside), 'image')}; the manifest's columns have "
            "changed. Begin a new project (--new), and bring the labels in with --import."
        )


def exclude(store: Store, reasons: dict[str, str]) -> None:
    """Set images apart for good, in the name of the machine; once, however often it is said."""
    fit = store.items().set_index("item")
    for item, reason in reasons.items():
        if item in fit.index and not fit["excluded"][item]:
            _LOG.warning("image %s is set apart: %s", item, reason)
            machine, token = store.add_reader(MACHINE, "machine"), fit["token"][item]
            store.write(Event(f"unreadable:{token}", machine.id, item, None, "exclude", reason="corrupt"))


def _import(store: Store, rows: pd.DataFrame) -> None:
    reader = store.add_reader(MANIFEST, "import")
    known = store.current_labels()
    known = known[known["reader"] == reader.id].set_index("item")
    events, withdrawn = [], 0
    for item, label in zip(rows["id"], rows["label"], strict=True):
        if not label:
            withdrawn += item in known.index
        elif item not in known.index or known["label"][item] != label:
            seq = 0 if item not in known.index else known["seq"][item]
            events.append(Event(f"manifest:{item}:{label}:{seq}", reader.id, item, None, "import", label))
    store.write_all(events)
    if withdrawn:
        _LOG.warning("%s with a label in the manifest once and with none now: the label that it gave stays", plural(withdrawn, "image"))


def _item(row: Mapping[Any, Any]) -> Item:
    place, known = row["slice_mm"], row["label"] != "" and row["part"] == "train"
    return Item(
        id=str(row["id"]), token=secrets.token_urlsafe(16), patient=str(row["patient"]), study=str(row["study"]),
        series=str(row["series"]), sequence=str(row["sequence"]), slice_mm=None if pd.isna(place) else float(place),
        frame=int(row["frame"]), path=str(row["path"]), pixel_sha256=str(row["pixel_sha256"]),
        role="known" if known else "pool" if row["part"] == "train" else row["part"],
    )  # fmt: skip
