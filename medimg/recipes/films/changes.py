"""Films that are judged otherwise than before, and the rules that changed their verdict."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from medimg.recipes.films.results import rows


class Before:
    """A folder's verdicts as they were; its tables are held open, so that they can be read when others have taken their names."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._open = ExitStack()

    def __enter__(self) -> "Before":
        self.films, self.rules = (self._rows(name) for name in ("films", "rules"))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _rows(self, name: str) -> Iterable[Mapping[str, str]]:
        path = self.out / f"{name}.csv"
        return csv.DictReader(self._open.enter_context(path.open(newline="", encoding="utf-8-sig"))) if path.is_file() else ()

    def changes(self) -> list[dict[str, Any]]:
        """Verdicts `before` and `now` of films in both tables, and how many `films`; `rules`: on how many of them each has another verdict.

        Most films first.
        """
        now = {row["film"]: row["verdict"] for row in rows(self.out, "films")}
        told = ((row.get("film"), row.get("verdict")) for row in self.films)  # a table that was damaged is replaced, and tells less
        pairs = {film: (verdict, now[film]) for film, verdict in told if film in now and verdict and verdict != now[film]}
        if not pairs:
            return []
        tables = (_of_rules(table, pairs) for table in (self.rules, rows(self.out, "rules")))  # films come in one order
        rules = defaultdict[tuple[str, str], Counter[str]](Counter)
        for (film, old), (other, new) in zip(*tables, strict=False):
            if film != other:  # a damaged table
                break
            rules[pairs[film]].update(rule for rule in sorted(old.keys() | new.keys()) if old.get(rule) != new.get(rule))
        counts = Counter(pairs.values())
        return [
            {"before": pair[0], "now": pair[1], "films": n, "rules": dict(rules[pair].most_common())} for pair, n in counts.most_common()
        ]


def _of_rules(table: Iterable[Mapping[str, str]], films: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Give each of these films with the verdicts of the rules that count."""
    for film, told in groupby((row for row in table if row.get("film") in films and row.get("rule")), itemgetter("film")):
        yield film, {row["rule"]: row["verdict"] for row in told if row.get("counted") == "1"}
