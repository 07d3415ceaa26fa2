"""Labels find their images by the finest id; what they cannot say of a slice, they do not say."""

import fakes
import pandas as pd
import pytest

from medimg.errors import ManifestError
from medimg.io import hash_id
from medimg.io.scan import scan

pytestmark = pytest.mark.usefixtures("in_place")
STUDY = {patient: fakes.uid(patient, "study") for patient in ("P1", "P2", "P3")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    top = tmp_path_factory.mktemp("data")
    for number, patient in enumerate(STUDY):
        fakes.mr_series(top / patient, patient=patient, seed=number, AccessionNumber=f"A{number}")
    fakes.mr_series(top / "P1", sequence="T2", patient="P1", number=2)
    return top


@pytest.fixture
def joined(folder, tmp_path):
    """Scan with these rows as labels: (manifest, result)."""

    def join(*rows, **options):
        result = scan(folder, fakes.table(tmp_path / "labels.csv", list(rows)), out=tmp_path / "out", **options)
        return pd.read_csv(result.manifest, dtype=str, keep_default_na=False), result

    return join


def labels_of(table, patient, sequence="FLAIR"):
    return table[(table["patient_id"] == hash_id(patient)) & (table["sequence"] == sequence)]["label"].tolist()


def test_a_patients_label_makes_the_patient_the_unit_and_it_is_said(joined):
    table, result = joined({"Patient ID": "P1", "label": "glioma"}, {"Patient ID": "P2", "label": "encephalitis"})
    assert labels_of(table, "P1") == ["glioma"] * 4
    assert set(table[table["label"] != ""]["unit"]) == {"patient"}
    assert any("the patient is the unit" in sentence for sentence in result.said)
    assert result.flow["unlabelled"] == 4
    unmatched = pd.read_csv(result.unmatched)
    assert unmatched["side"].tolist() == ["images"] * 4
    assert unmatched["where"].str.startswith("P3/").all()


@pytest.mark.parametrize(
    ("column", "value", "unit"),
    [
        ("accession_number", "A1", "study"),
        ("StudyInstanceUID", STUDY["P2"], "study"),
        ("series", fakes.uid(STUDY["P2"], "series", 1), "series"),
    ],
)
def test_other_ids_join_as_well(joined, column, value, unit):
    table, _ = joined({column: value, "label": "x"})
    assert labels_of(table, "P2") == ["x"] * 4
    assert set(table["unit"]) == {unit, ""}


def test_a_hashed_id_joins_too(joined):
    assert labels_of(joined({"patient": hash_id("P2"), "label": "x"})[0], "P2") == ["x"] * 4


def test_one_slice_is_labelled_by_its_sop_uid(joined):
    series = fakes.uid(STUDY["P2"], "series", 1)
    table, result = joined({"sop": fakes.uid("s1_02.dcm", series), "label": "x"})
    assert labels_of(table, "P2") == ["", "", "x", ""]
    assert not any("is the unit" in sentence for sentence in result.said)


def test_a_range_labels_its_slices_only(joined):
    table, _ = joined(
        {"patient_id": "P2", "label": "x", "slice_from": "2", "slice_to": "3"}, {"patient_id": "P2", "label": "y", "slice_from": "4"}
    )
    assert labels_of(table, "P2") == ["", "x", "x", "y"]
    table, _ = joined({"patient_id": "P1", "label": "x", "slice_from_mm": "5", "slice_to_mm": "13"})
    assert labels_of(table, "P1") == labels_of(table, "P1", "T2") == ["", "x", "x", ""]


def test_slice_numbers_that_could_be_of_two_series_are_a_fault(joined):
    with pytest.raises(ManifestError, match=r"line 2: slice numbers 1 to 2 could be of 2 series. Give the series"):
        joined({"patient_id": "P1", "label": "x", "slice_from": "1", "slice_to": "2"})


def test_unmatched_rows_are_listed_with_line_and_reason_and_without_the_id(joined):
    rows = [
        {"patient_id": "P9", "study": "", "label": "x"}, {"patient_id": "P1", "study": STUDY["P2"], "label": "x"},
        {"patient_id": "", "study": "", "label": "x"},
        {"patient_id": "P2", "study": STUDY["P2"], "label": "x"},
    ]  # fmt: skip
    table, result = joined(*rows)
    found = pd.read_csv(result.unmatched)
    found = found[found["side"] == "labels"]
    assert found["where"].tolist() == ["line 2", "line 3", "line 4"]
    assert found["reason"].tolist() == ["no image has this patient", "its study belongs to another patient", "no id in the row"]
    assert result.flow["labels_unmatched"] == 3
    assert labels_of(table, "P2") == ["x"] * 4


def test_two_labels_for_one_image_are_a_fault(joined):
    with pytest.raises(ManifestError, match="lines 2 and 3 give one image two labels, x and y"):
        joined({"patient_id": "P2", "label": "x"}, {"patient_id": "P2", "label": "y"})


def test_named_columns_come_along_and_ids_never(joined):
    row = {"patient_id": "P2", "label": "x", "age": "63", "site": "north", "name": fakes.NAME}
    table, _ = joined(row, columns=["age"])
    assert set(table[table["label"] == "x"]["age"]) == {"63"}
    assert set(table[table["label"] == "x"]["site"]) == {"north"}
    assert "name" not in table
    with pytest.raises(ManifestError, match="patient_id"):
        joined(row, columns=["patient_id"])


def test_missing_columns_are_told(joined):
    with pytest.raises(ManifestError, match="labels: column label is missing; did you mean labels") as caught:
        joined({"who": "P2", "labels": "x"})
    assert "name one patient, accession, study, series or sop" in str(caught.value)
