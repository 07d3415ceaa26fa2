"""Organ masks as a segmentation: BINARY, on the stored image's own pixels, one segment for each organ."""

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.seg import Segmentation, SegmentDescription
from pydicom.dataset import Dataset

from medimg import __version__
from medimg.io.objects import codes
from medimg.io.objects.film_result import FilmResult
from medimg.io.objects.identity import date_all, maker, of_series, uid
from medimg.io.objects.place import mask_on_source


def segmentation_of(header: Dataset, result: FilmResult) -> Segmentation | None:
    """Make the segmentation of the organs that were found; None where there is none. Overlaps are kept."""
    shape = int(header.Rows), int(header.Columns)
    masks = {organ: mask_on_source(mask, result.to_source, shape) for organ, mask in result.masks.items()}
    masks = {organ: mask for organ, mask in masks.items() if mask.any()}
    if not masks:
        return None
    made = Segmentation(
        [header],
        np.stack(list(masks.values()), axis=-1)[None].astype(np.uint8),
        "BINARY",
        [_segment(number, organ, header, result) for number, organ in enumerate(masks, 1)],
        content_label="CHEST_ORGANS",
        content_description="organs that the film was judged by",
        **maker(),
        **of_series(header, result, "seg"),
    )
    made.PatientOrientation = header.get("PatientOrientation")
    _same_uids(made, uid(header, result, "seg", "dimensions"))
    date_all(made, result.when)
    return made


def _segment(number: int, organ: str, header: Dataset, result: FilmResult) -> SegmentDescription:
    code, side, label = codes.organ(organ)
    algorithm = AlgorithmIdentificationSequence(
        name="medimg chest_qc",
        family=codes.dcm("123110", "Artificial Intelligence"),
        version=__version__,
        parameters={"model": result.model},
    )
    segment = SegmentDescription(
        number,
        label,
        codes.concept(*codes.STRUCTURE),
        code,
        "MANUAL" if result.manual_masks else "AUTOMATIC",
        None if result.manual_masks else algorithm,
        tracking_uid=uid(header, result, "tracking", organ),
        tracking_id=organ,
    )
    if side is not None:
        segment.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [side]
    return segment


def _same_uids(made: Dataset, dimensions: str) -> None:
    """The library draws the UID of the dimensions; of the same result it has to be the same."""
    for item in [*made.DimensionOrganizationSequence, *made.DimensionIndexSequence]:
        item.DimensionOrganizationUID = dimensions
