"""What is drawn over a film: contours of organs, and the lines, points and boxes that were measured, by rule."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from medimg.qc.verdict import FAIL, UNEVALUABLE, WARN
from medimg.report.quality.rules import number_of
from medimg.report.quality.words import Words

ORGAN_KINDS = (
    "lung_both",
    "lung",
    "heart",
    "mediastinum",
    "clavicle",
    "scapula",
    "spine",
    "trachea",
    "diaphragm",
    "ribs",
    "sternum",
    "arm",
)
TOLD = (FAIL, WARN, UNEVALUABLE)  # verdicts whose marks carry the rule's number
Points = Sequence[Sequence[float]]
Film = Mapping[str, Any]


def kind_of(organ: str) -> str:
    """The organ without its side, which its colour and dashes follow: lung_r -> lung."""
    return next((kind for kind in ORGAN_KINDS if organ.startswith(kind)), "other")


def path(points: Points, closed: bool = False) -> str:
    """(row, column) points as the data of an SVG path, x before y.

    >>> path([(1, 2), (3, 4.04)], closed=True)
    'M2 1L4 3Z'
    """
    told = "L".join(f"{round(column, 1):g} {round(row, 1):g}" for row, column in points)
    return f"M{told}{'Z' if closed else ''}"


def contours(film: Film) -> list[tuple[str, str, str]]:
    """Organs with a contour: organ, kind, path of all its parts."""
    found = ((organ, [path(part, closed=True) for part in parts if len(part) > 2]) for organ, parts in film["contours"].items())
    return [(organ, kind_of(organ), "".join(parts)) for organ, parts in found if parts]


def marks(film: Film, words: Words) -> Markup:
    """Marks of all rules, each rule a group with the id `m-<rule>`; those that fail or warn carry the rule's number."""
    size = max(film["shape"]) / 100
    used: list[tuple[float, float]] = []
    groups = [_group(rule, size, used, words) for rule in film["rules"] if rule["marks"]]
    return Markup("").join(groups)


def _group(rule: Mapping[str, Any], size: float, used: list[tuple[float, float]], words: Words) -> Markup:
    drawn = "".join(_mark(mark, size, words) for mark in rule["marks"])
    label = _label(rule, size, used) if rule["verdict"] in TOLD else ""
    return Markup(f'<g id="m-{escape(rule["rule"])}" class="{escape(rule["verdict"])}">{drawn}{label}</g>')


def _mark(mark: Mapping[str, Any], size: float, words: Words) -> str:
    """One mark, its label as a title."""
    kind, points, title = mark["kind"], mark["points"], f"<title>{escape(words.mark(mark['label']))}</title>"
    if kind == "point":
        row, column = points[0]
        return f'<circle cx="{column:.1f}" cy="{row:.1f}" r="{0.7 * size:.1f}">{title}</circle>'
    if kind == "box":
        (top, left), (bottom, right) = points
        return f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}">{title}</rect>'
    dots = (f'<circle class="end" cx="{column:.1f}" cy="{row:.1f}" r="{0.35 * size:.1f}"/>' for row, column in points)
    return f'<path d="{path(points)}">{title}</path>{"".join(dots) if kind == "line" else ""}'


def _label(rule: Mapping[str, Any], size: float, used: list[tuple[float, float]]) -> str:
    """The rule's number beside its last mark, moved down where another number stands already."""
    points = rule["marks"][-1]["points"]
    row, column = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    row, column = row + size, column + 1.2 * size
    while any(abs(row - y) < 2.8 * size and abs(column - x) < 5 * size for y, x in used):
        row += 2.8 * size
    used.append((row, column))
    return f'<text x="{column:.1f}" y="{row:.1f}" font-size="{2.8 * size:.1f}">{escape(number_of(rule["rule"]))}</text>'
