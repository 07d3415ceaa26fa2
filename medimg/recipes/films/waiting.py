"""Files that a quality run has yet to look at, kept on disk, so that there may be any number of them."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict

from medimg.io.film_reader import FilmFile
from medimg.io.film_sources import Found


class Waiting:
    """A queue of files, each once, in the order in which they were found; it ends with the process."""

    def __init__(self) -> None:
        self.table = sqlite3.connect("")  # a file without a name that goes with its connection
        self.table.execute("CREATE TABLE ahead (place INTEGER PRIMARY KEY, key TEXT UNIQUE, found TEXT)")

    def put(self, found: Found) -> None:
        """Add a file, unless it waits already."""
        self.table.execute("INSERT OR IGNORE INTO ahead (key, found) VALUES (?, ?)", (found.key, json.dumps(asdict(found))))

    def __len__(self) -> int:
        return int(self.table.execute("SELECT COUNT(*) FROM ahead").fetchone()[0])

    def __iter__(self) -> Iterator[Found]:
        for (told,) in self.table.execute("SELECT found FROM ahead ORDER BY place"):
            one = json.loads(told)
            yield Found(**{**one, "file": FilmFile(**one["file"]), "drawn": tuple(map(tuple, one["drawn"]))})
