"""The ways round that a film can lie, and a film turned from one to another."""

from dataclasses import replace
from itertools import product

import numpy as np

from medimg.io.film_place import Place
from medimg.io.film_reader import ReadFilm

Way = tuple[bool, bool, bool]  # transpose, then flip rows, then flip columns
AS_IS: Way = (False, False, False)
MIRRORED: Way = (False, False, True)
UNTOLD = {"orientation_unknown", "no_header"}  # notes on films whose file does not tell


def likely(view: str) -> list[Way]:
    """The ways that films of a view are hung: laterals look to the left or to the right."""
    return [AS_IS, MIRRORED] if view == "LAT" else [AS_IS]


def possible(view: str) -> list[Way]:
    """All ways that pixels can lie; of a frontal film those only that turn it, as its mirror image looks like another patient's film."""
    ways = [(transpose, rows, columns) for transpose, rows, columns in product((False, True), repeat=3)]
    return [way for way in ways if view == "LAT" or sum(way) % 2 == 0]


def turned(film: ReadFilm, way: Way) -> ReadFilm:
    """Turn a film without masks, and say so in a note."""
    if way == AS_IS:
        return film
    rows, columns = film.pixels.shape
    place = Place((rows, columns), (columns, rows) if way[0] else (rows, columns), *way)
    to_source = np.array(film.to_source) @ np.array([*place.to_source(), [0.0, 0.0, 1.0]])
    notes = tuple(note for note in film.notes if note != "orientation_unknown")
    return replace(
        film, pixels=np.ascontiguousarray(place.turned(film.pixels)), stored=np.ascontiguousarray(place.turned(film.stored)),
        field=place.box_from_source(film.field), to_source=to_source.tolist(), notes=(*notes, "turned_by_networks"),
    )  # fmt: skip
