"""The view of films whose file does not tell it: the one whose network is surest of the organs that belong on such a film."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from medimg.io.film_reader import ReadFilm
from medimg.qc.completeness import EXPECTED
from medimg.qc.segmenter import Segmenter
from medimg.recipes.films.segmenting import organs_of

VIEWS = ("PA", "LAT")  # AP films cannot be told from PA films by their organs
CLEAR = 0.1  # of trust, by which one view must be ahead of the other; a proposal
UNTOLD = "the view is not told (PA, AP or LAT), and the networks are not sure of it"


def tells_views(segmenter: Segmenter) -> bool:
    """Whether there is a network for each view, so that films may come without one."""
    return all(segmenter.organs(view) for view in VIEWS)


def with_views(films: Sequence[ReadFilm], segmenter: Segmenter | None) -> list[ReadFilm]:
    """Give films without a view the one that they look like; a film that looks like none, or like both, stays as it is."""
    places = [place for place, film in enumerate(films) if not film.view]
    found = list(films)
    if segmenter is None or not places:
        return found
    trust = np.array([trusts([replace(films[place], view=view) for place in places], segmenter) for view in VIEWS])
    for place, both in zip(places, trust.T, strict=True):
        if both.max() - both.min() >= CLEAR:
            notes = (*films[place].notes, "view_by_networks")
            found[place] = replace(films[place], view=VIEWS[int(both.argmax())], notes=notes)
    return found


def trusts(films: Sequence[ReadFilm], segmenter: Segmenter) -> list[float]:
    """Mean trust of the organs that belong on each film, as their views say; an organ that was not found counts 0."""
    asked = [set(EXPECTED[film.view]) & set(segmenter.organs(film.view)) for film in films]
    found = organs_of(films, segmenter)
    return [float(np.mean([one.trust.get(organ, 0.0) for organ in organs])) for one, organs in zip(found, asked, strict=True)]
