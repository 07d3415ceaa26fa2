"""Figures of the report as SVG: a p-chart of months, a histogram of a room; the browser has the letters of every language."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from markupsafe import Markup

from medimg.qc.pchart import p_chart
from medimg.qc.rates import GREY, Counts, months
from medimg.report.quality.rate_tables import scale_end

Row = dict[str, Any]
WIDTH, HEIGHT, LEFT, TOP, BASE = 460, 190, 44, 10, 150
MOST_MONTHS = 120
LABELS = 12  # months named under a chart
END = 6.0  # the deviation index is drawn from minus to plus this; what lies beyond is put into the last bar
BARS = np.linspace(-END, END, 25)
LIMITS = (-3, -1, 1, 3)


def calendar(found: Sequence[str]) -> list[str]:
    """All months from the first to the last, those without films too unless they are more than ten years.

    >>> calendar(["2025-11", "2026-02"])
    ['2025-11', '2025-12', '2026-01', '2026-02']
    """
    first, last = ((int(month[:4]) * 12 + int(month[5:7]) - 1) for month in (min(found), max(found)))
    if last - first > MOST_MONTHS:
        return sorted(found)
    return [f"{month // 12}-{month % 12 + 1:02d}" for month in range(first, last + 1)]


def chart_rows(counts: Counts, item: str, known: Sequence[str]) -> list[Row]:
    """Rows of `p_chart` of one item for all months from the first to the last of `known`."""
    words, fails, films = months(counts, item)
    seen = dict(zip(words, zip(fails, films, strict=True), strict=True))
    every = calendar(known)
    return p_chart(every, [seen.get(word, (0, 0))[0] for word in every], [seen.get(word, (0, 0))[1] for word in every])


def p_chart_svg(rows: Sequence[Row], name: str, share: Any) -> Markup:
    """Draw a p-chart; `name` for screen readers, `share` writes a rate."""
    there = [row for row in rows if row["n"]]
    end = scale_end([max(row["rate"], row["exact_high"], row["high"]) for row in there])
    step = (WIDTH - LEFT - 12) / len(rows)
    x = [LEFT + step * (n + 0.5) for n in range(len(rows))]
    parts = [_scale(end, share), _band(rows, x, step, end), _line(rows, x, end)]
    parts += [_point(row, at, end, share) for row, at in zip(rows, x, strict=True) if row["n"]]
    every = -(-len(rows) // LABELS)
    parts += [_month(row, at) for n, (row, at) in enumerate(zip(rows, x, strict=True)) if n % every == 0]
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, name, Markup("").join(parts)
    )


def _y(value: float, end: float) -> float:
    return BASE - (BASE - TOP) * min(1.0, value / end)


def _scale(end: float, share: Any) -> Markup:
    line = Markup('<path class="grid" d="M{} {y:.1f}H{}"/><text class="tick" x="{}" y="{text:.1f}">{}</text>')
    at = [(fraction * end, _y(fraction * end, end)) for fraction in (0, 0.5, 1)]
    return Markup("").join(
        line.format(LEFT, WIDTH - 8, LEFT - 5, share(value, 0 if value * 100 % 1 == 0 else 1), y=y, text=y + 3.5) for value, y in at
    )


def _band(rows: Sequence[Row], x: Sequence[float], step: float, end: float) -> Markup:
    """Exact limits as boxes, three standard deviations dashed, the mean dotted: each month has its own, as it has its own films."""
    box = Markup('<rect class="band" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
    line = Markup('<path class="sigma" d="M{left:.1f} {high:.1f}H{right:.1f}M{left:.1f} {low:.1f}H{right:.1f}"/>')
    parts = []
    for row, at in zip(rows, x, strict=True):
        if row["n"]:
            top, bottom = _y(row["exact_high"], end), _y(row["exact_low"], end)
            parts.append(box.format(at - step / 2, top, step, max(0.8, bottom - top)))
            parts.append(line.format(left=at - step / 2, right=at + step / 2, high=_y(row["high"], end), low=_y(row["low"], end)))
    centre = next(row["centre"] for row in rows if row["n"])
    parts.append(Markup('<path class="centre" d="M{} {:.1f}H{}"/>').format(LEFT, _y(centre, end), WIDTH - 8))
    return Markup("").join(parts)


def _line(rows: Sequence[Row], x: Sequence[float], end: float) -> Markup:
    """The rates, broken where a month has no films."""
    line = Markup('<polyline class="rate-line" points="{}"/>')
    parts = (list(part) for there, part in groupby(zip(rows, x, strict=True), key=lambda one: bool(one[0]["n"])) if there)
    return Markup("").join(line.format(" ".join(f"{at:.1f},{_y(row['rate'], end):.1f}" for row, at in part)) for part in parts)


def _point(row: Row, x: float, end: float, share: Any) -> Markup:
    y, title = _y(row["rate"], end), f"{row['word']}: {row['fails']} / {row['n']}, {share(row['rate'])}"
    if row["signal"]:
        shape = Markup('<path class="signal" d="M{:.1f} {:.1f}l6 6l-6 6l-6-6z"').format(x, y - 6)
    elif row["run"]:
        shape = Markup('<rect class="run" x="{:.1f}" y="{:.1f}" width="8" height="8"').format(x - 4, y - 4)
    else:
        shape = Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="3.5"').format("few" if row["n"] < GREY else "usual", x, y)
    return shape + Markup("><title>{}</title></{}>").format(title, shape.partition(" ")[0][1:])


def _month(row: Row, x: float) -> Markup:
    text = Markup('<text class="month" x="{x:.1f}" y="{}">{}</text><text class="month n" x="{x:.1f}" y="{}">{:,}</text>')
    return text.format(BASE + 14, row["word"][2:], BASE + 27, row["n"], x=x)


def histogram_svg(values: Sequence[float], row: Row) -> Markup:
    """Draw the deviation index of one room: bars of 0.5, limits dashed, quartiles as a thick line, the median as a diamond."""
    counts, _ = np.histogram(np.clip(values, -END, END), BARS)
    wide, most = 240 / len(counts), max(1, counts.max())
    bar = Markup('<rect class="bin" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
    parts = [bar.format(n * wide + 0.5, 30 - 28 * count / most, wide - 1, 28 * count / most) for n, count in enumerate(counts) if count]
    parts += [
        Markup('<path class="{}" d="M{x:.1f} 0V40"/>').format("zero" if value == 0 else "limit", x=_across(value)) for value in (0, *LIMITS)
    ]
    left, right, middle = (_across(row[name]) for name in ("q1", "q3", "median"))
    parts.append(Markup('<path class="quartiles" d="M{:.1f} 36H{:.1f}"/>').format(left, max(right, left + 1)))
    parts.append(Markup('<path class="median" d="M{:.1f} 31l5 5l-5 5l-5-5z"/>').format(middle))
    return Markup('<svg class="histogram" viewBox="0 0 240 42" aria-hidden="true">{}</svg>').format(Markup("").join(parts))


def _across(value: float) -> float:
    return 240 * (min(END, max(-END, value)) + END) / (2 * END)
