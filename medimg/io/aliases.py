"""Canonical words for sequences and views; whatever else a table says is mapped by an open list, and each mapping is logged."""

import logging
import re
from collections.abc import Sequence

_LOG = logging.getLogger(__name__)
_WORDS = {
    "sequence": {
        "FLAIR": ("flair", "t2flair", "fluidattenuatedinversionrecovery", "darkfluid", "tirmdarkfluid"),
        "T1CE": (
            "t1ce",
            "t1c",
            "t1gd",
            "t1gad",
            "t1post",
            "t1contrast",
            "t1postcontrast",
            "t1enhanced",
            "cet1",
            "cet1w",
            "t1wce",
            "t1+c",
            "t1c+",
            "t1km",
        ),
        "T1": ("t1", "t1w", "t1pre", "t1native", "t1weighted"),
        "T2": ("t2", "t2w", "t2tse", "t2weighted"),
        "DWI": ("dwi", "diffusion"),
        "ADC": ("adc",),
    },
    "view": {
        "PA": ("pa", "posteroanterior", "posterioranterior"),
        "AP": ("ap", "anteroposterior", "anteriorposterior", "apsupine", "aperect", "apsemierect"),
        "LAT": ("lat", "l", "lateral", "ll", "rl", "llateral", "rlateral", "leftlateral", "rightlateral"),
        "ANT": ("ant", "anterior", "antview"),
        "POST": ("post", "posterior", "postview"),
    },
}
_CANONICAL = {kind: {alias: word for word, aliases in words.items() for alias in aliases} for kind, words in _WORDS.items()}


def canonical(kind: str, value: str) -> str:
    """The canonical word for a `sequence` or `view`; an unknown word stays as it is."""
    squeezed = re.sub(r"[\s_\-./()]", "", value).lower()
    return _CANONICAL[kind].get(squeezed, value.strip())


def canonical_all(kind: str, values: Sequence[str]) -> list[str]:
    """The canonical words of a column, with one line in the log for each word that was changed."""
    words = {value: canonical(kind, value) for value in set(values)}
    for value in sorted(words):
        if value != words[value]:
            _LOG.info("%s: %r is read as %s", kind, value, words[value])
    return [words[value] for value in values]
