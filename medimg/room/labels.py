"""The labels that a round is trained on: taken from the store at one event, written down once, read by whoever trains."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from medimg.errors import RunError
from medimg.io.files import write_atomically
from medimg.room.store import Store

COLUMNS = ["id", "label", "source", "seq"]
EXCLUDED = "excluded"  # source of an image that nobody is asked about any more


@dataclass(frozen=True)
class Snapshot:
    """One row for each image with an answer (id, label, source, seq; label "" where readers disagree or it was excluded)."""

    rows: pd.DataFrame
    event: int

    @property
    def text(self) -> bytes:
        """The table as it is written."""
        return self.rows.to_csv(index=False, lineterminator="\n").encode()

    @property
    def sha256(self) -> str:
        """What `sha256sum labels.csv` prints."""
        return hashlib.sha256(self.text).hexdigest()

    def write(self, path: Path) -> None:
        """Write it whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, self.text)


def snapshot(store: Store, until: int | None = None) -> Snapshot:
    """Take the labels that stand now, or stood after event `until`."""
    seen = store.events(until=until)
    event = int(seen["seq"].max()) if len(seen) else 0
    rows = store.gold_labels(until=event).rename(columns={"item": "id"})[COLUMNS]
    out = sorted(store.excluded(event))
    rows = rows[~rows["id"].isin(out)]
    gone = pd.DataFrame({"id": out, "label": "", "source": EXCLUDED, "seq": 0}, columns=COLUMNS)
    return Snapshot(pd.concat([rows, gone]).sort_values("id", ignore_index=True).astype({"seq": int}), event)


def read_snapshot(path: Path, sha256: str) -> pd.DataFrame:
    """Read the labels of a closed round; RunError where they are not those it was closed with."""
    if not path.is_file() or hashlib.sha256(found := path.read_bytes()).hexdigest() != sha256:
        raise RunError(f"{path.name} of round {path.parent.name} is not what the round was closed with. Put it back from a copy.")
    return pd.read_csv(io.BytesIO(found), dtype={"id": str, "label": str, "source": str}, keep_default_na=False)


def laid_on(rows: pd.DataFrame, known: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Lay the labels of a snapshot on images: rows with `label`, `answered` (somebody said something) and `shut` (nobody is asked).

    With `unit="patient"` an answer to one image of a patient is one to all images of the patient that `rows` has.
    """
    out = set(known["id"][known["source"] == EXCLUDED])
    answers = known[~known["id"].isin(out)].set_index("id")["label"]
    label, answered = rows["id"].map(answers).fillna(""), rows["id"].isin(answers.index)
    if unit == "patient":
        told = rows.assign(own=label, answered=answered)[answered].sort_values("own", ascending=False, kind="stable")
        of_patient = told.drop_duplicates("patient").set_index("patient")["own"]
        label = label.where(answered, rows["patient"].map(of_patient).fillna(""))
        answered = rows["patient"].isin(of_patient.index)
    shut = rows["id"].isin(out)
    return rows.assign(label=label.mask(shut, ""), answered=answered, shut=shut).reset_index(drop=True)
