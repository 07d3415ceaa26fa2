"""CSV as people have it: UTF-8, UTF-16, GB18030 or Windows Latin; comma, semicolon or tab; any line end. All values are text."""

import csv
import difflib
import logging
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from medimg.errors import ManifestError

_LOG = logging.getLogger(__name__)
NEAR = 0.65  # likeness of difflib from which a word that begins alike may be meant: site for sight (0.67)
GUESSED = {"gb18030": "GB18030 (Chinese)", "cp1252": "Windows Latin"}


def read_table(path: Path, what: str = "manifest") -> pd.DataFrame:
    """All values as stripped text, "" where empty; the index is the line as a spreadsheet counts it (the header is line 1)."""
    return next(read_parts(path, what))


def read_parts(path: Path, what: str = "manifest", rows: int | None = None) -> Iterator[pd.DataFrame]:
    """The same in parts of `rows` lines, so that the memory needed does not grow with the table; at least one part, maybe without rows."""
    try:
        content = Path(path).read_bytes()
    except OSError as fault:
        raise ManifestError(f"{what} {path}: cannot be read ({fault.strerror}). Check the path.") from None
    encoding, text, guessed = decoded(content, f"{what} {path}")
    if guessed:
        _LOG.warning("the %s is not UTF-8 and was read as %s: look whether its words are right, or save it as 'CSV UTF-8'.", what, guessed)
    mark = separator(text)
    del content, text
    names: list[str] = []
    try:
        with pd.read_csv(
            path, sep=mark, encoding=encoding, dtype=str, keep_default_na=False, na_filter=False, skip_blank_lines=False, header=None,
            index_col=False, skipinitialspace=True, chunksize=rows or sys.maxsize,
        ) as parts:  # fmt: skip
            for part in parts:
                names = names or _names(part, f"{what} {path}")
                yield _stripped(part, names)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as fault:
        reason = "it is empty" if isinstance(fault, pd.errors.EmptyDataError) else str(fault).strip().split("C error: ")[-1]
        raise ManifestError(f"{what} {path}: not a table ({reason}). Save it as CSV with one header line.") from None


def _names(first: pd.DataFrame, what: str) -> list[str]:
    """Names of the columns by the first line."""
    names = [str(name).strip() for name in first.iloc[0]]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise ManifestError(f"{what}: column {', '.join(twice)} occurs twice. Rename or remove one.")
    return [name or f"column {place}" for place, name in enumerate(names, start=1)]


def _stripped(part: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Lines (index: lines of the file from 0) as rows of a table, without the header and without empty ones."""
    frame = part[part.index > 0].apply(lambda column: column.str.strip())
    frame.columns = pd.Index(names)
    frame.index = pd.Index(frame.index + 1)
    filled: pd.DataFrame = frame[(frame != "").any(axis=1)]
    return filled


def decoded(content: bytes, what: str) -> tuple[str, str, str]:
    """Bytes to encoding and text: marks first, then UTF-8, then GB18030; where no two bytes above ASCII stand together, Windows Latin.

    Chinese characters are pairs of such bytes; an umlaut or accent stands between ASCII letters, which GB18030 would swallow unnoticed.
    Where the encoding is a guess, the third text names it.
    """
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    marked = [encoding for mark, encoding in marks.items() if content.startswith(mark)]
    alone = not re.search(rb"[\x80-\xff]{2}", content)
    for encoding in [*marked, "utf-8", "cp1252" if alone else "gb18030"]:
        try:
            return encoding, content.decode(encoding), GUESSED.get(encoding, "")
        except UnicodeDecodeError:
            continue
    raise ManifestError(f"{what}: neither UTF-8 nor GB18030 nor Windows Latin text. Save it as 'CSV UTF-8'.")


def separator(text: str) -> str:
    """Comma, semicolon or tab: the one that the header line has most of, outside quotes."""
    header = text[: text.find("\n")] if "\n" in text else text
    line = "".join(part for place, part in enumerate(header.split('"')) if place % 2 == 0)
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
