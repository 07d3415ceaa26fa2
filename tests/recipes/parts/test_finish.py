import json
import shutil

from toys import MACHINE

from medimg.recipes.parts.cohort import load
from medimg.recipes.parts.finish import finish
from medimg.run.folder import stored_settings


def test_notes_reach_the_numbers_and_more_is_done_between_judging_and_the_report(finished, tmp_path):
    run = shutil.copytree(finished[2], tmp_path / "run")
    settings, before = stored_settings(run), json.loads((run / "metrics.json").read_text())
    (run / "metrics.json").unlink()
    (run / "report.html").unlink()
    seen = []
    finish(
        settings, load(settings, run), MACHINE, run, notes=["Trained by hand."],
        more=lambda: seen.append(((run / "metrics.json").exists(), (run / "report.html").exists())),
    )  # fmt: skip
    assert seen == [(True, False)]
    assert (run / "report.html").is_file()
    after = json.loads((run / "metrics.json").read_text())
    assert after["rows"] == before["rows"]
    assert after["notes"] == ["Trained by hand.", *before["notes"]]
