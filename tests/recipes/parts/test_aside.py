import json

import pytest

from medimg.evaluate.rows import whole_row
from medimg.recipes.parts.aside import judge_aside


def test_the_networks_of_a_run_judged_aside_have_the_run_s_own_numbers(finished):
    run = finished[2]
    folder, cases = judge_aside(run, "same", sorted((run / "stages").glob("1_train*")))
    assert folder == run / "aside" / "same"
    assert (folder / "calibration.json").read_text() == (run / "calibration.json").read_text()
    own, told = whole_row(cases, "image", "auroc"), json.loads((run / "metrics.json").read_text())["headline"]
    assert (own["estimate"], own["low"], own["high"]) == pytest.approx((told["estimate"], told["low"], told["high"]))
    assert json.loads((folder / "evaluation.json").read_text())["paper"] is None
