import numpy as np
import pytest
from film_objects import SHAPE, read, result, rules, write_film
from pydicom.dataset import Dataset

from medimg.io.mark import Mark
from medimg.io.objects import RuleResult, write_objects

pytest.importorskip("highdicom", reason="highdicom (medimg[dicom]) is not installed")


def written(tmp_path, film=None, **changes):
    (path,) = write_objects(write_film(tmp_path / "film.dcm", **(film or {})), result(**changes), tmp_path / "out", ["pr"])
    return read(path)


def drawn(made):
    return made.GraphicAnnotationSequence[0].GraphicObjectSequence


def with_marks(*marks):
    return (RuleResult("P1_rotation", "Rotation", "rotation", "pass", 0.7, "ratio", marks=marks),)


def test_lines_lie_where_they_were_measured(tmp_path):
    """Pixel centres (5, 6) and (5, 12) of the grid are (10.5, 12.5) and (10.5, 24.5) of the film, half a pixel more from its corner."""
    line, point = drawn(written(tmp_path))[:2]
    assert (line.GraphicType, list(line.GraphicData)) == ("POLYLINE", [13.0, 11.0, 25.0, 11.0])
    assert (point.GraphicType, list(point.GraphicData)) == ("POINT", [13.0, 11.0])
    assert {one.GraphicAnnotationUnits for one in drawn(written(tmp_path))} == {"PIXEL"}


def test_boxes_are_closed_and_pieces_of_borders_are_not(tmp_path):
    box, contour = (np.reshape(one.GraphicData, (-1, 2)) for one in drawn(written(tmp_path))[2:])
    assert box.tolist() == [[6.0, 8.0], [42.0, 8.0], [42.0, 40.0], [6.0, 40.0], [6.0, 8.0]]
    assert contour.tolist() == [[7.0, 9.0], [19.0, 9.0], [19.0, 39.0]]


def test_labels_stand_at_their_marks(tmp_path):
    texts = written(tmp_path).GraphicAnnotationSequence[0].TextObjectSequence
    assert [(one.UnformattedTextValue, list(one.AnchorPoint)) for one in texts] == [
        ("dR", [13.0, 11.0]), ("clavicle", [13.0, 11.0]), ("lungs", [6.0, 8.0]),
    ]  # fmt: skip


def test_what_two_rules_measured_is_drawn_once(tmp_path):
    assert len(drawn(written(tmp_path, rules=rules() + rules()))) == len(drawn(written(tmp_path)))


def test_marks_off_the_film_are_bent_to_its_edge(tmp_path):
    (line,) = drawn(written(tmp_path, rules=with_marks(Mark("line", "", ((-9.0, 3.0), (99.0, 99.0))))))
    assert list(line.GraphicData) == [7.0, 0.0, float(SHAPE[1]), float(SHAPE[0])]


def test_a_film_without_marks_has_no_presentation_state(tmp_path):
    assert write_objects(write_film(tmp_path / "film.dcm"), result(rules=with_marks()), tmp_path / "out", ["pr"]) == []


@pytest.mark.parametrize(
    ("photometric", "shape", "shown"),
    [
        ("MONOCHROME2", "IDENTITY", "IDENTITY"), ("MONOCHROME1", "INVERSE", "INVERSE"), ("MONOCHROME1", None, "INVERSE"),
        ("MONOCHROME2", "INVERSE", "INVERSE"), ("MONOCHROME2", None, "IDENTITY"),
    ],
)  # fmt: skip
def test_the_film_is_inverted_as_often_as_without_it(tmp_path, photometric, shape, shown):
    made = written(tmp_path, film={"PhotometricInterpretation": photometric, "PresentationLUTShape": shape})
    assert made.PresentationLUTShape == shown


def test_the_first_window_is_taken_over(tmp_path):
    (window,) = written(tmp_path, film={"WindowCenter": ["2000", "1"], "WindowWidth": ["4000", "2"]}).SoftcopyVOILUTSequence
    assert (window.WindowCenter, window.WindowWidth) == (2000, 4000)


@pytest.mark.parametrize("width", ["0", "-5", "nan", None])
def test_a_window_that_is_none_is_left_out(tmp_path, width):
    assert "SoftcopyVOILUTSequence" not in written(tmp_path, film={"WindowWidth": width})


def test_a_table_of_grey_values_comes_before_a_window(tmp_path):
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [4096, 0, 16], np.linspace(0, 65535, 4096).astype("<u2").tobytes()
    (taken,) = written(tmp_path, film={"VOILUTSequence": [table]}).SoftcopyVOILUTSequence
    assert "WindowWidth" not in taken
    assert list(taken.VOILUTSequence[0].LUTDescriptor) == [4096, 0, 16]


def test_the_shutter_is_kept(tmp_path):
    edges = {
        "ShutterLeftVerticalEdge": 2, "ShutterRightVerticalEdge": 40, "ShutterUpperHorizontalEdge": 3, "ShutterLowerHorizontalEdge": 50,
    }  # fmt: skip
    made = written(tmp_path, film={"ShutterShape": "RECTANGULAR", **edges})
    assert {keyword: made[keyword].value for keyword in edges} == edges
    assert made.ShutterPresentationValue == 0
