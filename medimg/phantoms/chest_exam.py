"""One film's circumstances: how the patient stood and breathed, the field, the exposure, and what stands on the film."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Exam:
    """What the radiographer set and the patient did; planted faults change these numbers and nothing else."""

    view: str  # PA or LAT
    rotation_deg: float = 0.0
    tilt_deg: float = 0.0
    ribs_above_dome: float = 9.7
    scapula_mm: float = 0.0  # moved over the lungs
    arms_down: bool = False
    margins_mm: tuple[float, float, float, float] = (30.0, 25.0, 50.0, 25.0)  # field beyond the lungs: top, left, bottom, right
    aside_mm: float = 0.0  # field beside the spine
    deviation: float = 0.0  # 10 log10(EI / target)
    blur_mm: float = 0.0  # Gaussian sigma of movement, on top of the system's own
    inverted: bool = False  # the tag says the opposite of the pixels
    text_over_lung: bool = False
    seed: int = 0
    faults: tuple[str, ...] = ()
    amounts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Room:
    """One X-ray room: detector, technique, processing and the look of its films."""

    name: str
    share: float
    size_mm: tuple[float, float]  # detector rows, columns
    pixel_mm: float
    bits: int
    monochrome: int  # 1 or 2
    kvp: int
    source_mm: int
    target: int  # exposure index aimed at
    spread: float  # standard deviation of the deviation index
    fine: float  # gain of fine detail
    edge: float  # gain of structures of a few mm
    even: float  # how much of the coarse contrast is kept
    border: str  # black: electronic shutter; open: the collimator's penumbra stays on the film
    marker: str  # L or R
    table: bool = False  # a VOI LUT instead of a window
    model: str = "DR"
