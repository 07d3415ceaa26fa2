import numpy as np
import pytest
from film_objects import HALF, SHAPE, masks, result, write_film

from medimg.io.objects import write_objects
from medimg.io.objects.place import mask_on_source

pytest.importorskip("highdicom", reason="highdicom (medimg[dicom]) is not installed")


def written(tmp_path, **changes):
    from highdicom.seg import segread

    (path,) = write_objects(write_film(tmp_path / "film.dcm"), result(**changes), tmp_path / "out", ["seg"])
    return segread(path)


def test_every_organ_comes_back_on_the_films_own_pixels(tmp_path):
    made = written(tmp_path)
    assert (made.Rows, made.Columns, made.SegmentationType) == (*SHAPE, "BINARY")
    found = made.get_pixels_by_source_instance(["1.2.3.4.1"])[0]
    for number, mask in enumerate(masks().values()):
        assert np.array_equal(found[..., number].astype(bool), mask_on_source(mask, HALF, SHAPE))
    assert (found.sum(-1) > 1).any()  # heart and lung overlap and both are kept


def test_organs_have_codes_sides_and_names(tmp_path):
    said = [(one.SegmentLabel, _code(one), _side(one), one.TrackingID) for one in written(tmp_path).SegmentSequence]
    assert said == [
        ("right lung", "39607008", "Right", "lung_r"), ("left lung", "39607008", "Left", "lung_l"), ("heart", "80891009", None, "heart"),
    ]  # fmt: skip


def _code(segment):
    code = segment.SegmentedPropertyTypeCodeSequence[0]
    assert code.CodingSchemeDesignator == "SCT"
    return code.CodeValue


def _side(segment):
    sides = segment.SegmentedPropertyTypeCodeSequence[0].get("SegmentedPropertyTypeModifierCodeSequence", [])
    return next((side.CodeMeaning for side in sides), None)


def test_an_organ_that_was_not_found_is_no_segment(tmp_path):
    empty = {"trachea": np.zeros((30, 24), bool)}
    assert [one.TrackingID for one in written(tmp_path, masks=masks() | empty).SegmentSequence] == list(masks())


def test_without_masks_there_is_no_segmentation(tmp_path):
    assert write_objects(write_film(tmp_path / "film.dcm"), result(masks={}), tmp_path / "out", ["seg"]) == []


def test_masks_of_a_person_are_not_called_a_networks(tmp_path):
    (network, *_), (person, *_) = written(tmp_path).SegmentSequence, written(tmp_path, manual_masks=True).SegmentSequence
    assert (network.SegmentAlgorithmType, person.SegmentAlgorithmType) == ("AUTOMATIC", "MANUAL")
    assert network.SegmentationAlgorithmIdentificationSequence[0].AlgorithmVersion
    assert "SegmentAlgorithmName" not in person


def test_the_films_orientation_is_kept(tmp_path):
    assert list(written(tmp_path).PatientOrientation) == ["L", "F"]
