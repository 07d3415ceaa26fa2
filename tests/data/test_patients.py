"""Fused cases as tensors: a missing sequence is blank, and a patient's places come together."""

import numpy as np
import pandas as pd
import torch

from medimg.data.patients import MOST, Patients, Places


class Kept:
    """A cache of pictures that hold their own number, from 1."""

    def __init__(self, names):
        self.names = list(names)

    def pictures(self):
        return np.stack([np.full((4, 4), k + 1, np.float32) for k in range(len(self.names))])

    def rows_of(self, ids):
        return np.array([self.names.index(name) for name in ids], dtype=np.int64)


def places(patients):
    table = pd.DataFrame({"id": [f"c{k}" for k in range(len(patients))], "patient": patients, "label": "b"})
    return table.assign(FLAIR=[f"f{k}" for k in range(len(patients))], T2=["" if k % 2 else f"t{k}" for k in range(len(patients))])


def dataset(patients):
    table = places(patients)
    return Places(table, ["FLAIR", "T2"], ["a", "b"], Kept([*table["FLAIR"], *filter(None, table["T2"])])), table


def test_a_missing_sequence_is_a_blank_plane_and_the_others_are_in_their_order():
    found, _ = dataset(["p", "p"])
    batch = found.__getitems__([0, 1])
    assert batch["image"][:, :, 0, 0].tolist() == [[1, 3], [2, 0]]
    assert batch["label"].tolist() == [[0, 1], [0, 1]]
    assert batch["id"] == ["c0", "c1"]


def test_an_entry_is_a_whole_patient():
    found, table = dataset(["p", "q", "p", "q", "q"])
    patients = Patients(found, table["patient"])
    batch = patients.__getitems__([1, 0])
    assert batch["id"] == ["c1", "c3", "c4", "c0", "c2"]
    assert batch["patient"].tolist() == [0, 0, 0, 1, 1]
    assert len(patients) == 2
    assert patients.labels.tolist() == [[0, 1], [0, 1]]


def test_a_patient_of_many_places_is_several_entries_that_hold_each_place_once():
    found, table = dataset(["p"] * (2 * MOST + 1))
    patients = Patients(found, table["patient"])
    assert len(patients) == 3
    assert max(len(rows) for rows in patients.entries) <= MOST
    assert sorted(int(row) for rows in patients.entries for row in rows) == list(range(2 * MOST + 1))
    assert torch.equal(patients[0]["patient"], torch.zeros(len(patients.entries[0]), dtype=torch.int64))
