"""Sequence and view by evidence, with reasons that quote nothing."""

import fakes
import pytest

from medimg.io.header import read_header
from medimg.io.series import decide, dropped, is_derived, rules, weigh


def decided(path, **options):
    return decide(weigh(read_header(path)), **options)


@pytest.mark.parametrize("sequence", list(fakes.MR_TAGS))
def test_times_decide_without_any_name(tmp_path, sequence):
    assert decided(fakes.mr_slice(tmp_path / "a.dcm", sequence=sequence, text=""))[0] == sequence


@pytest.mark.parametrize(
    ("text", "sequence"),
    [
        ("AX T2 FLAIR", "FLAIR"), ("t2_tirm_dark-fluid_tra", "FLAIR"), ("T1 MPRAGE +C", "T1CE"), ("t1_se_tra_KM", "T1CE"),
        ("T1 post gad", "T1CE"),
        ("T1 SE pre contrast", "T1"), ("t1 mprage sag", "T1"), ("T2 TSE ax", "T2"), ("t2* gre", ""), ("SWI", ""), ("T1 增强", "T1CE"),
    ],
)  # fmt: skip
def test_names_decide_where_there_are_no_times(tmp_path, text, sequence):
    bare = dict.fromkeys(("RepetitionTime", "EchoTime", "InversionTime", "ScanningSequence", "ContrastBolusAgent"))
    assert decided(fakes.mr_slice(tmp_path / "a.dcm", text=text, SpecificCharacterSet="ISO_IR 192", **bare))[0] == sequence


def test_times_win_over_a_copied_protocol_name(tmp_path):
    word, why = decided(fakes.mr_slice(tmp_path / "a.dcm", sequence="FLAIR", text="T1 SE"))
    assert word == "FLAIR"
    assert "TI 2500, TE 120 (+6)" in why


def test_diffusion_is_no_t2(tmp_path):
    path = fakes.mr_slice(tmp_path / "a.dcm", sequence="T2", text="ep2d", ScanningSequence=["EP"], DiffusionBValue=1000.0)
    assert decided(path)[0] == "DWI"


def test_an_inversion_time_of_zero_is_none(tmp_path):
    assert decided(fakes.mr_slice(tmp_path / "a.dcm", sequence="T2", InversionTime=0))[0] == "T2"


def test_contradicting_names_tie_and_are_refused_unless_told(tmp_path):
    bare = dict.fromkeys(("RepetitionTime", "EchoTime", "InversionTime", "ScanningSequence", "ContrastBolusAgent"))
    path = fakes.mr_slice(tmp_path / "a.dcm", text="T1 and T2", **bare)
    assert decided(path) == ("", "tie between T1 and T2")
    assert decided(path, first_on_tie=True)[0] == "T1"


def test_maps_reformats_and_localizers_are_dropped(tmp_path):
    for kind in rules()["drop"]:
        assert dropped(read_header(fakes.mr_slice(tmp_path / "a.dcm", ImageType=["DERIVED", "PRIMARY", kind])))
    header = read_header(fakes.mr_slice(tmp_path / "b.dcm", ImageType=["DERIVED", "SECONDARY", "M"]))
    assert not dropped(header)
    assert is_derived(header)


@pytest.mark.parametrize(
    ("tags", "view"),
    [
        ({"view": "PA"}, "PA"), ({"view": "LL"}, "LAT"), ({"view": "", "PatientOrientation": ["A", "F"]}, "LAT"), ({"view": ""}, ""),
        ({"view": "AP", "SeriesDescription": "bedside chest"}, "AP"), ({"view": "PA", "PatientOrientation": ["P", "F"]}, "LAT"),
    ],
)  # fmt: skip
def test_film_views(tmp_path, tags, view):
    assert decided(fakes.chest_film(tmp_path / "a.dcm", **tags))[0] == view


def test_reasons_quote_no_text_of_the_header(tmp_path):
    path = fakes.mr_slice(tmp_path / "a.dcm", sequence="T1CE", text=f"T1 +C {fakes.NAME}", ContrastBolusAgent="Erika's agent")
    assert "Erika" not in str(weigh(read_header(path)))
    assert "Mustermann" not in str(weigh(read_header(path)))
