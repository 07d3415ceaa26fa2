import pytest
from film_objects import read, result, write_film

from medimg.io.objects import write_objects

pytest.importorskip("highdicom", reason="highdicom (medimg[dicom]) is not installed")


def written(tmp_path, **changes):
    paths = write_objects(write_film(tmp_path / "film.dcm"), result(**changes), tmp_path / "out", ["ko"])
    return [read(path) for path in paths]


@pytest.mark.parametrize("verdict", ["pass", "review", "not_applicable"])
def test_only_a_film_that_fails_has_one(tmp_path, verdict):
    assert written(tmp_path, verdict=verdict) == []


def test_it_is_a_quality_issue_and_never_a_rejection(tmp_path):
    (made,) = written(tmp_path)
    title = made.ConceptNameCodeSequence[0]
    assert (title.CodeValue, title.CodingSchemeDesignator) == ("113010", "DCM")
    assert "113001" not in str(made)


def test_its_reasons_are_codes_of_context_group_7011_in_their_order(tmp_path):
    (made,) = written(tmp_path, reject={"Over exposed": "111212", "Positioning": "111209"})
    reasons = [item.ConceptCodeSequence[0] for item in made.ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == "113011"]
    assert [(one.CodeValue, one.CodingSchemeDesignator) for one in reasons] == [("111212", "DCM"), ("111209", "DCM")]
    assert made.ContentSequence[0].RelationshipType == "HAS CONCEPT MOD"


def test_it_points_at_the_film_and_says_what_failed(tmp_path):
    (made,) = written(tmp_path)
    assert made.ContentSequence[-1].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "1.2.3.4.1"
    told = [item.TextValue for item in made.ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == "113012"]
    assert told == ["Rotation: The patient is turned."]


def test_a_fail_without_a_coded_reason_still_has_one(tmp_path):
    (made,) = written(tmp_path, reject={}, rules=())
    assert made.ConceptNameCodeSequence[0].CodeValue == "113010"
