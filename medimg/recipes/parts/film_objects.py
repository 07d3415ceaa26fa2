"""A judged film -> what its DICOM objects are to say, in the words of its rules."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.io.objects import FilmResult, RuleResult
from medimg.qc.reasons import codes_of
from medimg.qc.rules import Rule, RuleSet
from medimg.qc.value import Value
from medimg.qc.verdict import FAIL, WARN, FilmVerdict, RuleVerdict
from medimg.qc.words import say


def film_result(
    film: str,
    view: str,
    values: Iterable[Value],
    judged: FilmVerdict,
    rules: RuleSet,
    *,
    masks: Mapping[str, NDArray[np.bool_]],
    to_source: Sequence[Sequence[float]],
    model: str,
    config: str,
    when: datetime,
    manual_masks: bool = False,
    language: str = "en",
) -> FilmResult:
    """Put together what was found about a film. `masks`, marks and `to_source`: of the measured grid; `model`, `config`: hashes."""
    by_metric = {value.metric: value for value in values}
    told: dict[str, Any] = {"masks": masks, "to_source": to_source, "model": model, "config": config, "when": when, "language": language}
    return FilmResult(
        film=film,
        view=view,
        verdict=judged.verdict,
        grade=judged.grade,
        rules=tuple(_rule(one, rules[one.rule], by_metric.get(one.metric), language) for one in judged.rules),
        rules_version=judged.version,
        groups=judged.groups,
        reasons=tuple(_reason(reason, rules, language) for reason in judged.reasons),
        reject=codes_of(judged, rules),
        manual_masks=manual_masks,
        **told,
    )


def _rule(one: RuleVerdict, rule: Rule, value: Value | None, language: str) -> RuleResult:
    marks, title = value.marks if value else (), rule.text.title[language]
    return RuleResult(one.rule, title, one.metric, one.verdict, one.value, one.unit, one.limits, _texts(one, rule, language), marks)


def _reason(reason: str, rules: RuleSet, language: str) -> str:
    """A rule that speaks against a film by its number and title, or a reason for the whole film."""
    known = next((rule for rule in rules.rules if rule.id == reason), None)
    return f"{reason.partition('_')[0]} {known.text.title[language]}" if known else say(reason, language)


def _texts(one: RuleVerdict, rule: Rule, language: str) -> tuple[str, ...]:
    """What was found and how to mend it where the value is outside; why there is no verdict where there is none."""
    if one.verdict in (WARN, FAIL):
        told = (rule.text.finding.get(one.side, {}), rule.text.mend.get(one.side, {}))
        return tuple(words[language] for words in told if language in words)
    return (say(one.reason, language),) if one.reason else ()
