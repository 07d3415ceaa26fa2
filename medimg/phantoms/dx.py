"""Chest films as DICOM files: Digital X-Ray Image Storage - For Presentation, JPEG-LS lossless, identifiers from hashes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, JPEGLSLossless

from medimg import __version__
from medimg.errors import ConfigError
from medimg.phantoms.mr import uid

VIEWS = {"PA": ("272479007", "postero-anterior"), "LAT": ("399173006", "left lateral")}
ORIENTATION = {"PA": ["L", "F"], "LAT": ["P", "F"]}  # where rows and columns of the canonical film lead


@dataclass(frozen=True)
class Radiograph:
    """What the header of one film says; no value is a real person's."""

    patient_id: str
    sex: str
    age: int
    date: str  # YYYYMMDD
    time: str  # HHMMSS
    study: int  # of this patient
    number: int  # of this film in its study
    view: str
    room: str
    model: str
    operator: str
    monochrome: int
    bits: int
    pixel_mm: float
    detector_mm: float  # breadth of the image
    source_mm: int
    kvp: int
    time_ms: int
    target: int
    deviation: float
    field: tuple[int, int, int, int]  # top, left, bottom, right
    shutter: bool
    table: bool
    burned: bool
    key: str  # whatever distinguishes this cohort from another: the identifiers are hashes of it


def write_film(path: Path, pixels: NDArray[np.uint16], facts: Radiograph) -> None:
    """Write stored values (rows, columns) as one file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = uid(facts.key, facts.patient_id, facts.study, facts.number)
    meta.TransferSyntaxUID = JPEGLSLossless
    meta.ImplementationClassUID, meta.ImplementationVersionName = uid("medimg implementation"), f"MEDIMG {__version__}"[:16]
    ds = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    _who(ds, facts)
    _view(ds, facts)
    _exposure(ds, facts)
    _grey(ds, facts, pixels.shape)
    try:
        ds.compress(JPEGLSLossless, np.ascontiguousarray(pixels), encoding_plugin="pyjpegls", generate_instance_uid=False)
    except (ImportError, RuntimeError, ValueError) as fault:
        if "pyjpegls" not in str(fault) and "plugin" not in str(fault):
            raise
        raise ConfigError("the built-in chest films are written in JPEG-LS, which needs: pip install 'medimg[dicom]'.") from None
    ds.save_as(path, enforce_file_format=True)


def _who(ds: Dataset, f: Radiograph) -> None:
    """Patient, study and equipment."""
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = f"Phantom^{f.patient_id}", f.patient_id, "", f.sex
    ds.PatientAge = f"{f.age:03d}Y"
    ds.PatientIdentityRemoved, ds.DeidentificationMethod = "YES", "simulated, no person"
    ds.StudyInstanceUID = uid(f.key, f.patient_id, f.study, "study")
    ds.SeriesInstanceUID = uid(f.key, f.patient_id, f.study, "series", f.number)
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = f.date
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = f.time
    ds.StudyID, ds.AccessionNumber, ds.ReferringPhysicianName = str(f.study), f"{f.patient_id[-4:]}{f.study}", ""
    ds.StudyDescription, ds.SeriesDescription = "Chest PA and lateral", f"Chest {f.view}"
    ds.SeriesNumber = ds.InstanceNumber = f.number
    ds.Modality, ds.PresentationIntentType = "DX", "FOR PRESENTATION"
    ds.Manufacturer, ds.ManufacturerModelName = "medimg phantom", f.model
    ds.InstitutionName, ds.StationName, ds.DeviceSerialNumber = "Phantom hospital", f.room, uid(f.room)[-6:]
    ds.OperatorsName = f.operator
    ds.SoftwareVersions = f"medimg {__version__}"


def _view(ds: Dataset, f: Radiograph) -> None:
    """What is on the film and which way round."""
    ds.ImageType = ["DERIVED", "PRIMARY", ""]
    ds.BodyPartExamined, ds.ViewPosition = "CHEST", {"PA": "PA", "LAT": "LL"}[f.view]
    ds.AnatomicRegionSequence = [_code("816094009", "Chest")]
    ds.ViewCodeSequence = [_code(*VIEWS[f.view])]
    ds.ViewCodeSequence[0].ViewModifierCodeSequence = []
    ds.ImageLaterality, ds.PatientOrientation = "U", ORIENTATION[f.view]
    ds.AcquisitionContextSequence = []
    ds.BurnedInAnnotation = "YES" if f.burned else "NO"
    ds.LossyImageCompression = "00"


def _exposure(ds: Dataset, f: Radiograph) -> None:
    """Technique and detector."""
    index = f.target * 10 ** (f.deviation / 10)
    ds.KVP, ds.DistanceSourceToDetector, ds.ExposureTime = str(f.kvp), str(f.source_mm), str(f.time_ms)
    ds.ExposureIndex, ds.TargetExposureIndex, ds.DeviationIndex = f"{index:.1f}", f"{f.target:.1f}", f"{f.deviation:.2f}"
    ds.PositionerType, ds.FieldOfViewOrigin = "", ["0", "0"]
    ds.Grid, ds.DetectorType, ds.DetectorConfiguration = "FOCUSED", "SCINTILLATOR", "AREA"
    ds.DetectorID, ds.FieldOfViewShape = f.room, "RECTANGLE"
    ds.ImagerPixelSpacing = [f"{f.pixel_mm:.6g}"] * 2
    ds.FieldOfViewRotation, ds.FieldOfViewHorizontalFlip = "0", "NO"
    if f.shutter:
        top, left, bottom, right = f.field
        ds.ShutterShape, ds.ShutterPresentationValue = "RECTANGULAR", 0
        ds.ShutterUpperHorizontalEdge, ds.ShutterLowerHorizontalEdge = str(top), str(bottom + 1)
        ds.ShutterLeftVerticalEdge, ds.ShutterRightVerticalEdge = str(left), str(right + 1)


def _grey(ds: Dataset, f: Radiograph, shape: tuple[int, ...]) -> None:
    """How stored values become grey: the film was finished by the room's computer, so the window is the whole scale."""
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, f"MONOCHROME{f.monochrome}"
    ds.Rows, ds.Columns = shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, f.bits, f.bits - 1, 0
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", -1 if f.monochrome == 2 else 1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    ds.PresentationLUTShape = "IDENTITY" if f.monochrome == 2 else "INVERSE"
    if f.table:
        table = Dataset()
        table.LUTDescriptor, table.LUTExplanation = [2**f.bits, 0, 16], "linear"
        table.LUTData = np.linspace(0, 65535, 2**f.bits).astype("<u2").tobytes()
        ds.VOILUTSequence = [table]
    else:
        ds.WindowCenter, ds.WindowWidth = str(2 ** (f.bits - 1)), str(2**f.bits)


def _code(value: str, meaning: str) -> Dataset:
    """A SNOMED CT code of contexts 4009 and 4010 (PS3.16)."""
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "SCT", meaning
    return code
