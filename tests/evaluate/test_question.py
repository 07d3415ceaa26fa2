"""What was asked must make sense before anything is judged."""

import json

import pytest

from medimg.errors import RunError
from medimg.evaluate import evaluate


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
