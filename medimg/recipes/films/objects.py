"""What was found about the films of a run as DICOM objects in OUT/dicom, and their way to an archive."""

import csv
import importlib.util
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from medimg.errors import ConfigError, UnreadableImage
from medimg.io.objects import KINDS, Peer, WebPeer, send, write_objects
from medimg.io.objects.write import makers
from medimg.qc.rules import RuleSet
from medimg.qc.value import Mark, Value
from medimg.recipes.films.options import RunOptions
from medimg.recipes.films.packed import unpack
from medimg.recipes.films.store import Store
from medimg.recipes.films.tables import judged_films, replaced, rules_hash
from medimg.recipes.parts.film_objects import film_result

COLUMNS = ("film", "object", "state", "status", "detail")
WRITTEN, NONE = "written", "none"


def check_packages(options: RunOptions) -> None:
    """Raise ConfigError before hours of work where a package for writing or sending is missing."""
    if options.dicom:
        makers()
    if options.send_host and importlib.util.find_spec("pynetdicom") is None:
        raise ConfigError("sending by C-STORE needs pynetdicom: pip install 'medimg[dicom]'.")


def write_dicom(out: Path, store: Store, rules: RuleSet, options: RunOptions, model: str) -> dict[str, Any]:
    """Write and, where asked, send the objects of every film; what became of each is in dicom.csv. Returns counts for summary.json.

    A film whose file is no DICOM file, or has gone, has none, and the reason is told.
    """
    rows, paths = [], list[Path]()
    for film, written in _written(out, store, rules, options.language, model):
        if isinstance(written, str):
            rows.append((film, "", NONE, "", written))
        else:
            rows += [(film, path.name, WRITTEN, "", "") for path in written]
            paths += written
    for gone in store.dropped():
        for kind in KINDS:
            (out / "dicom" / f"{gone}-{kind}.dcm").unlink(missing_ok=True)
    without = sum(state == NONE for _, _, state, _, _ in rows)
    to = _archive(options)
    sent = {one.path.name: one for one in send(paths, to)} if to else {}
    with replaced(out / "dicom.csv") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(COLUMNS)
        for film, name, state, status, detail in rows:
            one = sent.get(name)
            table.writerow((film, name, one.state, one.status, one.detail) if one else (film, name, state, status, detail))
    counted = Counter(one.state for one in sent.values())
    return {"objects": len(paths), "without": without, "sent": dict(sorted(counted.items()))}


def complete(told: dict[str, Any] | None) -> bool:
    """Whether every film has its objects, and the archive every object."""
    return not told or (not told["without"] and set(told["sent"]) <= {"stored"})


def _written(out: Path, store: Store, rules: RuleSet, language: str, model: str) -> Iterator[tuple[str, list[Path] | str]]:
    """Each film with its files, or with the reason why there are none."""
    when, config = datetime.now(), rules_hash(rules)
    for film, judged, _ in judged_films(store, rules):
        masks, manual = unpack(store.masks(film.film))
        values = [_marked(value, film.drawn["marks"].get(value.metric, ())) for value in judged.values]
        result = film_result(
            film.film, str(film.facts["view"]), values, judged.verdict, rules, masks=masks, to_source=film.drawn["to_source"], model=model,
            config=config, when=when, manual_masks=manual, language=language,
        )  # fmt: skip
        try:
            yield film.film, write_objects(store.place(film.key), result, out / "dicom")
        except UnreadableImage as fault:
            yield film.film, str(fault)


def _marked(value: Value, marks: Sequence[dict[str, Any]]) -> Value:
    return replace(
        value, marks=tuple(Mark(one["kind"], one["label"], tuple((row, column) for row, column in one["points"])) for one in marks)
    )


def _archive(options: RunOptions) -> Peer | WebPeer | None:
    if options.send_url:
        return WebPeer(options.send_url)
    return Peer(options.send_host, options.send_port, options.send_aet) if options.send_host else None
