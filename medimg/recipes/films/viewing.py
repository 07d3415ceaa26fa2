"""The view that a film looks like, told by its file or not: the one whose network is surest of the organs that belong on such a film."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from medimg.io.film_reader import ReadFilm
from medimg.qc.completeness import EXPECTED
from medimg.qc.segmenter import Segmenter
from medimg.recipes.films.segmenting import Organs, organs_of

VIEWS = ("PA", "LAT")  # AP films cannot be told from PA films by their organs
CLEAR = 0.05  # of trust, by which one view must be ahead of the other (docs/film_quality.md: measured)
DOUBTFUL = 0.7  # trust of an organ, as rule O6 warns of, below which the network of the other view is asked too
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


def with_doubts(films: Sequence[ReadFilm], organs: Sequence[Organs], segmenter: Segmenter | None) -> list[ReadFilm]:
    """Say of films that look like another view than they are told to be what that is: `PredictedView` beside their exposure, and a note.

    The other network is asked about films on which their own missed an organ that belongs there, or is unsure of it.
    """
    found = list(films)
    if segmenter is None or not tells_views(segmenter):
        return found
    own = {
        place: sure
        for place, (film, seen) in enumerate(zip(films, organs, strict=True))
        if not film.masks and "view_by_networks" not in film.notes and min(sure := _sure(film, seen, segmenter), default=1.0) < DOUBTFUL
    }
    others = [replace(films[place], view="PA" if films[place].view == "LAT" else "LAT") for place in own]
    for place, other, trust in zip(own, others, trusts(others, segmenter), strict=True):
        if trust - float(np.mean(own[place])) >= CLEAR:
            told = {**films[place].exposure, "PredictedView": other.view}
            found[place] = replace(films[place], exposure=told, notes=(*films[place].notes, f"looks_like:{other.view}"))
    return found


def trusts(films: Sequence[ReadFilm], segmenter: Segmenter) -> list[float]:
    """Mean trust of the organs that belong on each film, as their views say; an organ that was not found counts 0."""
    return [float(np.mean(_sure(film, seen, segmenter))) for film, seen in zip(films, organs_of(films, segmenter), strict=True)]


def _sure(film: ReadFilm, seen: Organs, segmenter: Segmenter) -> list[float]:
    """Trust of each organ that belongs on a film and that its network knows, 0 where it was not found."""
    return [seen.trust.get(organ, 0.0) for organ in EXPECTED[film.view] if organ in segmenter.organs(film.view)]
