"""The worklist: films to be looked at as cards with a thumbnail, and of many films one or more pages for each month."""

import base64
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from medimg.qc.rates import UNKNOWN
from medimg.report.quality.pages import Pages
from medimg.report.quality.rules import RuleTexts
from medimg.report.quality.tally import BORDERLINE, Entry

SIDE = 160  # px of a thumbnail's longer side
QUALITY = 60
REASONS = 3  # told on a card
PAGE = 400  # films of a page of the worklist
TO_DO = ("fail", "review", BORDERLINE)


class Card(NamedTuple):
    """One film of the worklist as it is shown; `page` is empty where it has none."""

    entry: Entry
    thumbnail: str
    page: str
    reasons: tuple[str, ...]
    more: int
    facts: list[str]


def card(entry: Entry, pages: Pages, texts: RuleTexts, page: bool, up: str = "") -> Card:
    """Make the card of one film. `up` leads from the page it stands on to the folder."""
    words, facts = pages.words, entry.facts
    told = [words.word(facts[name]) for name in ("view", "month", "StationName", "operator") if facts[name]]
    if entry.grade:
        told.append(words("grade", grade=entry.grade))
    picture = thumbnail(pages.out / "films" / f"{entry.film}.jpg")
    link = f"{up}films/{entry.film}.html" if page else ""
    shown = tuple(texts.reason(reason) for reason in entry.reasons[:REASONS])
    return Card(entry, picture, link, shown, max(0, len(entry.reasons) - REASONS), told)


def thumbnail(path: Path) -> str:
    """A film's image as a small JPEG in a data: address, without the comments of its file; empty where it cannot be read."""
    try:
        with Image.open(path) as picture:
            picture.draft("L", (SIDE, SIDE))
            small = picture.convert("L")
    except (OSError, ValueError):
        return ""
    small.thumbnail((SIDE, SIDE))
    bare = Image.frombytes("L", small.size, small.tobytes())
    stream = io.BytesIO()
    bare.save(stream, "JPEG", quality=QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def to_do(entries: Iterable[Entry]) -> list[Entry]:
    """Entries that fail, are to be looked at or are borderline."""
    return [entry for entry in entries if entry.kind in TO_DO]


def by_month(entries: Iterable[Entry]) -> Iterator[tuple[str, list[list[Entry]]]]:
    """Months in order, each with the pages of its worklist, gravest first."""
    ordered = sorted(entries, key=lambda entry: (entry.facts["month"] or UNKNOWN, entry.key))
    for name, found in groupby(ordered, key=lambda entry: entry.facts["month"] or UNKNOWN):
        listed = list(found)
        yield name, [listed[start : start + PAGE] for start in range(0, len(listed), PAGE)]


def write_months(entries: Sequence[Entry], pages: Pages, texts: RuleTexts, linked: frozenset[str]) -> list[dict[str, Any]]:
    """Write worklist/<month>.html (and <month>_2.html, ...); one row for each month: its word, counts of each kind, and its pages."""
    rows = []
    for month, parts in by_month(entries):
        names = [f"{month}.html" if n == 1 else f"{month}_{n}.html" for n in range(1, len(parts) + 1)]
        for n, (name, part) in enumerate(zip(names, parts, strict=True), start=1):
            listed = [card(entry, pages, texts, entry.film in linked, "../") for entry in part]
            title = pages.words("worklist_month", month=pages.words.word(month))
            pages.write(f"worklist/{name}", "quality/worklist.html", title=title, listed=listed, names=names, page=n)
        every = [entry for part in parts for entry in part]
        counts = {kind: sum(entry.kind == kind for entry in every) for kind in TO_DO}
        rows.append({"month": month, "counts": counts, "pages": [f"worklist/{name}" for name in names]})
    return rows
