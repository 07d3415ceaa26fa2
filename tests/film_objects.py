"""Small films with known answers for the DICOM objects made of them."""

from datetime import datetime

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

from medimg.io.mark import Mark
from medimg.io.objects import FilmResult, RuleResult

SHAPE = (60, 48)  # rows, columns of the stored image
HALF = ((2.0, 0.0, 0.5), (0.0, 2.0, 0.5))  # from a grid of half its size


def write_film(path, **changes):
    """A DX file that dciodvfy has no fault to find in, with other elements where told; None takes one out."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = DigitalXRayImageStorageForPresentation, "1.2.3.4.1"
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SeriesNumber, ds.InstanceNumber = "1.2.3.4", "1.2.3.4.5", 1, 1
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = "Nobody^Test", "P1", "19700101", "F"
    ds.StudyDate, ds.StudyTime, ds.StudyID, ds.AccessionNumber, ds.ReferringPhysicianName = "20260101", "101112", "7", "A7", ""
    ds.Modality, ds.PatientOrientation, ds.PhotometricInterpretation, ds.PresentationLUTShape = "DX", ["L", "F"], "MONOCHROME2", "IDENTITY"
    ds.Rows, ds.Columns = SHAPE
    ds.SamplesPerPixel, ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 1, 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType, ds.WindowCenter, ds.WindowWidth = "0", "1", "US", "2048", "4096"
    ds.ImagerPixelSpacing = ["0.2", "0.2"]
    ds.PixelData = np.zeros(SHAPE, "<u2").tobytes()
    for keyword, value in changes.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    if "SOPInstanceUID" in ds:
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.save_as(path, enforce_file_format=True)
    return path


def masks():
    """On a grid of 30 by 24: two lungs that touch no edge, and a heart over the left one."""
    lung_r, lung_l, heart = (np.zeros((30, 24), bool) for _ in range(3))
    lung_r[4:20, 3:10], lung_l[4:20, 14:21], heart[12:22, 11:18] = True, True, True
    return {"lung_r": lung_r, "lung_l": lung_l, "heart": heart}


def rules():
    rotation = (Mark("line", "dR", ((5.0, 6.0), (5.0, 12.0))), Mark("point", "clavicle", ((5.0, 6.0),)))
    box = (Mark("box", "lungs", ((3.5, 2.5), (19.5, 20.5))), Mark("contour", "", ((4.0, 3.0), (4.0, 9.0), (19.0, 9.0))))
    return (
        RuleResult(
            "P1_rotation", "Rotation", "rotation", "fail", 0.31, "ratio", (0.4, 0.6, None, None), ("The patient is turned.",), rotation
        ),
        RuleResult("C1_apex_margin", "Apex margin", "apex_margin", "pass", 0.0713, "frac", (0.01, 0.03, 0.2, None), (), box),
        RuleResult("I1_deviation_index", "Deviation index", "deviation_index", "warn", -1.5, "DI", (-3.0, -1.0, 1.0, 3.0)),
        RuleResult("I6_sharpness", "Sharpness", "sharpness", "unevaluable", None, "mm", (None, None, 2.0, 3.0), ("too few edges",)),
        RuleResult("P7_posterior_borders", "Posterior borders", "posterior_borders", "not_applicable", texts=("no spacing",)),
    )


def result(**changes):
    told = {
        "film": "0123456789abcdef", "view": "PA", "verdict": "fail", "grade": "C", "rules": rules(), "to_source": HALF, "model": "m1",
        "config": "c1", "rules_version": "chest-1", "when": datetime(2026, 1, 2, 3, 4, 5), "reject": {"Positioning": "111209"},
        "groups": {"overall": "pass", "organs": "pass", "imaging": "warn", "position": "fail"}, "masks": masks(),
    }  # fmt: skip
    return FilmResult(**(told | changes))


def read(path):
    return pydicom.dcmread(path)
