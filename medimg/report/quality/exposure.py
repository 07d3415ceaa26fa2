"""How far the exposure of each room lies from its target, and how much it varies."""

from collections.abc import Mapping, Sequence

from medimg.qc.rates import spread
from medimg.report.quality.charts import histogram_svg
from medimg.report.quality.words import Words
from medimg.report.table import Cell, Table, count_cell
from medimg.report.words import number

MOST_SD = 2.5  # AAPM's benchmark of 2025 for the deviation index
HEADINGS = ("room", "judged_di", "median", "quartiles", "sd", "skew", "distribution", "exposure_index_median")


def exposure_table(values: Mapping[str, Mapping[str, Sequence[float]]], words: Words) -> Table:
    """A line for each room: deviation index with its histogram, and the exposure index itself; empty where no film tells the former."""
    deviation, exposure = values.get("deviation_index", {}), values.get("exposure_index", {})
    head = [words("films") if name == "judged_di" else words(name) for name in HEADINGS]
    lines = [_line(room, deviation[room], exposure.get(room, ()), words) for room in sorted(deviation)]
    return Table(words("exposure_caption"), head, lines, words("exposure_note", most=MOST_SD))


def _line(room: str, values: Sequence[float], exposure: Sequence[float], words: Words) -> list[Cell]:
    row, other = spread(values), spread(exposure)
    grey = " grey" if row["grey"] else ""
    sd = row["sd"]
    wide = sd is not None and sd > MOST_SD and not row["grey"]
    quartiles = words("interval", low=number(other["q1"], 0), high=number(other["q3"], 0)) if other["n"] else ""
    return [
        Cell(words.word(room)), count_cell(row["n"]), Cell(signed(row["median"]), look=f"num{grey}"),
        Cell(words("interval", low=signed(row["q1"]), high=signed(row["q3"])), look=f"num{grey}"),
        Cell(number(sd, 2), f"▲ {words('wide', most=MOST_SD)}" if wide else "", f"num bad{grey}" if wide else f"num{grey}"),
        Cell(number(row["skew"], 2).replace("-", "−"), look=f"num{grey}"), Cell(histogram_svg(values, row), look="bar"),
        Cell(number(other["median"], 0), quartiles, f"num{grey}"),
    ]  # fmt: skip


def signed(value: float) -> str:
    """A deviation index with its sign and a true minus; what rounds to nothing is no minus.

    >>> signed(-1.26), signed(-0.04)
    ('−1.3', '+0.0')
    """
    return f"{round(value, 1) + 0.0:+.1f}".replace("-", "−")
