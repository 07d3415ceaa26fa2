"""MR images as DICOM files: MR Image Storage, 12 bits stored in 16, identifiers from hashes, so a cohort written twice is the same."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from medimg import __version__
from medimg.phantoms.signal import Sequence


@dataclass(frozen=True)
class Series:
    """What all slices of one series share."""

    patient_id: str
    sex: str
    age: int
    study_date: str
    number: int
    sequence: str  # FLAIR, T1CE or T2
    description: str
    times: Sequence
    agent: str
    pixel_mm: float
    thickness_mm: float
    site: str
    manufacturer: str
    model: str
    tesla: float
    key: str  # whatever distinguishes this cohort from another: the identifiers are hashes of it


def uid(*parts: object) -> str:
    """Return a valid UID under the UUID root (2.25) that depends on its parts only."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def write_slice(path: Path, pixels: NDArray[np.uint16], series: Series, corner_mm: tuple[float, float, float], instance: int) -> None:
    """Write one axial slice; corner_mm is the centre of its first pixel (x to the left, y to the back, z up)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = uid(series.key, series.patient_id, series.sequence, instance)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = uid("medimg implementation")
    meta.ImplementationVersionName = f"MEDIMG {__version__}"[:16]
    ds = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
    _who(ds, series)
    _how(ds, series)
    _where(ds, series, corner_mm, instance)
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    top = float(np.percentile(pixels, 99.5))
    ds.WindowCenter, ds.WindowWidth = f"{top / 2:.0f}", f"{max(top, 2):.0f}"
    ds.PixelData = np.ascontiguousarray(pixels, dtype="<u2").tobytes()
    ds.save_as(path, enforce_file_format=True)


def _who(ds: Dataset, s: Series) -> None:
    """Patient, study and equipment."""
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = f"Phantom^{s.patient_id}", s.patient_id, "", s.sex
    ds.PatientAge = f"{s.age:03d}Y"
    ds.PatientIdentityRemoved, ds.DeidentificationMethod = "YES", "built-in cohort, nobody's picture"
    ds.StudyInstanceUID = uid(s.key, s.patient_id, "study")
    ds.SeriesInstanceUID = uid(s.key, s.patient_id, s.sequence)
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = uid(s.key, s.patient_id, "frame"), ""
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = s.study_date
    ds.StudyTime = ds.ContentTime = "120000"
    ds.StudyID, ds.AccessionNumber, ds.ReferringPhysicianName = "1", "", ""
    ds.StudyDescription, ds.SeriesDescription, ds.ProtocolName = "MR brain", s.description, s.description
    ds.SeriesNumber, ds.Modality, ds.BodyPartExamined, ds.PatientPosition = s.number, "MR", "HEAD", "HFS"
    ds.Manufacturer, ds.ManufacturerModelName = s.manufacturer, s.model
    ds.InstitutionName, ds.StationName, ds.DeviceSerialNumber = f"Site {s.site}", f"{s.site}-MR1", uid(s.site)[-6:]
    ds.SoftwareVersions = f"medimg {__version__}"


def _how(ds: Dataset, s: Series) -> None:
    """The sequence."""
    t = s.times
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "SE"]
    ds.ScanningSequence = ["SE", "IR"] if t.ti else "SE"
    ds.SequenceVariant = ["SK", "SP"] if s.sequence != "T1CE" else ("SP" if not t.ti else ["SP", "MP"])
    ds.ScanOptions = "FS" if t.fat < 0.6 else ""
    ds.MRAcquisitionType, ds.SequenceName = "2D", {"FLAIR": "tir2d", "T1CE": "se2d", "T2": "tse2d"}[s.sequence]
    ds.RepetitionTime, ds.EchoTime = f"{t.tr:.0f}", f"{t.te:.0f}"
    if t.ti:
        ds.InversionTime = f"{t.ti:.0f}"
    ds.EchoTrainLength = 16 if s.sequence != "T1CE" else 1
    ds.MagneticFieldStrength, ds.ImagingFrequency = f"{s.tesla:g}", f"{42.577 * s.tesla:.3f}"
    ds.ImagedNucleus, ds.NumberOfAverages, ds.FlipAngle = "1H", "1", "90"
    if s.agent:
        ds.ContrastBolusAgent, ds.ContrastBolusRoute = s.agent, "IV"


def _where(ds: Dataset, s: Series, corner_mm: tuple[float, float, float], instance: int) -> None:
    """Place in the patient; all series of a patient share one frame of reference."""
    ds.InstanceNumber, ds.AcquisitionNumber = instance, 1
    ds.ImagePositionPatient = [f"{v:.3f}" for v in corner_mm]
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.SliceLocation, ds.SliceThickness = f"{corner_mm[2]:.3f}", f"{s.thickness_mm:g}"
    ds.PixelSpacing = [f"{s.pixel_mm:.6f}"] * 2
