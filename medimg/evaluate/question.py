"""What was asked of a run: evaluation.json, read and checked."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medimg.errors import RunError
from medimg.evaluate.rule import Rule

KINDS = ("binary", "multiclass", "multilabel", "distribution")
SOFTMAX = ("multiclass", "distribution")  # kinds whose classes share one probability


@dataclass(frozen=True)
class Question:
    """What was asked (evaluation.json): kind of problem, classes in column order, and how to judge."""

    kind: str
    classes: tuple[str, ...]
    draws: int = 2000
    seed: int = 0
    subgroups: tuple[str, ...] = ()
    external: bool = False
    threshold: str = "youden"
    headline: str = "auroc"
    paper: tuple[dict[str, Any], ...] = ()
    fused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # what the recipe has to say of how it trained
    rule: Rule | None = None

    @property
    def several(self) -> bool:
        """Whether a case can show more than one of the classes, and none may be decided."""
        return self.kind in ("multilabel", "distribution")

    @property
    def positive(self) -> str | None:
        """The class a binary question is about: the last one."""
        return self.classes[-1] if self.kind == "binary" else None

    @property
    def targets(self) -> tuple[str, ...]:
        """The classes that are answered yes or no: the positive one, or each."""
        return self.classes[-1:] if self.kind == "binary" else self.classes


def read_question(run: Path) -> Question:
    """Read evaluation.json; faults are named together."""
    path = run / "evaluation.json"
    if not path.is_file():
        raise RunError(f"run {run.name}: evaluation.json is missing, so what was asked is not known; is the training finished?")
    try:
        asked = json.loads(path.read_text())
    except ValueError as fault:
        raise RunError(f"run {run.name}: evaluation.json cannot be read ({fault}); start the training command again to write it.") from None
    kind, classes = asked.get("kind"), asked.get("classes") or []
    rule, faults = _rule(asked)
    if kind not in KINDS:
        faults.append(f"evaluation.json: kind is {kind!r}; it must be one of {', '.join(KINDS)}.")
    if len(classes) < (1 if kind == "multilabel" else 2) or (kind == "binary" and len(classes) != 2):
        faults.append(f"evaluation.json: {len(classes)} classes do not fit a {kind} question.")
    if len(set(classes)) != len(classes):
        faults.append("evaluation.json: a class is named twice.")
    if asked.get("threshold", "youden") not in ("youden", "half"):
        faults.append(f"evaluation.json: threshold is {asked['threshold']!r}; it must be youden or half.")
    if int(asked.get("draws", 2000)) < 200:
        faults.append(f"evaluation.json: {asked['draws']} draws are too few for an interval; use 2000.")
    if faults:
        raise RunError(*faults)
    return Question(
        kind=kind,
        classes=tuple(map(str, classes)),
        draws=int(asked.get("draws", 2000)),
        seed=int(asked.get("seed", 0)),
        subgroups=tuple(asked.get("subgroups") or ()),
        external=bool(asked.get("external", False)),
        threshold=asked.get("threshold", "youden"),
        headline=asked.get("headline") or "auroc",
        paper=tuple(asked.get("paper") or ()),
        fused=tuple(asked.get("fused") or ()),
        notes=tuple(asked.get("notes") or ()),
        rule=rule,
    )


def _rule(asked: dict[str, Any]) -> tuple[Rule | None, list[str]]:
    """The rule of a distribution, and what is wrong with it."""
    if asked.get("kind") != "distribution":
        return None, []
    told = asked.get("rule") or {}
    try:
        rule = Rule(float(told["one"]), float(told["two"]), str(told["source"]))
    except (KeyError, TypeError, ValueError):
        return None, ["evaluation.json: a distribution needs a rule: one and two, the limits for one class and for two, and their source."]
    if not rule.sound:
        return None, [
            f"evaluation.json: no rule decides by {rule.one} for one class and {rule.two} for two; the paper's are 0.90 and 0.45."
        ]
    return rule, []
