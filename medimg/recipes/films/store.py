"""qc.sqlite: every file that was looked at, and all that was measured; a killed run goes on from it, and tables are made of it."""

import json
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medimg.errors import RunError
from medimg.io.film_sources import Found
from medimg.io.identity import hash_ids
from medimg.qc.rows import MEASURED
from medimg.recipes.films.measuring import Measured
from medimg.recipes.films.packed import pack

SCHEMA = 1
UNKNOWN = "unknown"
TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    key TEXT PRIMARY KEY, source INTEGER, path TEXT, seen INTEGER, film TEXT, sop TEXT, study TEXT, patient TEXT, operator TEXT,
    reason TEXT, detail TEXT, facts TEXT, rows TEXT, drawn BLOB, masks BLOB
);
CREATE TABLE IF NOT EXISTS kept (file INTEGER PRIMARY KEY, film TEXT UNIQUE, sop TEXT UNIQUE, study TEXT);
CREATE INDEX IF NOT EXISTS kept_order ON kept (study, film);
CREATE INDEX IF NOT EXISTS files_film ON files (film);
CREATE TEMP TABLE places (key TEXT PRIMARY KEY, path BLOB) WITHOUT ROWID;
"""
IDS = ("sop", "study", "patient", "operator")
PASSING = ("io_error", "decoder_missing")  # reasons that another try may find gone


@dataclass(frozen=True)
class Stored:
    """One film as it was kept: `facts` by column of films.csv, `study` and `operator` hashed, `rows` as cells of rules.csv by column.

    `key`: of its file.
    """

    film: str
    study: str
    patient: str
    facts: Mapping[str, Any]
    rows: Sequence[Mapping[str, str]]
    drawn: Mapping[str, Any]
    key: str


class Store:
    """The table of a results folder, one process at a time; with `keep_masks` films keep their masks, and none counts as known without."""

    def __init__(self, path: Path, keep_masks: bool = False) -> None:
        self.keep_masks = keep_masks
        self.table = sqlite3.connect(path, timeout=60)
        self.table.execute("PRAGMA journal_mode = WAL")
        self.table.executescript(TABLES)
        self.run = int(self.meta().get("run", "0"))

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.table.close()

    def meta(self) -> dict[str, str]:
        """Short facts of the whole folder."""
        return dict(self.table.execute("SELECT name, value FROM meta"))

    def note(self, **values: str) -> None:
        """Keep short facts of the whole folder."""
        with self.table:
            self.table.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    def begin(self, made_with: Mapping[str, str]) -> None:
        """Begin a run, or go on with one. Raises RunError where what is stored was measured by another network or version."""
        before = json.loads(self.meta().get("made_with", "{}"))
        unlike = [f"{name}: {before[name]} then, {now} now" for name, now in made_with.items() if before and before.get(name) != now]
        if unlike:
            raise RunError(
                f"out: its films were measured otherwise ({'; '.join(unlike)}). Name another folder with out=, or remove this one."
            )
        self.run += 1
        self.note(run=str(self.run), schema=str(SCHEMA), made_with=json.dumps(made_with))

    def known(self, found: Found) -> bool:
        """Whether a file was looked at before and has not changed; it is then part of this run, by the first name that sources give it.

        What could not be read is looked at again: a decoder may have been installed since, or a right given.
        """
        told = {"run": self.run, "source": found.source, "path": found.name, "key": found.key}
        names = ", ".join(f"{name} = iif(seen = :run, {name}, :{name})" for name in ("source", "path"))
        whole = " AND (film IS NULL OR masks IS NOT NULL)" if self.keep_masks else ""
        query = f"UPDATE files SET {names}, seen = :run WHERE key = :key AND (film IS NOT NULL OR reason NOT IN {PASSING}){whole}"
        return self.table.execute(query, told).rowcount > 0

    def saw(self, found: Found) -> None:
        """Note where a file lies, for as long as this process works: the folder keeps no path."""
        self.table.execute("INSERT OR REPLACE INTO places VALUES (?, ?)", (found.key, os.fsencode(found.file.path)))

    def place(self, key: str) -> Path:
        """Where the file lies that was seen under this key."""
        return Path(os.fsdecode(self.table.execute("SELECT path FROM places WHERE key = ?", (key,)).fetchone()[0]))

    def skip(self, found: Found, reason: str, detail: str) -> None:
        """Keep why a file is no film that can be judged."""
        self._put(found, {"reason": reason, "detail": detail})

    def put(self, films: Sequence[tuple[Found, Measured]]) -> None:
        """Keep films that were measured; their ids are hashed here."""
        hashed = iter(hash_ids([film.film.ids.get(name, "") for _, film in films for name in (*IDS, "site")]))
        for found, film in films:
            ids = {name: next(hashed) for name in IDS}
            site = next(hashed)
            facts = {**film.facts, "site": film.facts["site"] or site}
            drawn = zlib.compress(json.dumps(film.drawn).encode(), 6)
            cells = {"film": film.film.id, "facts": json.dumps(facts), "rows": json.dumps(film.rows), "drawn": drawn}
            kept = {"masks": pack(film.masks, bool(film.film.masks))} if self.keep_masks else {}
            self._put(found, cells | ids | kept)

    def _put(self, found: Found, cells: Mapping[str, Any]) -> None:
        row = {"key": found.key, "source": found.source, "path": found.name, "seen": self.run, **cells}
        self.table.execute(f"INSERT OR REPLACE INTO files ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))

    def commit(self) -> None:
        """Make what was put so far last."""
        self.table.commit()

    def earlier(self, film: str) -> tuple[int, str] | None:
        """Source and path of the first file of this run that has these pixels."""
        query = "SELECT source, path FROM files WHERE film = ? AND seen = ? ORDER BY source, path LIMIT 1"
        return next(iter(self.table.execute(query, (film, self.run))), None)

    @property
    def settled(self) -> bool:
        """Whether the last run looked at all its files."""
        return self.meta().get("settled") == str(self.run)

    def settle(self) -> None:
        """Keep of each SOP instance and of equal pixels the first file, by source and path; mark studies of several patients as unknown."""
        with self.table:
            self.table.execute("DELETE FROM kept")
            self.table.execute(
                "INSERT OR IGNORE INTO kept SELECT rowid, film, nullif(sop, ''), coalesce(nullif(study, ''), ?) FROM files "
                "WHERE seen = ? AND film IS NOT NULL ORDER BY source, path",
                (UNKNOWN, self.run),
            )
            self.table.execute(
                "UPDATE kept SET study = ? WHERE study IN (SELECT kept.study FROM kept JOIN files ON files.rowid = kept.file "
                "GROUP BY kept.study HAVING COUNT(DISTINCT nullif(files.patient, '')) > 1)",
                (UNKNOWN,),
            )
        self.note(settled=str(self.run))

    def films(self) -> Iterator[Stored]:
        """The films of this run in the order of the tables, by study and film."""
        query = (
            "SELECT kept.film, kept.study, files.study, files.patient, files.operator, files.facts, files.rows, files.drawn, "
            "files.key FROM kept JOIN files ON files.rowid = kept.file ORDER BY kept.study, kept.film"
        )
        for film, study, own, patient, operator, facts, rows, drawn, key in self.table.execute(query):
            told = json.loads(facts)
            if study == UNKNOWN and own:
                told["notes"] = "|".join(filter(None, (told["notes"], "patient_conflict")))
            told["operator"] = operator and f"op-{operator[-6:]}"
            cells = [dict(zip(MEASURED, (film, *row), strict=True)) for row in json.loads(rows)]
            yield Stored(film, study, patient or UNKNOWN, told, cells, json.loads(zlib.decompress(drawn)), key)

    def masks(self, film: str) -> bytes:
        """The packed masks of a film of this run."""
        query = "SELECT files.masks FROM kept JOIN files ON files.rowid = kept.file WHERE kept.film = ?"
        return bytes(self.table.execute(query, (film,)).fetchone()[0])

    def skipped(self) -> Iterator[tuple[str, str, str]]:
        """Path, reason and detail of each file of this run that is not in the tables, by source and path."""
        query = "SELECT path, reason, detail, film FROM files WHERE seen = ? AND rowid NOT IN (SELECT file FROM kept) ORDER BY source, path"
        for path, reason, detail, film in self.table.execute(query, (self.run,)):
            yield (path, "duplicate", "the same SOPInstanceUID or pixels as an earlier file") if film else (path, reason, detail)

    def dropped(self) -> list[str]:
        """Ids of films that have a page no more: duplicates under another id, and films of earlier runs."""
        query = "SELECT DISTINCT film FROM files WHERE film IS NOT NULL AND film NOT IN (SELECT film FROM kept)"
        return [film for (film,) in self.table.execute(query)]

    def count(self) -> int:
        """Files that this run has looked at."""
        return int(self.table.execute("SELECT COUNT(*) FROM files WHERE seen = ?", (self.run,)).fetchone()[0])
