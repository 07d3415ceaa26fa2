"""Faults planted into films, in known amounts: which there are, how often, and what each changes."""

from dataclasses import dataclass, replace

from numpy.random import Generator

from medimg.phantoms.chest_exam import Exam
from medimg.phantoms.chest_patients import Patient


@dataclass(frozen=True)
class Fault:
    """One kind of fault; the range of amounts begins just beyond the rule's limit."""

    name: str
    group: str  # overall, organs, imaging or position
    views: tuple[str, ...]
    low: float
    high: float
    unit: str
    metric: str  # the value that it moves beyond its limit


BOTH = ("PA", "LAT")
FAULTS = (
    Fault("off_centre", "overall", BOTH, 0.108, 0.13, "frac", "centring_x"),
    Fault("tilt", "overall", BOTH, 5.6, 11.0, "deg", "tilt"),
    Fault("cut_apex", "organs", BOTH, 6.0, 35.0, "mm", "apex_margin"),
    Fault("cut_angle", "organs", BOTH, 17.0, 45.0, "mm", "base_margin"),
    Fault("under_exposure", "imaging", BOTH, -8.0, -3.4, "DI", "deviation_index"),
    Fault("over_exposure", "imaging", BOTH, 3.4, 7.0, "DI", "deviation_index"),
    Fault("blur", "imaging", BOTH, 1.32, 2.4, "mm", "sharpness"),
    Fault("inverted", "imaging", BOTH, 1.0, 1.0, "", "polarity"),
    Fault("text_over_lung", "imaging", BOTH, 6.0, 10.0, "mm", "annotation_over_lung"),
    Fault("rotation", "position", ("PA",), 4.6, 10.0, "deg", "rotation"),
    Fault("scapulae", "position", ("PA",), 36.0, 52.0, "mm", "scapula_overlap"),
    Fault("poor_inspiration", "position", ("PA",), 5.4, 7.7, "ribs", "inspiration"),
    Fault("arms_down", "position", ("LAT",), 1.0, 1.0, "", "arm_over_lung"),
    Fault("rotated", "position", ("LAT",), 7.0, 16.0, "deg", "posterior_borders"),
)
VIEW_FAULTS = ("missing_view", "doubled_view")  # of a study, group overall
SIGNED = ("tilt", "rotation", "rotated")


@dataclass(frozen=True)
class Rates:
    """Share of films with a fault of each group; `by_fault` instead deals every kind of a view, missing and doubled views too, alike."""

    overall: float
    organs: float
    imaging: float
    position: float
    views: float  # share of studies with a view missing or doubled
    by_fault: bool = False


def draw_exam(rng: Generator, patient: Patient, view: str, spread: float, rates: Rates) -> Exam:
    """Draw one film's circumstances: what varies in good films first, then at most one fault of each group."""
    side = rng.uniform(34, 50)  # most of the shoulder blades, as films of 35 and 43 cm show them
    exam = Exam(
        view=view,
        rotation_deg=float(min(max(rng.normal(0, 0.7), -1.6), 1.6)) + (1.2 if view == "LAT" else 0.0),
        tilt_deg=float(min(max(rng.normal(0, 0.8), -2.2), 2.2)),
        ribs_above_dome=patient.ribs_above_dome + float(rng.normal(0, 0.08)),
        scapula_mm=float(min(max(rng.normal(0, 5), -12), 9)),
        margins_mm=(float(rng.uniform(20, 38)), float(side), float(rng.uniform(42, 56)), float(side + rng.normal(0, 3)))
        if view == "PA"
        else (float(rng.uniform(20, 36)), float(rng.uniform(28, 44)), float(rng.uniform(36, 48)), float(rng.uniform(48, 62))),
        deviation=float(min(max(rng.normal(0, spread), -2.7), 2.7)),
        aside_mm=float(rng.normal(0, 4)),
        seed=int(rng.integers(2**31)),
    )
    for fault in _chosen(rng, view, rates):
        exam = planted(exam, fault, float(rng.uniform(fault.low, fault.high)) * (rng.choice([-1, 1]) if fault.name in SIGNED else 1))
    return exam


def _chosen(rng: Generator, view: str, rates: Rates) -> list[Fault]:
    possible = [fault for fault in FAULTS if view in fault.views]
    if rates.by_fault:
        weight = [2 if len(fault.views) == 1 else 1 for fault in possible]  # what is planted into one view only is as common as the rest
        return [possible[int(rng.choice(len(possible), p=[share / sum(weight) for share in weight]))]]
    chosen = []
    for group in ("overall", "organs", "imaging", "position"):
        kinds = [fault for fault in possible if fault.group == group]
        if rng.random() < getattr(rates, group):
            chosen.append(kinds[int(rng.integers(len(kinds)))])
    return chosen


def planted(exam: Exam, fault: Fault, amount: float) -> Exam:
    """The exam with one fault of a given amount."""
    changes = {
        "tilt": {"tilt_deg": amount},
        "under_exposure": {"deviation": amount},
        "over_exposure": {"deviation": amount},
        "blur": {"blur_mm": amount},
        "inverted": {"inverted": True},
        "text_over_lung": {"text_over_lung": True},
        "rotation": {"rotation_deg": amount},
        "rotated": {
            "rotation_deg": amount if amount < 0 else amount + 8.0
        },  # a turn to the left first undoes what the nearer side's size adds
        "scapulae": {"scapula_mm": amount},
        "poor_inspiration": {"ribs_above_dome": amount},
        "arms_down": {"arms_down": True},
    }
    known = {**exam.amounts, fault.name: amount}
    return replace(exam, **changes.get(fault.name, {}), faults=(*exam.faults, fault.name), amounts=known)  # type: ignore[arg-type]
