"""Organs of a batch of films: masks that people drew where there are such, else the network's, whatever the memory holds."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg.data.film_frame import framed, unframed
from medimg.io.film_reader import ReadFilm
from medimg.metrics import Flags
from medimg.qc.film import Film, NotMeasurable
from medimg.qc.grey import shown_difference
from medimg.qc.segmenter import Segmented, Segmenter

_LOG = logging.getLogger("medimg")
Told = tuple[Mapping[str, Flags], Mapping[str, float], tuple[str, ...]]  # masks, trust, notes
# Trust of the lungs from which on nobody asks whether a film is shown the right way round (docs/film_quality.md: measured).
PLAIN = {"PA": 0.85, "AP": 0.85, "LAT": 0.72}
LUNGS = {"PA": ("lung_r", "lung_l"), "AP": ("lung_r", "lung_l"), "LAT": ("lung",)}


@dataclass(frozen=True)
class Organs:
    """Masks on the measured grid, trust where a network found them, notes, ms a film, and the device that found them."""

    masks: Mapping[str, Flags]
    trust: Mapping[str, float]
    notes: tuple[str, ...] = ()
    ms: float = 0.0
    device: str = ""


def organs_of(films: Sequence[ReadFilm], segmenter: Segmenter | None) -> list[Organs]:
    """Find the organs of each film, in their order; without masks and network a film has none."""
    asked = [place for place, film in enumerate(films) if not film.masks and segmenter and segmenter.organs(film.view)]
    found = [Organs(film.masks, {}, () if film.masks else ("no_organs",)) for film in films]
    if segmenter is None or not asked:
        return found
    began = time.perf_counter()
    answers = _whole([films[place] for place in asked], segmenter)
    for place, answer in zip(asked, answers, strict=True):
        found[place] = Organs(*answer, ms=1000 * (time.perf_counter() - began) / len(asked), device=segmenter.device)
    return found


def _whole(films: Sequence[ReadFilm], segmenter: Segmenter) -> list[Told]:
    """Segment films; where lungs are missing, unsure or bright a second time with grey turned over: the surer masks stay."""
    first = _asked(films, segmenter, [film.pixels for film in films])
    doubtful = [p for p, film in enumerate(films) if _bright(film, first[p]) or not plain(film.view, *first[p])]
    second = _asked([films[p] for p in doubtful], segmenter, [np.float32(1) - films[p].pixels for p in doubtful]) if doubtful else []
    found: list[Told] = [(masks, trust, ()) for masks, trust in first]
    for place, answer in zip(doubtful, second, strict=True):
        if of_lungs(films[place].view, *answer) > of_lungs(films[place].view, *first[place]):
            found[place] = (*answer, ("inverted_for_network",))
    return found


def _bright(film: ReadFilm, found: Segmented) -> bool:
    try:
        return shown_difference(Film(film.view, found[0], film.pixels, film.field)) < 0
    except NotMeasurable:
        return True


def plain(view: str, masks: Mapping[str, Flags], trust: Mapping[str, float]) -> bool:
    """Whether lungs were found without a doubt."""
    return of_lungs(view, masks, trust) >= PLAIN[view]


def of_lungs(view: str, masks: Mapping[str, Flags], trust: Mapping[str, float]) -> float:
    """Least trust of the lungs; 0 where one was not found."""
    return min(trust.get(lung, 1.0) if lung in masks and masks[lung].any() else 0.0 for lung in LUNGS[view])


def _asked(films: Sequence[ReadFilm], segmenter: Segmenter, pixels: Sequence[NDArray[np.float32]]) -> list[Segmented]:
    """Cut each film to its exposed field, frame that, fill it up to a square, segment squares of one side together, put the masks back."""
    found: dict[int, Segmented] = {}
    seen = [framed(plane[film.within]) for film, plane in zip(films, pixels, strict=True)]
    for side in sorted({max(one.shape) for one in seen}):
        places = [place for place, one in enumerate(seen) if max(one.shape) == side]
        images = np.zeros((len(places), side, side), np.float32)
        for image, place in zip(images, places, strict=True):
            rows, columns = seen[place].shape
            image[:rows, :columns] = seen[place]
        answers = in_memory(segmenter, images, [films[place].view for place in places])
        for place, (masks, trust) in zip(places, answers, strict=True):
            found[place] = {organ: _put_back(mask, films[place]) for organ, mask in masks.items()}, trust
    return [found[place] for place in range(len(films))]


def _put_back(mask: Flags, film: ReadFilm) -> Flags:
    """A mask of the square that a film's field was filled up to -> one of the film."""
    whole = np.zeros(film.pixels.shape, bool)
    whole[film.within] = unframed(mask, whole[film.within].shape)
    return whole


def in_memory(segmenter: Segmenter, images: NDArray[np.float32], views: Sequence[str]) -> list[Segmented]:
    """Segment a batch; where memory runs out in halves, and a single image on the processor."""
    try:
        return list(segmenter.segment(images, views))
    except Exception as fault:
        if not isinstance(fault, MemoryError) and type(fault).__name__ != "OutOfMemoryError":
            raise
    half = len(images) // 2
    if half:
        _LOG.warning("memory ran out with %d films at once: halves are tried", len(images))
        return [*in_memory(segmenter, images[:half], views[:half]), *in_memory(segmenter, images[half:], views[half:])]
    if not segmenter.to_processor():
        raise MemoryError("a single film does not fit into memory")
    _LOG.warning("memory of the accelerator ran out with a single film: the processor goes on")
    return in_memory(segmenter, images, views)
