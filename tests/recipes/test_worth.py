import pandas as pd

from medimg.recipes import worth
from medimg.recipes.networks import prepares
from medimg.recipes.worth import write_worth


def test_a_run_without_generated_pictures_gets_no_tables(tmp_path):
    write_worth(tmp_path, [(1, 0, 0)])
    assert not list(tmp_path.iterdir())


def test_what_was_told_of_all_jobs_stands_below_each_other_and_the_first_one_s_montages_are_shown(tmp_path, monkeypatch):
    jobs = [(1, 0, 0), (1, 1, 0)]
    for number, job in enumerate(jobs):
        folder = tmp_path / "stages" / prepares("8_judged", job)
        folder.mkdir(parents=True)
        pd.DataFrame({"group": ["a"], "generated": [number]}).to_csv(folder / "generated.csv", index=False)
        pd.DataFrame({"id": ["g"], "group": ["a"], "nearest": ["r"]}).to_csv(folder / "memorised.csv", index=False)
        (folder / "a.png").write_bytes(bytes([number]))
    told = {"n": 9, "patients": 8, "estimate": 0.7, "low": 0.6, "high": 0.8, "undefined": None}
    monkeypatch.setattr(worth, "judge_aside", lambda run, name, stages: (run, name))
    monkeypatch.setattr(worth, "whole_row", lambda *_: told)
    write_worth(tmp_path, jobs)
    table = pd.read_csv(tmp_path / "tables" / "generated.csv")
    assert list(table["fold"]) == list(table["generated"]) == [0, 1]
    assert (tmp_path / "generated" / "a.png").read_bytes() == bytes([0])
    taught = pd.read_csv(tmp_path / "tables" / "real_test.csv")
    assert list(taught["trained_on"]) == ["real", "generated", "both"]
    assert list(taught["auroc"]) == [0.7] * 3
