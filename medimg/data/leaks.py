"""Prove on every command that nothing of val or test is known to what learns; a leak stops the run."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimg.data.split import PARTS, TEST, TRAIN, named, parts_of, split_sha256
from medimg.errors import LeakError
from medimg.io.identity import fingerprint_of, key_fingerprint

KEYS = {"patient": "patients", "study": "studies", "sop": "SOP instances", "pixel_sha256": "images"}
NOT_APART = "Patients stand in several parts (data.deal_by=image): the numbers may be too good, and say nothing of new patients."
OTHER_KEY = "Where ids were hashed under another key, set MEDIMG_HOME to where the images were generated."
LINEAGE = ["id", "generator", "fold", "donors"]
NEW_SPLIT = "The split was not made by medimg, or patient ids have changed since: start a new run."
EXCLUDE = "Correct patient_id in the manifest, or list the patients in data.exclude."


@dataclass(frozen=True)
class Check:
    """One kind of leak: how many things were compared, which ones leak, and what to do about them."""

    name: str
    compared: int
    found: list[str] = field(default_factory=list)
    way_out: str = NEW_SPLIT

    def proof(self) -> dict[str, Any]:
        """The check as it stands in split_proof.json; anything found has stopped the run before."""
        return {"name": self.name, "compared": self.compared, "found": len(self.found)}


def prove(rows: pd.DataFrame, split: pd.DataFrame, generated: pd.DataFrame | None = None, *, by: str = "patient") -> dict[str, Any]:
    """Prove a split against the manifest's rows, or raise LeakError naming row ids and hashed patients.

    `generated` holds one row (id, generator, fold, donors) per generated image, donors being hashed patients joined by `|`; with a
    column `member` a row counts for that member of the fold alone. Donors must be training patients there. `by="image"` lets patients
    and studies stand in several parts, and warns of it.
    """
    checks = [_one_row_per_id(rows), *[_one_patient(rows, key) for key in ("study", "sop", "pixel_sha256")]]
    _stop(checks)
    pairs, part = parts_of(rows, split)
    checks.append(Check("each row is dealt once per fold and member", part.size))
    apart = KEYS if by == "patient" else ("sop", "pixel_sha256")
    checks += [_one_part(rows, key, part) for key in apart]
    checks.append(_tested_once(rows, pairs, part))
    _stop(checks)
    if generated is not None:
        checks += _lineage(rows, pairs, part, generated)
        _stop(checks)
    told = {} if by == "patient" else {"warnings": [NOT_APART]}
    proof = {"checks": [check.proof() for check in checks], "split_sha256": split_sha256(split), "key_fingerprint": key_fingerprint()}
    return proof | told


def prove_external(rows: pd.DataFrame, cases: pd.DataFrame) -> dict[str, Any]:
    """Prove that an external manifest shares nothing with a run's cases.csv; where ids were hashed under another key, say so."""
    way_out = "List these patients in data.exclude, or judge the run on its own test part."
    return _prove_strangers(rows, cases, "of the run in the external manifest", way_out)


def prove_encoder(test: pd.DataFrame, taught: pd.DataFrame) -> dict[str, Any]:
    """Prove that the network a run starts from has learned nothing of a test part; `taught` are the cases it trained and chose on."""
    way_out = "List these patients in data.exclude, start from a run that has not seen them, or leave model.weights out."
    return _prove_strangers(test, taught, "that taught the network of model.weights in the test part", way_out)


def _prove_strangers(rows: pd.DataFrame, cases: pd.DataFrame, where: str, way_out: str) -> dict[str, Any]:
    keys = {fingerprint_of(patient) for patient in cases["patient"].unique()}
    provable = np.array([fingerprint_of(patient) in keys for patient in rows["patient"]], dtype=bool)
    checks = []
    for key, what in KEYS.items():
        ours = rows[key].where(provable | (key == "pixel_sha256"), "")
        shared = (ours != "") & rows[key].isin(cases[key].dropna())
        found = rows["patient" if key == "patient" else "id"][shared]
        checks.append(Check(f"no {what} {where}", _distinct(ours), _unique(found), way_out))
    _stop(checks)
    notes = [] if provable.all() else ["patient overlap not provable, pixel overlap checked"]
    return {"checks": [check.proof() for check in checks], "notes": notes, "key_fingerprint": key_fingerprint()}


def _stop(checks: list[Check]) -> None:
    leaks = [f"leak: '{check.name}' does not hold for {named(check.found)}. {check.way_out}" for check in checks if check.found]
    if leaks:
        raise LeakError(*leaks)


def _unique(values: "pd.Series[str]") -> list[str]:
    return sorted(set(values))


def _distinct(values: "pd.Series[str]") -> int:
    return int(values[values != ""].nunique())


def _one_row_per_id(rows: pd.DataFrame) -> Check:
    return Check("one row per image", len(rows), _unique(rows["id"][rows["id"].duplicated()]), EXCLUDE)


def _one_patient(rows: pd.DataFrame, key: str) -> Check:
    known = rows[rows[key] != ""]
    shared = known.groupby(key)["patient"].transform("nunique") > 1
    return Check(f"no {KEYS[key]} under two patients", _distinct(rows[key]), _unique(known["id"][shared]), EXCLUDE)


def _one_part(rows: pd.DataFrame, key: str, part: NDArray[np.int8]) -> Check:
    known = (rows[key] != "").to_numpy()
    code, names = pd.factorize(rows[key][known])
    lies = np.zeros((len(part), len(names), len(PARTS) + 1), dtype=bool)
    lies[np.arange(len(part))[:, None], code, part[:, known]] = True
    leaks = (lies.sum(axis=2) > 1).any(axis=0)[code]
    found = rows["patient" if key == "patient" else "id"][known][leaks]
    return Check(f"no {KEYS[key]} in two parts of a fold", len(names), _unique(found))


def _tested_once(rows: pd.DataFrame, pairs: list[tuple[int, int]], part: NDArray[np.int8]) -> Check:
    fold = np.array([fold for fold, _ in pairs])
    tests = [part[fold == number] == TEST for number in np.unique(fold)]
    wrong = np.any([members.any(axis=0) != members.all(axis=0) for members in tests], axis=0)
    if len(tests) > 1:
        wrong |= np.sum([members.any(axis=0) for members in tests], axis=0) != 1
    return Check("each row is tested in one fold, by all its members", len(rows), _unique(rows["id"][wrong]))


def _lineage(rows: pd.DataFrame, pairs: list[tuple[int, int]], part: NDArray[np.int8], generated: pd.DataFrame) -> list[Check]:
    lacking = [column for column in LINEAGE if column not in generated.columns]
    if lacking:
        raise LeakError(
            f"the table of generated images lacks {', '.join(lacking)}, so nobody knows what they have seen. Generate them again."
        )
    scope = ["fold", "member"] if "member" in generated else ["fold"]
    known = {pair[: len(scope)] for pair in pairs}
    blank = (generated[["generator", "donors"]].fillna("") == "").any(axis=1)
    blank |= np.array([pair not in known for pair in generated[scope].itertuples(index=False, name=None)], dtype=bool)
    patients = pd.Index(rows["patient"].unique())
    taught = part[:, ~rows["patient"].duplicated()] == TRAIN
    unknown: set[str] = set()
    seen: set[str] = set()
    for pair, lines in generated[~blank].groupby(scope)["donors"]:
        allowed = taught[[each[: len(scope)] == tuple(pair) for each in pairs]].all(axis=0)
        donors = pd.Index(sorted({donor for line in lines.unique() for donor in line.split("|")}))
        at = patients.get_indexer(donors)
        unknown |= set(donors[at < 0])
        seen |= {f"{donor} (fold {pair[0]})" for donor in donors[at >= 0][~allowed[at[at >= 0]]]}
    again = "Generate the images again from this fold's training patients."
    return [
        Check("each generated image names its generator, fold and donors", len(generated), _unique(generated["id"][blank]), again),
        Check("no generated image is a real one", len(generated), _unique(generated["id"][generated["id"].isin(rows["id"])]), again),
        Check("donors are patients of the manifest", len(generated), sorted(unknown), f"{again} {OTHER_KEY}"),
        Check("donors of generated images are training patients of their fold", len(generated), sorted(seen), again),
    ]
