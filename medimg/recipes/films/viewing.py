"""What a film looks like where its file does not tell, or tells something else: the view and the way round of which a network is surest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from medimg.io.film_reader import ReadFilm
from medimg.qc.completeness import EXPECTED
from medimg.qc.segmenter import Segmenter
from medimg.recipes.films.segmenting import Organs, organs_of, plain
from medimg.recipes.films.turning import AS_IS, UNTOLD, Way, likely, possible, turned

VIEWS = ("PA", "LAT")  # AP films cannot be told from PA films by their organs
CLEAR = 0.05  # of trust, by which one view or way must be ahead of another (docs/film_quality.md: measured)
DOUBTFUL = 0.7  # trust of an organ, as rule O6 warns of, below which the network of the other view is asked too
NO_VIEW = "the view is not told (PA, AP or LAT), and the networks are not sure of it"


@dataclass(frozen=True)
class Guess:
    """A film as of one view and turned one way, its organs, and the trust of each that belongs there, 0 where it was not found."""

    film: ReadFilm
    way: Way
    organs: Organs
    sure: Sequence[float]

    @property
    def trust(self) -> float:
        """Mean over the organs."""
        return float(np.mean(self.sure)) if self.sure else 0.0

    @property
    def plain(self) -> bool:
        """Whether it has a view, and the lungs were found without a doubt."""
        return bool(self.film.view) and plain(self.film.view, self.organs.masks, self.organs.trust)


def tells_views(segmenter: Segmenter) -> bool:
    """Whether there is a network for each view, so that films may come without one."""
    return all(segmenter.organs(view) for view in VIEWS)


def as_they_look(films: Sequence[ReadFilm], segmenter: Segmenter | None) -> list[tuple[ReadFilm, Organs]]:
    """Outline films; of those whose files do not tell the view, or the way round, as what the networks are surest of.

    A film that looks like no view, or like both, stays without one and without organs; one that no way suits clearly better stays as it
    lies. Unlikely ways are tried where nothing else shows the lungs plainly, and taken where they do.
    """
    guesses = _guessed(films, likely, segmenter)
    found = [_best(film, each) for film, each in zip(films, guesses, strict=True)]
    unclear = [
        place
        for place, (film, best) in enumerate(zip(films, found, strict=True))
        if not best.plain and segmenter and not film.masks and not _way_is_told(film)
    ]
    more = _guessed([films[place] for place in unclear], possible, segmenter)
    for place, each in zip(unclear, more, strict=True):
        found[place] = _best(films[place], each)
    return [(best.film, best.organs) for best in found]


def _guessed(films: Sequence[ReadFilm], ways: Callable[[str], Sequence[Way]], segmenter: Segmenter | None) -> list[list[Guess]]:
    """Ask the networks of all views and ways that each film may have."""
    asked = [(place, guess, way) for place, film in enumerate(films) for guess, way in _open(film, ways, segmenter)]
    seen = organs_of([film for _, film, _ in asked], segmenter)
    found: list[list[Guess]] = [[] for _ in films]
    for (place, film, way), organs in zip(asked, seen, strict=True):
        found[place].append(Guess(film, way, organs, _sure(film, organs, segmenter)))
    return found


def _open(film: ReadFilm, ways: Callable[[str], Sequence[Way]], segmenter: Segmenter | None) -> list[tuple[ReadFilm, Way]]:
    """What a film may be: itself where all is told, nothing where no network could say."""
    if film.view and (film.masks or segmenter is None or _way_is_told(film)):
        return [(film, AS_IS)]
    if segmenter is None:
        return []
    views = [film] if film.view else [replace(film, view=view, notes=(*film.notes, "view_by_networks")) for view in VIEWS]
    return [(turned(one, way), way) for one in views for way in ([AS_IS] if _way_is_told(film) else ways(one.view))]


def _way_is_told(film: ReadFilm) -> bool:
    return not UNTOLD & set(film.notes)


def _best(film: ReadFilm, guesses: Sequence[Guess]) -> Guess:
    """The guess whose view is clearly ahead of the other's; turned where that shows lungs plainly as only it does, or is clearly better.

    Unlikely ways are taken only where they show the lungs plainly.
    """
    guesses = [one for one in guesses if one.way in likely(one.film.view) or one.plain]
    surest = sorted((max(same, key=_trust) for view in VIEWS if (same := [one for one in guesses if one.film.view == view])), key=_trust)
    if not film.view and (len(surest) < 2 or surest[-1].trust - surest[0].trust < CLEAR):
        return Guess(film, AS_IS, Organs({}, {}), [0.0])
    ways = [one for one in guesses if one.film.view == (film.view or surest[-1].film.view)]
    best = max(ways, key=lambda one: (one.plain, one.trust))
    as_is = next(one for one in ways if one.way == AS_IS)
    return best if best.plain > as_is.plain or best.trust - as_is.trust >= CLEAR else as_is


def _trust(guess: Guess) -> float:
    return guess.trust


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
    for place, other, organs_of_other in zip(own, others, organs_of(others, segmenter), strict=True):
        if np.mean(_sure(other, organs_of_other, segmenter)) - np.mean(own[place]) >= CLEAR:
            told = {**films[place].exposure, "PredictedView": other.view}
            found[place] = replace(films[place], exposure=told, notes=(*films[place].notes, f"looks_like:{other.view}"))
    return found


def _sure(film: ReadFilm, seen: Organs, segmenter: Segmenter | None) -> list[float]:
    """Trust of each organ that belongs on a film and that its network knows, 0 where it was not found."""
    known = segmenter.organs(film.view) if segmenter else ()
    return [seen.trust.get(organ, 0.0) for organ in EXPECTED[film.view] if organ in known]
