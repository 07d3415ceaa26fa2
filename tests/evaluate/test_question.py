"""What was asked must make sense before anything is judged."""

import json

import pytest

from medimg.errors import RunError
from medimg.evaluate import evaluate
from medimg.evaluate.question import read_question
from medimg.evaluate.rule import PAPER


def test_a_question_that_makes_no_sense_is_refused_with_all_faults(make_run):
    run = make_run(kind="binary", classes=("a", "b"), name="odd")
    (run / "evaluation.json").write_text(json.dumps({"kind": "ternary", "classes": ["a", "a"], "threshold": "guess", "draws": 5}))
    with pytest.raises(RunError) as caught:
        evaluate(run)
    assert len(caught.value.faults) == 4
    (run / "evaluation.json").write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        evaluate(run)
    (run / "evaluation.json").unlink()
    with pytest.raises(RunError, match="is missing"):
        evaluate(run)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (None, "needs a rule"),
        ({"one": 0.9, "two": 0.45}, "needs a rule"),
        ({"one": 0.4, "two": 0.9, "source": "x"}, "no rule decides by 0.4"),
    ],
)
def test_a_distribution_without_a_sound_rule_is_refused(make_run, rule, told):
    run = make_run(kind="distribution", classes=("a", "b", "c"), patients=6, rule=rule)
    with pytest.raises(RunError, match=told):
        read_question(run)


def test_what_was_asked_comes_back_with_its_rule(make_run):
    assert read_question(make_run(kind="distribution", classes=("a", "b", "c"), patients=6)).rule == PAPER
    other = read_question(make_run(kind="multilabel", classes=("a", "b", "c"), patients=6, name="other"))
    assert (other.rule, other.several) == (None, True)
