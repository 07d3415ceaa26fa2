"""Slices at one place in the body are one case, whatever the order of the manifest; what is too far apart is not."""

import itertools

import numpy as np
import pandas as pd
import pytest

from medimg.data.places import match_places, subsets, withhold
from medimg.errors import ManifestError

THREE = ("FLAIR", "T1CE", "T2")


def slices(*rows, label="a"):
    """(patient, sequence, mm) or (patient, sequence, mm, frame of reference) of each slice."""
    full = [(*row, "anon-f") if len(row) == 3 else row for row in rows]
    table = pd.DataFrame(full, columns=["patient", "sequence", "slice_mm", "frame_of_reference"])
    ids, series = [f"i{k:02d}" for k in range(len(table))], table["patient"] + table["sequence"]
    return table.assign(id=ids, label=label, site="S", series=series, study="")


def sets(table, sequences=THREE):
    """Which slices stand together, as sets of ids."""
    return sorted(sorted(filter(None, row)) for row in table[list(sequences)].itertuples(index=False))


def test_slices_within_half_a_spacing_are_one_place_and_others_stand_alone():
    table = match_places(slices(*(("p", s, z + shift) for s, shift in zip(THREE, (0, 1.2, 2.6), strict=True) for z in (0.0, 5.0))), THREE)
    assert sets(table) == [["i00", "i02"], ["i01", "i03"], ["i04"], ["i05"]]
    assert list(table["sequences"]) == ["FLAIR+T1CE", "T2", "FLAIR+T1CE", "T2"]


def test_the_smaller_of_two_spacings_counts():
    coarse = [("p", "FLAIR", z) for z in (0.0, 8.0)]
    fine = [("p", "T2", z) for z in (1.4, 3.4, 5.4)]
    assert [len(row) for row in sets(match_places(slices(*coarse, *fine), ("FLAIR", "T2")), ("FLAIR", "T2"))] == [1] * 5
    near = [("p", "T2", z) for z in (0.9, 2.9, 4.9)]
    assert [len(row) for row in sets(match_places(slices(*coarse, *near), ("FLAIR", "T2")), ("FLAIR", "T2"))] == [2, 1, 1, 1]


def test_the_nearest_partner_is_taken():
    rows = slices(("p", "FLAIR", 0.0), ("p", "FLAIR", 4.0), ("p", "T2", -1.2), ("p", "T2", 0.4), ("p", "T2", 4.1))
    assert sets(match_places(rows, ("FLAIR", "T2")), ("FLAIR", "T2")) == [["i00", "i03"], ["i01", "i04"], ["i02"]]


def test_patients_and_frames_of_reference_are_never_mixed():
    rows = [("p", "FLAIR", 0.0), ("q", "T2", 0.0), ("p", "T1CE", 0.0, "anon-g"), ("p", "T2", 0.0, "anon-f")]
    assert sets(match_places(slices(*rows), THREE)) == [["i00", "i03"], ["i01"], ["i02"]]


def test_a_series_without_a_frame_of_reference_is_alone_and_pictures_without_a_header_share_their_patient():
    dicom = slices(("p", "FLAIR", 0.0, ""), ("p", "T2", 0.0, ""))
    assert sets(match_places(dicom, ("FLAIR", "T2")), ("FLAIR", "T2")) == [["i00"], ["i01"]]
    assert sets(match_places(dicom.assign(series=""), ("FLAIR", "T2")), ("FLAIR", "T2")) == [["i00", "i01"]]


def test_two_examinations_of_a_patient_are_never_mixed():
    rows = slices(("p", "FLAIR", 0.0), ("p", "T1CE", 0.0), ("p", "FLAIR", 0.0), ("p", "T2", 0.0)).assign(study=["one", "one", "two", "two"])
    assert sets(match_places(rows, THREE)) == [["i00", "i01"], ["i02", "i03"]]


def test_a_slice_taken_twice_is_two_places():
    table = match_places(slices(("p", "FLAIR", 0.0), ("p", "FLAIR", 0.0), ("p", "FLAIR", 5.0), ("p", "T2", 0.0)), ("FLAIR", "T2"))
    assert sorted(table["sequences"]) == ["FLAIR", "FLAIR", "FLAIR+T2"]


def test_neither_the_order_of_rows_nor_other_patients_change_a_place():
    rng = np.random.default_rng(3)
    rows = slices(*((f"p{p}", s, z + rng.normal(0, 0.8)) for p, s, z in itertools.product(range(5), THREE, (0.0, 5.0, 10.0))))
    whole = match_places(rows, THREE)
    mixed = match_places(rows.sample(frac=1, random_state=1), THREE)
    alone = match_places(rows[rows["patient"] == "p2"], THREE)
    assert set(whole["id"]) == set(mixed["id"])
    assert set(alone["id"]) == set(whole["id"][whole["patient"] == "p2"])
    assert whole[list(THREE)].ne("").to_numpy().sum() == len(rows)


def test_places_of_different_labels_and_lost_positions_are_told():
    rows = slices(("p", "FLAIR", 0.0), ("p", "T2", 0.0))
    with pytest.raises(ManifestError, match="1 place with slices of different labels"):
        match_places(rows.assign(label=["a", "b"]), ("FLAIR", "T2"))
    with pytest.raises(ManifestError, match=r"1 slice without a position .*i01"):
        match_places(rows.assign(slice_mm=[0.0, np.nan]), ("FLAIR", "T2"))
    assert list(match_places(rows.assign(label=["a", ""]), ("FLAIR", "T2"))["label"]) == ["a"]


def test_held_back_sequences_are_gone_and_the_place_keeps_its_name():
    table = match_places(slices(("p", "FLAIR", 0.0), ("p", "T2", 0.0), ("p", "T2", 5.0)), ("FLAIR", "T2"))
    kept = withhold(table, ["FLAIR"], ["FLAIR", "T2"])
    assert list(kept["id"]) == list(table["id"][:1])
    assert list(kept["T2"]) == [""]
    assert len(subsets(THREE)) == 6
