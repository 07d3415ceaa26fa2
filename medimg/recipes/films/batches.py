"""Files -> films that are read in child processes, segmented, measured and kept, batch by batch."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

from medimg.io import workers
from medimg.io.files import write_atomically
from medimg.io.film_reader import FilmFile, ReadFilm
from medimg.io.film_sources import Found
from medimg.io.told import Told
from medimg.io.workers import Refused
from medimg.qc.segmenter import Segmenter
from medimg.recipes.films.measuring import measured
from medimg.recipes.films.options import RunOptions
from medimg.recipes.films.store import Store
from medimg.recipes.films.viewing import NO_VIEW, as_they_look, tells_views, with_doubts
from medimg.recipes.films.waiting import Waiting

READ = "medimg.io.film_reader:read_film"


def index(found: Iterable[Found], store: Store) -> tuple[Waiting, int]:
    """Walk over the sources once: the files that have to be looked at, and how many there are in all."""
    waiting, total = Waiting(), 0
    for one in found:
        total += 1
        store.saw(one)
        if store.known(one):
            continue
        if one.fault:
            store.skip(one, "io_error", one.fault)
        else:
            waiting.put(one)
    store.commit()
    return waiting, total


def measure_all(waiting: Waiting, total: int, out: Path, store: Store, options: RunOptions, segmenter: Segmenter | None) -> int:
    """Read in child processes, segment and measure in batches, keep each batch at once; returns how many files were new."""
    new, before = 0, total - len(waiting)
    asked, places = dict[int, Found](), count()
    batch: list[tuple[Found, ReadFilm]] = []
    (out / "films").mkdir(exist_ok=True)
    any_view = segmenter is not None and tells_views(segmenter)

    def files() -> Iterator[FilmFile]:
        for one in waiting:
            asked[next(places)] = one
            yield replace(one.file, any_view=any_view and not one.file.masks)

    processes = min(options.workers or workers.available_cpus(), max(1, len(waiting)))
    with Told("films", total) as told:
        for place, answer in workers.in_children(READ, files(), workers=processes):
            one = asked.pop(place)
            new += 1
            if isinstance(answer, Refused):
                store.skip(one, answer.code, answer.reason)
            else:
                batch.append((one, answer))
            if len(batch) == options.batch:
                _keep(batch, out, store, segmenter)
            told(before + new, total)
        _keep(batch, out, store, segmenter)
        store.commit()
        told(total, total)
    return new


def _keep(batch: list[tuple[Found, ReadFilm]], out: Path, store: Store, segmenter: Segmenter | None) -> None:
    """Segment and measure a batch; its images first, then its rows, so that a row always has its image."""
    seen = as_they_look([film for _, film in batch], segmenter)
    known = [place for place, (film, _) in enumerate(seen) if film.view]
    for place in set(range(len(batch))) - set(known):
        store.skip(batch[place][0], "not_applicable", NO_VIEW)
    organs = [seen[place][1] for place in known]
    reads = with_doubts([seen[place][0] for place in known], organs, segmenter)
    files = [batch[place][0] for place in known]
    films = [(found, measured(read, one)) for found, read, one in zip(files, reads, organs, strict=True)]
    for found, film in films:
        earlier = store.earlier(film.film.id)
        if earlier is None or (found.source, found.name) < earlier:
            write_atomically(out / "films" / f"{film.film.id}.jpg", film.image, durable=False)
    store.put(films)
    store.commit()
    batch.clear()
