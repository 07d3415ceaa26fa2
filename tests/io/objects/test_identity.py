import pytest
from film_objects import result, write_film

from medimg.io.objects.source import read_source

identity = pytest.importorskip("medimg.io.objects.identity", reason="highdicom (medimg[dicom]) is not installed")


def series(tmp_path, kind, number=1, view="PA"):
    header = read_source(write_film(tmp_path / "film.dcm", SeriesNumber=number), name="a1")
    return identity.of_series(header, result(view=view), kind)


def test_uids_are_valid_and_hold_nothing_of_the_film(tmp_path):
    from pydicom.uid import UID

    told = series(tmp_path, "sr")
    for keyword in ("sop_instance_uid", "series_instance_uid"):
        assert UID(told[keyword]).is_valid
        assert told[keyword].startswith("2.25.")
    assert told["sop_instance_uid"] != told["series_instance_uid"]


def test_a_uid_stays_what_it_was(tmp_path):
    """An archive that holds objects of an earlier release gets their successors, not doubles."""
    assert series(tmp_path, "sr")["sop_instance_uid"] == "2.25.202153150848451017571531942553727104037"


def test_films_of_a_study_do_not_share_numbers_of_series(tmp_path):
    numbers = [series(tmp_path, kind, number)["series_number"] for kind in identity.NUMBERS for number in (1, 2, None)]
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) > 9000
