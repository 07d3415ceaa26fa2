"""A greyscale presentation state (GSPS): the film as it was, with the lines and points that were measured drawn over it."""

import highdicom
import numpy as np
from highdicom.pr import GraphicAnnotation, GraphicLayer, GraphicObject, GrayscaleSoftcopyPresentationState, TextObject
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from medimg.io.elements import text
from medimg.io.mark import Mark
from medimg.io.objects.film_result import FilmResult
from medimg.io.objects.identity import date_all, maker, of_series
from medimg.io.objects.place import to_source

LAYER = "MEASURED"
SHUTTER = (
    "ShutterShape", "ShutterLeftVerticalEdge", "ShutterRightVerticalEdge", "ShutterUpperHorizontalEdge", "ShutterLowerHorizontalEdge",
    "CenterOfCircularShutter", "RadiusOfCircularShutter", "VerticesOfThePolygonalShutter",
)  # fmt: skip


def presentation_of(header: Dataset, result: FilmResult) -> GrayscaleSoftcopyPresentationState | None:
    """Make the presentation state of a film's marks; None where nothing was drawn. Parts of lines off the image are bent to its edge."""
    marks = {(mark.kind, mark.label, mark.points): mark for rule in result.rules for mark in rule.marks if mark.points}
    if not marks:
        return None
    layer = GraphicLayer(LAYER, 1, "what was measured", display_color=None)
    drawn = [_placed(mark, header, result) for mark in marks.values()]
    annotation = GraphicAnnotation(
        [header],
        layer,
        graphic_objects=[_shape(mark, points) for mark, points in zip(marks.values(), drawn, strict=True)],
        text_objects=[_label(mark.label, points) for mark, points in zip(marks.values(), drawn, strict=True) if mark.label] or None,
    )
    made = GrayscaleSoftcopyPresentationState(
        [header],
        content_label="FILM_QUALITY",
        content_description="lines and points that were measured",
        graphic_annotations=[annotation],
        graphic_layers=[layer],
        presentation_lut_transformation=highdicom.PresentationLUTTransformation("INVERSE" if _inverse(header) else "IDENTITY"),
        **maker(),
        **of_series(header, result, "pr"),
    )
    _as_the_film(made, header)
    made.Laterality = text(header, "Laterality")  # dciodvfy asks for it, empty too where the part is not paired
    date_all(made, result.when)
    return made


def _placed(mark: Mark, header: Dataset, result: FilmResult) -> NDArray[np.float64]:
    """(N, 2) of (column, row) on the stored image, whose first pixel reaches from 0 to 1 (PS3.3 C.10.5), boxes closed."""
    points = mark.points
    if mark.kind == "box":
        (top, left), (bottom, right) = points
        points = ((top, left), (top, right), (bottom, right), (bottom, left), (top, left))
    placed = to_source(points, result.to_source)[:, ::-1] + 0.5
    return np.clip(placed, 0, [int(header.Columns), int(header.Rows)]).round(2)


def _shape(mark: Mark, points: NDArray[np.float64]) -> GraphicObject:
    return GraphicObject("POINT" if len(points) == 1 else "POLYLINE", points, "PIXEL")


def _label(label: str, points: NDArray[np.float64]) -> TextObject:
    return TextObject(label, "PIXEL", anchor_point=tuple(points[0]), anchor_point_visible=False)


def _inverse(header: Dataset) -> bool:
    """A presentation state does not look at MONOCHROME1, so what either tag inverts, it has to invert."""
    return text(header, "PhotometricInterpretation") == "MONOCHROME1" or text(header, "PresentationLUTShape") == "INVERSE"


def _as_the_film(made: Dataset, header: Dataset) -> None:
    """What a presentation state takes the place of: the film's shutter, and its table of the modality."""
    if text(header, "ShutterShape"):
        for keyword in SHUTTER:
            if keyword in header:
                setattr(made, keyword, header[keyword].value)
        made.ShutterPresentationValue = int(header.get("ShutterPresentationValue") or 0)
    if header.get("ModalityLUTSequence"):
        made.ModalityLUTSequence = header.ModalityLUTSequence
