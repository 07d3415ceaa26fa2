"""What is to be said of one film, free of how it was found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from medimg.io.mark import Mark

Affine = Sequence[Sequence[float]]  # two rows of three
FAIL = "fail"
VERDICTS = ("pass", "warn", "fail", "review", "unevaluable", "not_applicable")
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class RuleResult:
    """One rule of a film: a value with its unit against `limits` (fail_lo, warn_lo, warn_hi, fail_hi), and texts in the report's language.

    `title`: what the rule is called. `texts`: what was found, why there is no verdict, how to mend it; empty ones are left out.
    """

    rule: str
    title: str
    metric: str
    verdict: str
    value: float | None = None
    unit: str = ""
    limits: tuple[float | None, float | None, float | None, float | None] = (None, None, None, None)
    texts: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, eq=False)
class FilmResult:
    """All that the objects say of one film.

    `film`: its row id, which the files are named by. `groups`: group -> verdict. `reasons`: what speaks against it, the gravest first, in
    the report's language. `reject`: reasons for which it fails, meaning -> code of context group 7011 (PS3.16). `masks`: organ -> bool
    (rows, columns) of the measured grid. `to_source`: two rows of a matrix that leads from (row, column, 1) of the measured grid to (row,
    column) of the stored image, pixel centres both. `model`, `config`: hashes of what it was judged by: with the film's SOPInstanceUID
    they make the objects' UIDs. `rules_version`: of the limits. `when`: of judging.
    Raises ValueError for a verdict or a language that does not exist.
    """

    film: str
    view: str
    verdict: str
    grade: str
    rules: tuple[RuleResult, ...]
    to_source: Affine
    model: str
    config: str
    rules_version: str
    when: datetime
    groups: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    reject: Mapping[str, str] = field(default_factory=dict)
    masks: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    manual_masks: bool = False
    language: str = "en"

    def __post_init__(self) -> None:
        said = {self.verdict, *self.groups.values(), *(rule.verdict for rule in self.rules)}
        if unknown := said - set(VERDICTS):
            raise ValueError(f"verdict {', '.join(sorted(unknown))}: choose of {', '.join(VERDICTS)}")
        if self.language not in LANGUAGES:
            raise ValueError(f"language {self.language!r}: choose one of {', '.join(LANGUAGES)}")
