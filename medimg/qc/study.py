"""Verdict of a study: each expected view exactly once, and the worst of its films."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from medimg.qc.film import Film, NotApplicable
from medimg.qc.judge import sum_up
from medimg.qc.metric import Found
from medimg.qc.rules import GROUPS, RuleSet, within
from medimg.qc.value import Value
from medimg.qc.verdict import FAIL, NOT_APPLICABLE, PASS, REVIEW, FilmVerdict, RuleVerdict, judge_value

WORST = (FAIL, REVIEW, PASS, NOT_APPLICABLE)


def views_present(views: Sequence[str], expected: Sequence[str]) -> Value:
    """Count the expected views that are not there exactly once; a study with other views as well is of another kind."""
    others = sorted(set(views) - set(expected))
    if others:
        return Value("views_present", None, "count", f"has {', '.join(others)}", applicable=False)
    seen = Counter(views)
    wrong = [f"{view} {seen[view]} times" for view in expected if seen[view] != 1]
    return Value("views_present", float(len(wrong)), "count", ", ".join(wrong) or None)


def not_of_a_film(film: Film) -> Found:
    """What the registry has for `views_present`, which is counted over a study. Raises NotApplicable."""
    raise NotApplicable("a study has it, not a film")


def judge_study(films: Sequence[tuple[str, FilmVerdict]], facts: Mapping[str, Any], rules: RuleSet) -> FilmVerdict:
    """Judge (view, verdict) of all films of a study: groups, verdict and grade are the worst of the films and of the study's own rule.

    `rules` of the answer holds the study's own rule only. A study with a film to be looked at, and none that fails, has no grade.
    """
    rule = rules.study
    own: list[RuleVerdict] = []
    if rule is not None:
        found = judge_value(rule, views_present([view for view, _ in films], rule.expected), facts)
        age = facts.get("age")
        strange = age is not None and not within(age, rules.ages)  # as a film of that age: these rules are not for it
        own = [found._replace(verdict=NOT_APPLICABLE, reason="age", side="") if strange else found]
    alone = sum_up(own, rules)
    every = [alone, *(film for _, film in films)]
    verdict = next(word for word in WORST if any(one.verdict == word for one in every))
    groups = {group: _worst_group([one.groups[group] for one in every]) for group in GROUPS}
    grade = "" if verdict in (REVIEW, NOT_APPLICABLE) else max((one.grade for one in every if one.grade), default="")
    reasons = tuple(dict.fromkeys(reason for word in WORST for one in every if one.verdict == word for reason in one.reasons))
    return FilmVerdict(verdict, grade, reasons[0] if reasons else "", reasons, groups, tuple(own), rules.version)


def _worst_group(verdicts: Sequence[str]) -> str:
    order = ("fail", "unevaluable", "warn", "pass", "not_applicable")
    return min(verdicts, key=order.index)
