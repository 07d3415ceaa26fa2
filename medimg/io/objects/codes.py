"""The words of the objects as codes: SNOMED CT (SCT), DICOM (DCM) and UCUM where they have one, 99MEDIMG elsewhere."""

from highdicom.sr.coding import CodedConcept

PRIVATE = "99MEDIMG"
VERDICT = ("DCM", "111050", "Quality Assessment")
VERDICTS = {
    "unevaluable": ("SCT", "373121007", "Not Evaluated"),
    "not_applicable": ("SCT", "385432009", "Not applicable"),
}
METRICS = {
    "deviation_index": ("DCM", "113847", "Deviation Index"),
    "tube_voltage": ("DCM", "113733", "KVP"),
    "source_distance": ("DCM", "113750", "Distance Source to Detector"),
    "exposure_time": ("DCM", "113824", "Exposure Time"),
}
UNITS = {  # of a metric -> UCUM
    "mm": ("mm", "mm"), "deg": ("deg", "degree"), "kV": ("kV", "kV"), "ms": ("ms", "ms"), "px": ("{pixels}", "pixels"),
    "ratio": ("{ratio}", "ratio"), "count": ("{count}", "count"), "ribs": ("{ribs}", "ribs"),
}  # fmt: skip
NO_UNIT = ("1", "no units")
RIGHT, LEFT = ("SCT", "24028007", "Right"), ("SCT", "7771000", "Left")
SIDES = {"r": RIGHT, "l": LEFT}
STRUCTURE = ("SCT", "123037004", "Anatomical Structure")
ORGANS = {
    "lung": ("SCT", "39607008", "Lung"),
    "heart": ("SCT", "80891009", "Heart"),
    "mediastinum": ("SCT", "72410000", "Mediastinum"),
    "clavicle": ("SCT", "51299004", "Clavicle"),
    "scapula": ("SCT", "79601000", "Scapula"),
    "spine": ("SCT", "421060004", "Spine"),
    "trachea": ("SCT", "44567001", "Trachea"),
    "diaphragm": ("SCT", "5798000", "Diaphragm"),
    "ribs": ("SCT", "113197003", "Rib"),
    "sternum": ("SCT", "56873002", "Sternum"),
    "arm": ("SCT", "40983000", "Upper arm"),
}
LABELS = {"lung_both": "overlap of both lungs", "lung": "both lungs", "ribs_r": "posterior right ribs"}


def concept(scheme: str, value: str, meaning: str) -> CodedConcept:
    """One code, new each time: objects change the codes that they are given."""
    return CodedConcept(value, scheme, meaning)


def dcm(value: str, meaning: str) -> CodedConcept:
    """A code of PS3.16."""
    return concept("DCM", value, meaning)


def private(value: str) -> CodedConcept:
    """A code of medimg's own: apex_margin is (99MEDIMG, apex_margin, "Apex margin")."""
    words = value.replace("_", " ")
    return concept(PRIVATE, value, words[:1].upper() + words[1:])


def verdict(name: str) -> CodedConcept:
    """A verdict as the value of a Quality Assessment."""
    return concept(*VERDICTS[name]) if name in VERDICTS else private(name)


def metric(name: str) -> CodedConcept:
    """What was measured."""
    return concept(*METRICS[name]) if name in METRICS else private(name)


def unit(name: str) -> CodedConcept:
    """A unit in UCUM; shares of 1, indices and grey values have none."""
    return concept("UCUM", *UNITS.get(name, NO_UNIT))


def organ(name: str) -> tuple[CodedConcept, CodedConcept | None, str]:
    """An organ's code, its side and its label: lung_r is a lung, right, "right lung"."""
    base, _, side = name.partition("_")
    code = concept(*ORGANS[base]) if base in ORGANS else private(name)
    modifier = concept(*SIDES[side]) if side in SIDES else None
    plain = f"{modifier.meaning.lower()} {base}" if modifier else name.replace("_", " ")
    return code, modifier, LABELS.get(name, plain)
