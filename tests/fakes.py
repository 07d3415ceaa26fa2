"""Tiny images whose right answer is known by construction: DICOM, PNG, JPEG and TIFF writers, and small cohorts with a manifest.

Every writer returns the path it wrote. Identity in these files is invented, and easy to look for in outputs: see `SECRETS`.
"""

import csv
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

NAME = "Mustermann^Erika"
ACCESSION = "ACC-778899"
BIRTH_DATE = "19520317"
STUDY_DATE = "20240229"
SECRETS = ("Mustermann", "Erika", ACCESSION, BIRTH_DATE, STUDY_DATE)  # never in a table, a log or an error; nor is any patient id
SOP_CLASS = {
    "CR": "1.2.840.10008.5.1.4.1.1.1",
    "DX": "1.2.840.10008.5.1.4.1.1.1.1",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "NM": "1.2.840.10008.5.1.4.1.1.20",
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "SR": "1.2.840.10008.5.1.4.1.1.88.11",
    "OT": "1.2.840.10008.5.1.4.1.1.7",
}
# Numbers a scanner would write: repetition, echo and inversion time in ms, scanning sequence, variant, contrast agent, name of the series.
MR_TAGS = {
    "FLAIR": {"TR": 9000, "TE": 120, "TI": 2500, "sequence": ["SE", "IR"], "variant": ["SK", "SP"], "agent": "", "text": "ax dark fluid"},
    "T2": {"TR": 5000, "TE": 100, "TI": None, "sequence": ["SE"], "variant": ["SK"], "agent": "", "text": "ax tse"},
    "T1": {"TR": 500, "TE": 10, "TI": None, "sequence": ["SE"], "variant": ["NONE"], "agent": "", "text": "ax se"},
    "T1CE": {"TR": 500, "TE": 10, "TI": None, "sequence": ["SE"], "variant": ["NONE"], "agent": "Gadovist", "text": "ax se"},
}
WINDOWS_KEV = ((126.0, 154.0), (92.0, 125.0))  # photopeak of Tc-99m, scatter
VIEWS = (("R-10214", "Posterior projection"), ("R-10206", "Anterior projection"))  # anterior is the second: position must not decide


def uid(*words):
    """A valid UID, the same for the same words."""
    return generate_uid(entropy_srcs=[str(word) for word in words])


def ramp(rows=16, columns=16, low=0, high=4095, dtype=np.uint16):
    """Stored values from low (top left) to high (bottom right), all in between, in reading order."""
    return np.linspace(low, high, rows * columns).round().reshape(rows, columns).astype(dtype)


def header(modality, patient, study, series, sop):
    """What every file needs to be DICOM, with an invented identity."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SOP_CLASS[modality]
    meta.MediaStorageSOPInstanceUID = sop
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID, data.Modality = SOP_CLASS[modality], sop, modality
    data.StudyInstanceUID, data.SeriesInstanceUID = study, series
    data.PatientID, data.PatientName, data.PatientBirthDate, data.AccessionNumber = patient, NAME, BIRTH_DATE, ACCESSION
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = STUDY_DATE
    data.StudyTime, data.PatientSex, data.ReferringPhysicianName, data.StudyID = "101500", "F", "", "1"
    data.SeriesNumber, data.InstanceNumber = 1, 1
    data.InstitutionName, data.StationName, data.Manufacturer = "Klinikum Musterstadt", "ROOM7", "Acme"
    return data


def dicom(path, pixels, *, modality="OT", patient="P1", study=None, series=None, sop=None, bits=None, photometric="MONOCHROME2", **tags):
    """A DICOM file of any class: pixels (H, W), (frames, H, W) or (H, W, 3); `tags` are pydicom keywords, None leaves one out."""
    path = Path(path)
    pixels = np.ascontiguousarray(pixels)
    study = study or uid(patient, "study")
    series = series or uid(study, "series")
    data = header(modality, patient, study, series, sop or uid(path.name, series))
    colour = photometric.startswith(("RGB", "YBR"))
    shape = pixels.shape[:-1] if colour else pixels.shape
    data.Rows, data.Columns = shape[-2:]
    data.SamplesPerPixel, data.PhotometricInterpretation = (3 if colour else 1), photometric
    if colour:
        data.PlanarConfiguration = 0
    if len(shape) == 3:
        data.NumberOfFrames = shape[0]
    data.BitsAllocated = pixels.dtype.itemsize * 8
    data.BitsStored = bits or data.BitsAllocated
    data.HighBit = data.BitsStored - 1
    data.PixelRepresentation = int(pixels.dtype.kind == "i")
    data.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    data["PixelData"].VR = "OB" if data.BitsAllocated == 8 else "OW"
    for keyword, value in tags.items():
        if value is None:
            data.pop(keyword, None)
        else:
            setattr(data, keyword, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path


def chest_film(path, pixels=None, *, view="PA", photometric="MONOCHROME1", bits=12, modality="CR", spacing_mm=0.2, **tags):
    """A chest film; with MONOCHROME1 the image that must come out is `2**bits - 1 - pixels`."""
    pixels = ramp(24, 20, 0, 2**bits - 1) if pixels is None else pixels
    tags = {"ViewPosition": view, "ImagerPixelSpacing": [spacing_mm, spacing_mm], "BodyPartExamined": "CHEST", **tags}
    return dicom(path, pixels, modality=modality, photometric=photometric, bits=bits, **tags)


def mr_slice(path, pixels=None, *, sequence="FLAIR", z_mm=0.0, spacing_mm=0.5, text=None, **tags):
    """One axial MR slice at `z_mm` with the times of its sequence; the series' name does not give the sequence away."""
    times = MR_TAGS[sequence]
    pixels = ramp(20, 20, 0, 900) if pixels is None else pixels
    tags = {
        "RepetitionTime": times["TR"], "EchoTime": times["TE"], "InversionTime": times["TI"],
        "ScanningSequence": times["sequence"], "SequenceVariant": times["variant"], "ContrastBolusAgent": times["agent"],
        "SeriesDescription": times["text"] if text is None else text, "ImageType": ["ORIGINAL", "PRIMARY", "M"],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "ImagePositionPatient": [-5.0, -5.0, float(z_mm)],
        "FrameOfReferenceUID": uid("frame", tags.get("study", "")), "PixelSpacing": [spacing_mm, spacing_mm], "SliceThickness": 5,
        **tags,
    }  # fmt: skip
    return dicom(path, pixels, modality="MR", bits=12, **tags)


def mr_series(folder, *, sequence="FLAIR", slices=4, patient="P1", study=None, number=1, step_mm=6.0, seed=0, **tags):
    """A folder of slices 0, 6, 12 ... mm with pixels that differ from every other slice of another (patient, number, seed)."""
    study = study or uid(patient, "study")
    series = uid(study, "series", number)
    random = np.random.default_rng([seed, number, *patient.encode()])
    return [
        mr_slice(
            Path(folder) / f"s{number}_{i:02d}.dcm", random.integers(0, 900, (20, 20), dtype=np.uint16), sequence=sequence,
            z_mm=i * step_mm, patient=patient, study=study, series=series, SeriesNumber=number, InstanceNumber=i + 1, **tags,
        )
        for i in range(slices)
    ]  # fmt: skip


def scintigram(path, pixels=None, *, windows=2, detectors=2, size=16, spacing_mm=2.0, image_type="STATIC", **tags):
    """A nuclear medicine file: frame (window w, detector d) holds the constant 100 * (w + 1) + 10 * (d + 1) where pixels are not given.

    Window 1 is the photopeak, detector 2 sees the anterior view (detector 1 where there is but one):
    the default frame of the full file is index 1, counts 120.
    """
    if pixels is None:
        pixels = np.stack(
            [np.full((size, size), 100 * (w + 1) + 10 * (d + 1), np.uint16) for w in range(windows) for d in range(detectors)]
        )
    views = VIEWS if detectors > 1 else VIEWS[1:]
    tags = {
        "EnergyWindowVector": [w + 1 for w in range(windows) for _ in range(detectors)],
        "DetectorVector": [d + 1 for _ in range(windows) for d in range(detectors)],
        "NumberOfEnergyWindows": windows, "NumberOfDetectors": detectors,
        "FrameIncrementPointer": [0x00540010, 0x00540020],
        "EnergyWindowInformationSequence": Sequence([window(*WINDOWS_KEV[w]) for w in range(windows)]),
        "DetectorInformationSequence": Sequence([detector(*views[d]) for d in range(detectors)]),
        "ImageType": ["ORIGINAL", "PRIMARY", image_type, "EMISSION"], "PixelSpacing": [spacing_mm, spacing_mm],
        "SeriesDescription": "thyroid static", **tags,
    }  # fmt: skip
    if windows * detectors == 1:
        tags = {key: (value[0] if key.endswith("Vector") else value) for key, value in tags.items()}
    return dicom(path, pixels.reshape(-1, *pixels.shape[-2:]), modality="NM", **tags)


def window(low_kev, high_kev):
    limits, info = Dataset(), Dataset()
    limits.EnergyWindowLowerLimit, limits.EnergyWindowUpperLimit = str(low_kev), str(high_kev)
    info.EnergyWindowRangeSequence = Sequence([limits])
    return info


def detector(code, meaning):
    view, info = Dataset(), Dataset()
    view.CodeValue, view.CodingSchemeDesignator, view.CodeMeaning = code, "SRT", meaning
    info.CollimatorType, info.ViewCodeSequence = "PARA", Sequence([view])
    return info


def without_pixels(path, **tags):
    """A structured report: valid DICOM, no image."""
    data = header("SR", "P1", uid("s"), uid("e"), uid(path))
    for keyword, value in tags.items():
        setattr(data, keyword, value)
    data.save_as(path, enforce_file_format=True)
    return Path(path)


def absurd(path, rows=40000, columns=40000):
    """A few bytes of RLE that claim an enormous picture: decoding it kills a process that does not look first."""
    tiny = np.zeros((4, 4), np.uint8)
    path = chest_film(path, tiny, bits=8)
    data = dcmread(path)
    data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.5"
    data.Rows, data.Columns = rows, columns
    data.PixelData = encapsulate([b"\1\0\0\0\x40\0\0\0" + b"\0" * 56 + b"\x0f" + tiny.tobytes()])
    data["PixelData"].is_undefined_length = True
    data.save_as(path)
    return path


def truncated(path, keep=0.5):
    """Cut a file, as a broken copy does."""
    path = Path(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    return path


def without_syntax(path):
    """Take the name of its coding from a file, as some exports do."""
    data = dcmread(path)
    del data.file_meta.TransferSyntaxUID
    data.save_as(path, enforce_file_format=False, implicit_vr=True, little_endian=True)
    return path


def png(path, pixels):
    """8 or 16 bit grey, (H, W, 3) colour, (H, W, 4) with alpha."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels)).save(path, format="PNG")
    return Path(path)


def jpeg(path, pixels, quality=95, **options):
    """8 bit grey or colour; constant areas survive exactly."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels)).save(path, format="JPEG", quality=quality, **options)
    return Path(path)


def tiff(path, pixels, **options):
    """8 or 16 bit, (H, W) or (pages, H, W)."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.asarray(pixels), **options)
    return Path(path)


def table(path, rows, columns=None, *, separator=",", encoding="utf-8", end="\n"):
    """A CSV file of dictionaries."""
    columns = columns or list(dict.fromkeys(key for row in rows for key in row))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter=separator, lineterminator=end)
        writer.writeheader()
        writer.writerows(rows)
    return Path(path)


def cohort(folder, *, patients=12, images=2, classes=("a", "b"), size=16, sites=("north", "south"), seed=0, kind="png", multilabel=False):
    """Images with a manifest, classes told apart by a bright disc's place: patients are dealt to classes in turn, sites in pairs.

    Images of one patient share its label and an offset; all pixels differ. With multilabel every third patient has the first two labels.
    """
    folder = Path(folder)
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] / size
    rows = []
    for p in range(patients):
        held = list(classes[:2]) if multilabel and p % 3 == 2 else [classes[p % len(classes)]]
        bright = 40 + 20 * random.random() + sum(disc(x, y, classes.index(name), len(classes)) for name in held)
        for i in range(images):
            pixels = np.clip(bright + random.normal(0, 12, (size, size)), 0, 255).astype(np.uint8)
            path = folder / "images" / f"p{p:03d}_{i}.{kind}"
            {"png": png, "jpg": jpeg, "dcm": chest_film_8bit}[kind](path, pixels, **({"patient": f"P{p:03d}"} if kind == "dcm" else {}))
            rows.append({
                "image": f"images/{path.name}", "patient_id": f"P{p:03d}", "label": "|".join(held), "site": sites[p // 2 % len(sites)],
                "sequence": ("FLAIR", "T1CE")[i % 2], "view": "PA", "slice_mm": i * 5.0, "scanner": "x" if p % 4 else "y",
            })  # fmt: skip
    return table(folder / "manifest.csv", rows)


def chest_film_8bit(path, pixels, patient):
    return chest_film(path, pixels, bits=8, photometric="MONOCHROME2", patient=patient)


def disc(x, y, index, count):
    """A bright disc whose place on a circle tells the class."""
    angle = 2 * np.pi * index / count
    return 120.0 * (np.hypot(x - 0.5 - 0.25 * np.cos(angle), y - 0.5 - 0.25 * np.sin(angle)) < 0.2)


def brain(folder, *, patients=12, first=0, slices=3, sequences=("FLAIR", "T1CE", "T2"), classes=("a", "b"), size=24, seed=0):
    """MR slices as DICOM with a manifest: a disc's place tells the class, sequences share a frame of reference; every fifth patient
    lacks the last sequence, and the second sequence lies 1 mm off the others (spacing 6 mm).
    """
    folder, random = Path(folder), np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] / size
    rows = []
    for p in range(patients):
        name, label = f"P{first + p:03d}", classes[p % len(classes)]
        for s, sequence in enumerate(sequences[: len(sequences) - (p % 5 == 4)]):
            for i in range(slices):
                pixels = 200 + random.normal(0, 60, (size, size)) + 4 * disc(x, y, classes.index(label), len(classes))
                path, z_mm = folder / name / f"{sequence}{i}.dcm", 6.0 * i + (s == 1)
                study = uid(name, "study")
                mr_slice(
                    path, np.clip(pixels, 1, 4000).astype(np.uint16), sequence=sequence, z_mm=z_mm, patient=name, study=study,
                    series=uid(name, sequence),
                )  # fmt: skip
                rows.append({"image": f"{name}/{path.name}", "patient_id": name, "label": label, "sequence": sequence, "site": "north"})
    return table(folder / "manifest.csv", rows)
