"""All values of a film -> verdicts of its rules, its four groups and the film, its grade and its reasons."""

from collections.abc import Iterable, Mapping
from typing import Any

from medimg.qc.rules import GROUPS, Rule, RuleSet, within
from medimg.qc.value import Value
from medimg.qc.verdict import FAIL, NOT_APPLICABLE, PASS, REVIEW, UNEVALUABLE, WARN, FilmVerdict, RuleVerdict, judge_value


def judge_film(values: Iterable[Value], facts: Mapping[str, Any], rules: RuleSet) -> FilmVerdict:
    """Judge all values of a film. `facts`: view, and where known StationName, site and age in years."""
    view, age = str(facts.get("view", "")), facts.get("age")
    if age is not None and not within(age, rules.ages):
        return _none("age", rules)
    ours = rules.of_view(view)
    if not ours:
        return _none("view", rules)
    by_metric = {value.metric: value for value in values}
    found = [judge_value(rule, by_metric.get(rule.metric), facts) for rule in ours]
    doubt = next((one.rule for rule, one in zip(ours, found, strict=True) if _doubts(rule, one)), "")
    if doubt:
        found = [_doubted(rule, one, doubt) for rule, one in zip(ours, found, strict=True)]
    return sum_up(found, rules, always_review=view if view in rules.always_review else "", doubt=doubt)


def _doubts(rule: Rule, found: RuleVerdict) -> bool:
    """Whether a rule about the masks says that they are not to be trusted, or cannot say that they are."""
    return rule.distrust and found.verdict == UNEVALUABLE and found.reason != "not_measured"


def _doubted(rule: Rule, found: RuleVerdict, doubt: str) -> RuleVerdict:
    """What rests on masks is not judged where they are not trusted."""
    if not rule.needs or rule.distrust or found.verdict in (UNEVALUABLE, NOT_APPLICABLE):
        return found
    return found._replace(verdict=UNEVALUABLE, reason=f"masks:{doubt}", side="")


def _none(reason: str, rules: RuleSet) -> FilmVerdict:
    return FilmVerdict(NOT_APPLICABLE, "", reason, (reason,), dict.fromkeys(GROUPS, NOT_APPLICABLE), (), rules.version)


def sum_up(found: list[RuleVerdict], rules: RuleSet, always_review: str = "", doubt: str = "") -> FilmVerdict:
    """Verdicts of rules -> groups, film, grade and reasons; a film whose masks are doubted is review, whatever else was found."""
    counted = [one for one in found if one.counted]
    groups = {group: judge_group([one for one in counted if one.group == group], rules.groups[group]) for group in GROUPS}
    verdict = REVIEW if doubt or always_review else film_verdict(groups, rules.unevaluable)
    reasons = reasons_of(counted, doubt)
    if always_review:
        reasons.insert(0, "always_review")
    grade = grade_of(counted, verdict, rules.grade)
    return FilmVerdict(verdict, grade, reasons[0] if reasons else "", tuple(reasons), groups, tuple(found), rules.version)


def judge_group(found: list[RuleVerdict], way: str) -> str:
    """Verdict of one group: fail before unevaluable (a required rule) before warn before pass."""
    verdicts = {one.verdict for one in found}
    fails = {one.critical for one in found if one.verdict == FAIL}
    if fails and (way == "any_fail" or True in fails):
        return FAIL
    if any(one.verdict == UNEVALUABLE and one.required for one in found):
        return UNEVALUABLE
    if fails or WARN in verdicts:
        return WARN
    return PASS if PASS in verdicts else NOT_APPLICABLE


def film_verdict(groups: Mapping[str, str], unevaluable: str) -> str:
    """Verdict of a film or study from those of its groups."""
    verdicts = set(groups.values())
    if FAIL in verdicts:
        return FAIL
    if UNEVALUABLE in verdicts and unevaluable != "ignore":
        return FAIL if unevaluable == "fail" else REVIEW
    return PASS if verdicts & {PASS, WARN, UNEVALUABLE} else NOT_APPLICABLE


def reasons_of(found: list[RuleVerdict], doubt: str = "") -> list[str]:
    """Rules that speak against a film: a doubt about masks, critical fails, other fails, unevaluable required ones, warnings."""
    order = {(FAIL, True): 1, (FAIL, False): 2, (UNEVALUABLE, True): 3, (UNEVALUABLE, False): 3, (WARN, True): 4, (WARN, False): 4}
    told = [one for one in found if (one.verdict, one.critical) in order and (one.required or one.verdict != UNEVALUABLE)]
    return [one.rule for one in sorted(told, key=lambda one: 0 if one.rule == doubt else order[one.verdict, one.critical])]


def grade_of(found: list[RuleVerdict], verdict: str, grades: Mapping[str, str]) -> str:
    """Grade of a film that passed or failed; one that a person has to look at has none."""
    if verdict not in (PASS, FAIL):
        return ""
    fails = {one.critical for one in found if one.verdict == FAIL}
    if verdict == FAIL:
        condition = "fail_critical" if True in fails else "fail_noncritical"
    else:
        condition = "warn" if fails or any(one.verdict == WARN for one in found) else "no_warn"
    return next(letter for letter, meaning in grades.items() if meaning == condition)
