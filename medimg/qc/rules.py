"""Rules of chest-film quality: what is measured, within which limits, what it means and how to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from medimg.qc.film import STUDY
from medimg.qc.layers import Layer, Place

Limit = float | None
Limits = tuple[Limit, Limit, Limit, Limit]  # fail_lo, warn_lo, warn_hi, fail_hi; None: no limit; a value equal to a limit is inside
NONE: Limits = (None, None, None, None)
SIDES = ("low", "high")
LANGUAGES = ("en", "zh")
GROUPS = ("overall", "organs", "imaging", "position")
EVIDENCE = ("published", "common knowledge", "proposal", "site")
Gate = tuple[Limit, Limit, bool]  # low, high, and whether it is shut where the quantity was not measured
Words = Mapping[str, str]  # language -> text


@dataclass(frozen=True)
class Text:
    """What a rule is called, and for each side of its limits what was found and how to mend it, each in every language."""

    title: Words
    finding: Mapping[str, Words] = field(default_factory=dict)
    mend: Mapping[str, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class Override:
    """What is otherwise for some films: all conditions of `when` must hold; `age` is a half-open range of years."""

    when: Mapping[str, tuple[Any, ...]]
    change: Mapping[str, Any]

    def fits(self, facts: Mapping[str, Any]) -> bool:
        """Whether a film with these facts is meant; a fact that is not known fits no condition."""
        return all(within(facts.get(name), wanted) if name == "age" else facts.get(name) in wanted for name, wanted in self.when.items())


@dataclass(frozen=True)
class Rule:
    """One rule as it holds for every film, with what is otherwise for some.

    `gates`: quantities that must lie inside [low, high] before the value is judged. `required`: a group is unevaluable without it.
    `counted` False: shown beside the others, in no verdict. `distrust`: beyond its fail limits the masks are not trusted.
    `percentiles`: those of the site's films that calibration proposes for each limit.
    """

    id: str
    group: str
    views: tuple[str, ...]
    metric: str
    unit: str
    limits: Limits
    evidence: tuple[str | None, ...]
    source: Words
    text: Text
    needs: tuple[str, ...] = ()
    gates: Mapping[str, Gate] = field(default_factory=dict)
    critical: bool = False
    required: bool = True
    counted: bool = True
    distrust: bool = False
    enabled: bool = True
    cid7011: Mapping[str, str] = field(default_factory=dict)
    percentiles: tuple[Limit, ...] = NONE
    expected: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()

    def at(self, facts: Mapping[str, Any]) -> "Rule":
        """The rule for a film; of several overrides that change one thing the last wins. `facts`: StationName, site, view, age, unit."""
        changes = {name: value for override in self.overrides if override.fits(facts) for name, value in override.change.items()}
        return replace(self, **changes) if changes else self


@dataclass(frozen=True)
class RuleSet:
    """All rules with what makes verdicts of them. `places` says where each key of each rule was set; `layer` is what was written."""

    version: str
    rules: tuple[Rule, ...]
    unevaluable: str
    groups: Mapping[str, str]
    grade: Mapping[str, str]
    ages: tuple[Limit, Limit]
    always_review: tuple[str, ...]
    places: Mapping[tuple[str, str], Place] = field(default_factory=dict)
    layer: Layer = field(default_factory=Layer, compare=False, repr=False)

    def of_view(self, view: str) -> tuple[Rule, ...]:
        """The rules of a view, or of a study."""
        return tuple(rule for rule in self.rules if view in rule.views)

    @property
    def study(self) -> Rule | None:
        """The rule about a study's views, if there is one."""
        return next(iter(self.of_view(STUDY)), None)

    def __getitem__(self, rule: str) -> Rule:
        return next(one for one in self.rules if one.id == rule)


def within(value: Any, limits: tuple[Any, ...]) -> bool:
    """Whether an age lies in [low, high); None: open. An unknown age lies in no range."""
    low, high = limits
    return value is not None and (low is None or value >= low) and (high is None or value < high)
