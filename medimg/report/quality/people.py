"""Verdicts of people beside ours: counts that a table of rates shows."""

from typing import NamedTuple


class Beside(NamedTuple):
    """One reader's verdicts of one item: films that both of us judged, fails of the reader, and ours on the same films."""

    reader: str
    n: int
    fails: int
    ours: int
