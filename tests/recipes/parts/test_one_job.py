import csv
import json

from toys import MACHINE

from medimg.data.joined import Joined
from medimg.recipes.parts.cohort import load
from medimg.recipes.parts.networks import network_of
from medimg.recipes.parts.one_job import train_job
from medimg.run.folder import stored_settings


def test_a_job_on_given_pictures_answers_for_all_cases_and_is_chosen_on_the_given_ones(finished, tmp_path):
    run = finished[2]
    settings = stored_settings(run)
    cohort = load(settings, run)
    rows, val = cohort.cases(0, 0, "train"), cohort.cases(0, 0, "val").iloc[:4]
    network = network_of(settings, cohort.kind, cohort.manifest.classes, seed=1)
    taught = Joined([cohort.pictures(rows.iloc[:8], 1), cohort.pictures(rows.iloc[8:16], 1)])
    train_job(settings, cohort, MACHINE, (1, 0, 0), network, tmp_path, taught=taught, val=val)
    for part in ("val", "test"):
        answers = list(csv.DictReader((tmp_path / f"{part}.csv").open()))
        assert [row["id"] for row in answers] == list(cohort.cases(0, 0, part)["id"])
    progress = [json.loads(line) for line in (tmp_path / "progress.jsonl").read_text().splitlines()]
    assert [row["step"] for row in progress] == [2, 4]  # sixteen pictures in batches of eight
    assert json.loads((tmp_path / "best.json").read_text())["step"] in (2, 4)
