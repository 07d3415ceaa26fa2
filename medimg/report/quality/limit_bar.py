"""A value against its limits as a small bar: zones that fail, warn and pass, and where the value lies."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from markupsafe import Markup, escape

from medimg.qc.rules import Limits

WIDTH, TOP, BASE = 220.0, 12.0, 26.0
FAR = 8  # spans of the limits: a value farther off is an arrow at the end of the scale
LEAST = 1e-9  # limits nearer to each other, or to 0, are drawn as one
EDGE = 0.2  # of a span beside the outermost value
SLANT, STEP = 6, 5  # px of a hatched line across, and from one line or dot to the next
Say = Callable[[float], str]


def scale(limits: Limits, value: float | None) -> tuple[float, float]:
    """Ends of the scale: the limits with as much room again on either side, and the value if it is not far away.

    Nothing far below 0 is drawn where nothing is negative.
    >>> scale((0.4, 0.6, None, None), 0.5)
    (0.2, 0.8)
    """
    there = [limit for limit in limits if limit is not None]
    low, high = min(there), max(there)
    span = next((one for one in (high - low, abs(high)) if one > LEAST), 1.0)
    start, end = low - span, high + span
    if value is not None and low - FAR * span < value < high + FAR * span:
        start, end = min(start, value - EDGE * span), max(end, value + EDGE * span)
    if low >= 0 and (value is None or value >= 0):
        start = max(start, 0.0 if low and value != 0 else -EDGE * span)
    return round(start, 12), round(end, 12)


def zones(limits: Limits, start: float, end: float) -> list[tuple[str, float, float]]:
    """Zones of the scale from left to right, those without width left out: (fail, warn or pass; from; to)."""
    fail_lo, warn_lo, warn_hi, fail_hi = limits
    low = start if fail_lo is None else fail_lo
    high = end if fail_hi is None else fail_hi
    edges = [start, low, low if warn_lo is None else warn_lo, high if warn_hi is None else warn_hi, high, end]
    names = ("fail", "warn", "pass", "warn", "fail")
    return [(name, a, b) for name, (a, b) in zip(names, pairwise(edges), strict=True) if b > a]


def limit_bar(limits: Limits, value: float | None, say: Say) -> Markup:
    """Draw the bar, fail limits written above, warning limits below; nothing where there are no limits. `say` writes a limit."""
    if all(limit is None for limit in limits):
        return Markup("")
    start, end = scale(limits, value)

    def x(number: float) -> float:
        return 1 + (WIDTH - 2) * (min(end, max(start, number)) - start) / (end - start)

    parts = [_zone(name, x(a), x(b)) for name, a, b in zones(limits, start, end)]
    parts.append(f'<rect class="frame" x="1" y="{TOP}" width="{WIDTH - 2}" height="{BASE - TOP}"/>')
    heights = (TOP - 3, BASE + 10, BASE + 10, TOP - 3)
    told = [(x(limit), y, limit) for limit, y in zip(limits, heights, strict=True) if limit is not None]
    parts += [f'<text x="{at:.1f}" y="{y}" text-anchor="{_anchor(at)}">{escape(say(limit))}</text>' for at, y, limit in told]
    if value is not None:
        parts.append(_needle(x(value), value < start, value > end))
    return Markup(f'<svg class="limits-bar" viewBox="0 0 {WIDTH:.0f} {BASE + 13:.0f}" aria-hidden="true">{"".join(parts)}</svg>')


def _zone(name: str, left: float, right: float) -> str:
    """A zone with its texture, drawn line by line: a pattern would make a printed page of megabytes."""
    box = f'<rect class="zone-{name}" x="{left:.1f}" y="{TOP}" width="{max(0.5, right - left):.1f}" height="{BASE - TOP}"/>'
    if name == "fail":
        lines = "".join(f"M{at:.1f} {BASE}l{SLANT} {TOP - BASE}" for at in np.arange(left, right - SLANT, STEP))
        return f'{box}<path class="hatch" d="{lines}"/>' if lines else box
    if name == "warn" and right - left > STEP:
        return f'{box}<path class="dots" d="M{left + 3:.1f} {TOP + 4.5}H{right - 2:.1f}M{left + 3:.1f} {BASE - 4.5}H{right - 2:.1f}"/>'
    return box


def _anchor(x: float) -> str:
    return "start" if x < 16 else "end" if x > WIDTH - 16 else "middle"


def _needle(x: float, below: bool, above: bool) -> str:
    """A line across the bar with a diamond; an arrow at its end for a value beyond the scale."""
    middle = (TOP + BASE) / 2
    if below or above:
        tip, back = (1.0, 11.0) if below else (WIDTH - 1, WIDTH - 11)
        return f'<path class="needle" d="M{tip} {middle}L{back} {middle - 6}L{back} {middle + 6}z"/>'
    return f'<path class="needle" d="M{x:.1f} {TOP}V{BASE}M{x:.1f} {middle - 5}l5 5l-5 5l-5 -5z"/>'
