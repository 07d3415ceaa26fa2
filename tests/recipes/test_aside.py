import json

from medimg.recipes.aside import judge_aside


def test_the_networks_of_a_run_judged_aside_have_the_run_s_own_numbers(finished):
    run = finished[2]
    folder, metrics = judge_aside(run, "same", sorted((run / "stages").glob("1_train*")))
    own = json.loads((run / "metrics.json").read_text())
    assert folder == run / "aside" / "same"
    assert json.loads(json.dumps(metrics["rows"])) == own["rows"]
    assert json.loads((folder / "evaluation.json").read_text())["paper"] is None
