"""A store's whole history as JSON lines: one record a line, the tables one after the other; or plain lines with one answer each."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medimg.room.exchange.row import NAMES, ExchangeError, Row
from medimg.room.store import History
from medimg.room.store.history import columns
from medimg.room.store.schema import TABLES

FIELDS = (*NAMES, "label", "reader", "confidence", "skip")


def text(history: History) -> bytes:
    """Write every record with the name of its table under `record`."""
    lines = [{"record": table} | row for table in TABLES for row in history.tables[table]]
    return "".join(f"{json.dumps(line, ensure_ascii=False, separators=(',', ':'))}\n" for line in lines).encode()


def read_history(path: Path) -> History:
    """Read back what `text` wrote; ExchangeError names the first line that is no record."""
    tables: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
    for number, line in _lines(path):
        table = line.pop("record", None)
        if table not in tables or set(line) != set(columns(table)):
            raise ExchangeError(f"labels {path}: line {number} is no record of a store of labels.")
        tables[table].append(line)
    history = History(tables)
    if "meta" not in history.facts:
        raise ExchangeError(f"labels {path}: the records of the project are missing, so it is not whole. Export it again.")
    return history


def read(path: Path) -> list[Row]:
    """Read answers: the labels that stand in a history, or the lines of a plain file."""
    lines = _lines(path)
    if any("record" in line for _, line in lines):
        history = read_history(path)
        if faults := history.faults():
            raise ExchangeError(*(f"labels {path}: {fault}, so the file is not what was exported." for fault in faults))
        frame = history.current().rename(columns={"path": "image"}).drop(columns="reader").rename(columns={"name": "reader"})
        return [Row(f"event {seq}", *map(str, row)) for seq, *row in frame[["seq", *FIELDS[:-1]]].itertuples(index=False)]
    return [Row(f"line {number}", **{name: _word(line[name], path, number) for name in FIELDS if name in line}) for number, line in lines]


def _word(value: Any, path: Path, number: int) -> str:
    if value is None:
        return ""
    if isinstance(value, str | int):
        return str(value).strip()
    raise ExchangeError(f"labels {path}: line {number} has {json.dumps(value)[:40]} where a word is meant.")


def _lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    return list(_parsed(path))


def _parsed(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as fault:
            raise ExchangeError(f"labels {path}: line {number} is not JSON ({fault}).") from None
        if not isinstance(found, dict):
            raise ExchangeError(f"labels {path}: line {number} is not a JSON object.")
        yield number, found


def read_text(path: Path) -> str:
    """Read UTF-8, with or without a mark of byte order."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise ExchangeError(f"labels {path}: cannot be read ({fault.strerror}). Check the path.") from None
    except UnicodeDecodeError:
        raise ExchangeError(f"labels {path}: not UTF-8. Save it as UTF-8.") from None
