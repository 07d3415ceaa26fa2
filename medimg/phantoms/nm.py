"""Nuclear medicine pictures as valid DICOM: one static anterior frame of Tc-99m counts per file."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, NuclearMedicineImageStorage

ENERGY_WINDOW_KEV = (126.0, 154.0)  # 140 keV of Tc-99m, 20 % wide


@dataclass(frozen=True)
class Static:
    """What the header of one static scintigram says; no value is a real person's."""

    patient_id: str
    sex: str
    age: int
    date: str  # YYYYMMDD
    site: str
    camera: str
    collimator: str  # PARA or PINH
    spacing_mm: tuple[float, float]
    duration_ms: int
    activity_mbq: float


def uid(*parts: str) -> str:
    """Derive a UID that is the same on every machine: 2.25 and 128 bits of a hash (PS3.5, B.2).

    >>> uid("a") == uid("a") != uid("b")
    True
    """
    return f"2.25.{int(sha256('/'.join(parts).encode()).hexdigest()[:32], 16)}"


def write_static(path: Path, counts: NDArray[np.uint16], facts: Static, cohort: str) -> None:
    """Write counts (rows, columns) as one Nuclear Medicine Image Storage file; `cohort` makes the UIDs differ between cohorts."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = NuclearMedicineImageStorage
    meta.MediaStorageSOPInstanceUID = uid(cohort, facts.patient_id, "sop")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    for part in (_patient_and_study(facts, cohort), _frames(counts, facts), _isotope(facts), _detector(facts)):
        file.update(part)
    file.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    file.save_as(path, enforce_file_format=True)


def _patient_and_study(facts: Static, cohort: str) -> Dataset:
    part = Dataset()
    part.SOPClassUID = NuclearMedicineImageStorage
    part.Modality = "NM"
    part.PatientName = f"PHANTOM^{facts.patient_id}"
    part.PatientID = facts.patient_id
    part.PatientBirthDate = ""
    part.PatientSex = facts.sex
    part.PatientAge = f"{facts.age:03d}Y"
    part.PatientIdentityRemoved = "YES"
    part.DeidentificationMethod = "simulated, no person"
    part.StudyInstanceUID = uid(cohort, facts.patient_id, "study")
    part.SeriesInstanceUID = uid(cohort, facts.patient_id, "series")
    part.StudyDate = part.SeriesDate = part.AcquisitionDate = part.ContentDate = facts.date
    part.StudyTime = part.SeriesTime = part.AcquisitionTime = part.ContentTime = "090000"
    part.AccessionNumber = part.ReferringPhysicianName = ""
    part.StudyID = facts.patient_id
    part.SeriesNumber = part.InstanceNumber = 1
    part.StudyDescription = "Thyroid scintigraphy"
    part.SeriesDescription = "Tc-99m pertechnetate static anterior"
    part.InstitutionName = f"Phantom site {facts.site}"
    part.Manufacturer = "medimg phantom"
    part.ManufacturerModelName = facts.camera
    part.StationName = f"SITE{facts.site}"
    part.BodyPartExamined = "NECK"
    return part


def _frames(counts: NDArray[np.uint16], facts: Static) -> Dataset:
    part = Dataset()
    part.ImageType = ["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"]
    part.SamplesPerPixel = 1
    part.PhotometricInterpretation = "MONOCHROME2"
    part.NumberOfFrames = 1
    part.FrameIncrementPointer = [Tag("EnergyWindowVector"), Tag("DetectorVector")]
    part.EnergyWindowVector = part.DetectorVector = 1
    part.NumberOfEnergyWindows = part.NumberOfDetectors = 1
    part.Rows, part.Columns = counts.shape
    part.PixelSpacing = [f"{value:.6g}" for value in facts.spacing_mm]
    part.BitsAllocated = part.BitsStored = 16
    part.HighBit = 15
    part.PixelRepresentation = 0
    part.SmallestImagePixelValue = int(counts.min())
    part.LargestImagePixelValue = int(counts.max())
    part.CountsAccumulated = int(counts.sum(dtype=np.int64))
    part.ActualFrameDuration = facts.duration_ms
    part.AcquisitionTerminationCondition = "TIME"
    part.LossyImageCompression = "00"
    part.PixelData = np.ascontiguousarray(counts, "<u2").tobytes()
    part["PixelData"].VR = "OW"
    return part


def _isotope(facts: Static) -> Dataset:
    part = Dataset()
    energy, limits = Dataset(), Dataset()
    limits.EnergyWindowLowerLimit, limits.EnergyWindowUpperLimit = ENERGY_WINDOW_KEV
    energy.EnergyWindowName = "Tc99m"
    energy.EnergyWindowRangeSequence = [limits]
    part.EnergyWindowInformationSequence = [energy]
    drug = Dataset()
    drug.RadionuclideCodeSequence = [_code("72454006", "^99m^Technetium")]
    drug.RadiopharmaceuticalCodeSequence = [_code("19495007", "Sodium pertechnetate Tc^99m^")]
    drug.RadiopharmaceuticalRoute = "INTRAVENOUS"
    drug.AdministrationRouteCodeSequence = [_code("47625008", "Intravenous route")]
    drug.Radiopharmaceutical = "Tc-99m pertechnetate"
    drug.RadionuclideTotalDose = f"{facts.activity_mbq:.1f}"  # MBq in the NM module, unlike PET
    part.RadiopharmaceuticalInformationSequence = [drug]
    return part


def _detector(facts: Static) -> Dataset:
    part = Dataset()
    detector = Dataset()
    detector.CollimatorType = facts.collimator
    detector.FieldOfViewShape = "ROUND" if facts.collimator == "PINH" else "RECTANGLE"
    detector.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    detector.ImagePositionPatient = [0, 0, 0]
    detector.ViewCodeSequence = [_code("399321004", "Anterior projection")]
    part.DetectorInformationSequence = [detector]
    part.PatientOrientationCodeSequence = [_code("102538003", "recumbent")]
    part.PatientOrientationCodeSequence[0].PatientOrientationModifierCodeSequence = [_code("40199007", "supine")]
    part.PatientGantryRelationshipCodeSequence = [_code("102540008", "headfirst")]
    return part


def _code(value: str, meaning: str) -> Dataset:
    """Return a SNOMED CT code of contexts 18, 19, 20, 21, 25, 26 (PS3.16)."""
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "SCT", meaning
    return code
