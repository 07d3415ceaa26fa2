"""The four made-up hospitals of the brain cohort: scanner, sequences, resolution, noise and scale."""

from dataclasses import dataclass

from medimg.phantoms.signal import Sequence


@dataclass(frozen=True)
class Site:
    """A hospital's scanner and habits."""

    name: str
    manufacturer: str
    model: str
    tesla: float
    fov_mm: float
    matrix: int
    read: int
    phase: int
    taper: float
    noise: float  # of white matter's signal
    bias: float
    counts: float  # white matter's stored value
    times: tuple[Sequence, Sequence, Sequence]
    names: tuple[str, str, str]


SITES = (
    Site(
        "north",
        "GE MEDICAL SYSTEMS",
        "Signa HDxt",
        1.5,
        240,
        256,
        256,
        208,
        0.5,
        0.040,
        0.16,
        520.0,
        (Sequence(8800, 122, 2250), Sequence(520, 11, 0, True), Sequence(4200, 98)),
        ("Ax T2 FLAIR", "Ax T1 +C", "Ax T2 FSE"),
    ),
    Site(
        "east",
        "SIEMENS",
        "Verio",
        3.0,
        230,
        320,
        300,
        252,
        0.3,
        0.034,
        0.26,
        310.0,
        (Sequence(9000, 95, 2500), Sequence(1900, 9, 860, True), Sequence(5200, 92)),
        ("t2_tirm_tra_dark-fluid", "t1_tirm_tra_KM", "t2_tse_tra"),
    ),
    Site(
        "south",
        "Philips Medical Systems",
        "Achieva",
        1.5,
        230,
        288,
        256,
        224,
        0.4,
        0.050,
        0.14,
        760.0,
        (Sequence(10000, 130, 2600), Sequence(560, 15, 0, True), Sequence(4600, 104, 0, False, 0.35)),
        ("FLAIR_longTR", "T1W_SE_GD", "T2W_TSE"),
    ),
    Site(
        "west",
        "SIEMENS",
        "Avanto",
        1.5,
        250,
        256,
        240,
        192,
        0.7,
        0.062,
        0.20,
        240.0,
        (Sequence(8500, 112, 2400), Sequence(470, 8, 0, True), Sequence(3800, 108)),
        ("FLAIR tra", "T1 SE tra post", "T2 TSE tra"),
    ),
)
