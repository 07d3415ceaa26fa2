"""CSV as people have it: UTF-8, UTF-16, GB18030 or Windows Latin; comma, semicolon or tab; any line end. All values are text."""

import csv
import difflib
import io
import logging
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from medimg.errors import ManifestError

_LOG = logging.getLogger(__name__)
NEAR = 0.65  # likeness of difflib from which a word that begins alike may be meant: site for sight (0.67)
GUESSED = {"gb18030": "GB18030 (Chinese)", "cp1252": "Windows Latin"}


def read_table(path: Path, what: str = "manifest") -> pd.DataFrame:
    """All values as stripped text, "" where empty; the index is the line as a spreadsheet counts it (the header is line 1)."""
    try:
        content = Path(path).read_bytes()
    except OSError as fault:
        raise ManifestError(f"{what} {path}: cannot be read ({fault.strerror}). Check the path.") from None
    text, guessed = decoded(content, f"{what} {path}")
    if guessed:
        _LOG.warning("the %s is not UTF-8 and was read as %s: look whether its words are right, or save it as 'CSV UTF-8'.", what, guessed)
    try:
        frame = pd.read_csv(
            io.StringIO(text), sep=separator(text), dtype=str, keep_default_na=False, na_filter=False, skip_blank_lines=False, header=None,
            index_col=False, skipinitialspace=True,
        )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as fault:
        reason = "it is empty" if isinstance(fault, pd.errors.EmptyDataError) else str(fault).strip().split("C error: ")[-1]
        raise ManifestError(f"{what} {path}: not a table ({reason}). Save it as CSV with one header line.") from None
    names = [str(name).strip() for name in frame.iloc[0]]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise ManifestError(f"{what} {path}: column {', '.join(twice)} occurs twice. Rename or remove one.")
    frame = frame.iloc[1:].apply(lambda column: column.str.strip())
    frame.columns = pd.Index([name or f"column {place}" for place, name in enumerate(names, start=1)])
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    filled: pd.DataFrame = frame[(frame != "").any(axis=1)]
    return filled


def decoded(content: bytes, what: str) -> tuple[str, str]:
    """Bytes to text by trying: marks first, then UTF-8, then GB18030; where no two bytes above ASCII stand together, Windows Latin.

    Chinese characters are pairs of such bytes; an umlaut or accent stands between ASCII letters, which GB18030 would swallow unnoticed.
    Where the encoding is a guess, the second text names it.
    """
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    marked = [encoding for mark, encoding in marks.items() if content.startswith(mark)]
    alone = not re.search(rb"[\x80-\xff]{2}", content)
    for encoding in [*marked, "utf-8", "cp1252" if alone else "gb18030"]:
        try:
            return content.decode(encoding), GUESSED.get(encoding, "")
        except UnicodeDecodeError:
            continue
    raise ManifestError(f"{what}: neither UTF-8 nor GB18030 nor Windows Latin text. Save it as 'CSV UTF-8'.")


def separator(text: str) -> str:
    """Comma, semicolon or tab: the one that the header line has most of, outside quotes."""
    line = "".join(part for place, part in enumerate(text.split("\n", 1)[0].split('"')) if place % 2 == 0)
    return max(",;\t", key=lambda mark: (line.count(mark), mark == ","))


def closest(word: str, words: Iterable[str]) -> str:
    """ "; did you mean x?" for a misspelt word, or "" if nothing near begins alike: age is not image."""
    near = {other.lower().replace("-", "_").replace(" ", "_"): other for other in words if other[:1].lower() == word[:1].lower()}
    found = difflib.get_close_matches(word.lower(), near, 1, NEAR)
    return f"; did you mean {near[found[0]]}?" if found else ""


def lines(rows: Iterable[object], limit: int = 10) -> str:
    """ "line 3", "lines 3, 17, 18 ..." with the first ten."""
    listed = list(rows)
    shown = ", ".join(map(str, listed[:limit]))
    return f"{'line' if len(listed) == 1 else 'lines'} {shown}{' ...' if len(listed) > limit else ''}"
