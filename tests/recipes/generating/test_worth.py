from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from medimg.recipes.generating import worth
from medimg.recipes.generating.extend import Extension
from medimg.recipes.generating.lineage import lineage_of, write_lineage
from medimg.recipes.generating.worth import UNSEEN, Worth, never_shown, write_worth
from medimg.recipes.parts.networks import prepares
from medimg.settings import Report, Settings


def drawn(run, job, labels):
    """The stage that drew one picture of each label, and a further one of c for the paper's test."""
    folder = run / "stages" / prepares("5_extend", job)
    folder.mkdir(parents=True)
    told = [lineage_of(label, range(1), job, label.rjust(64, "0"), ["pa"]) for label in (*labels, "c")]
    tables = [table.assign(enlarger="", test=number == len(labels)) for number, (table, _) in enumerate(told)]
    write_lineage(folder, tables, [donors for _, donors in told])
    return folder


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """Two jobs whose pictures were drawn and judged, as `write_worth` finds them."""
    jobs = [(1, 0, 0), (1, 1, 0)]
    for number, job in enumerate(jobs):
        told, shown = (tmp_path / "stages" / prepares(name, job) for name in ("8_judged", "9_montages"))
        for folder in (told, shown):
            folder.mkdir(parents=True)
        pd.DataFrame({"group": ["a"], "generated": [number]}).to_csv(told / "generated.csv", index=False)
        pd.DataFrame({"id": ["g"], "group": ["a"], "nearest": ["r"]}).to_csv(told / "memorised.csv", index=False)
        (shown / "a.png").write_bytes(bytes([number]))
    own = {"n": 9, "patients": 8, "estimate": 0.7, "low": 0.6, "high": 0.8, "method": "Wilson score interval", "undefined": None}
    monkeypatch.setattr(worth, "judge_aside", lambda run, name, stages: (run, name))
    monkeypatch.setattr(worth, "whole_row", lambda *_: own)
    return tmp_path, jobs


def test_a_run_without_generated_pictures_gets_no_tables(tmp_path):
    write_worth(tmp_path, [(1, 0, 0)], ["a", "b"])
    assert not list(tmp_path.iterdir())


def test_what_was_told_of_all_jobs_stands_below_each_other_and_the_first_one_s_montages_are_shown(judged):
    run, jobs = judged
    for job in jobs:
        drawn(run, job, ["a", "a|b"])
    write_worth(run, jobs, ["a", "b"])
    table = pd.read_csv(run / "tables" / "generated.csv")
    assert list(table["fold"]) == list(table["generated"]) == [0, 1]
    assert (run / "generated" / "a.png").read_bytes() == bytes([0])
    taught = pd.read_csv(run / "tables" / "real_test.csv")
    assert list(taught["trained_on"]) == ["real", "generated", "both"]
    assert list(taught["auroc"]) == [0.7] * 3
    assert taught["reason"].isna().all()
    assert set(taught["method"]) == {"Wilson score interval"}


def test_a_class_that_was_not_generated_everywhere_leaves_no_number_for_what_generated_pictures_alone_have_taught(judged):
    run, jobs = judged
    drawn(run, jobs[0], ["a", "a|b"])
    drawn(run, jobs[1], ["a"])
    write_worth(run, jobs, ["a", "b", "c"])
    taught = pd.read_csv(run / "tables" / "real_test.csv").set_index("trained_on")
    assert taught["auroc"].notna().to_dict() == {"real": True, "generated": False, "both": True}
    assert taught["reason"].fillna("").to_dict() == {"real": "", "generated": f"c, b: not generated, {UNSEEN}", "both": ""}
    assert (
        "| generated | real test cases |  |  |  |  |  |  | c, b: not generated, so a network"
        in (run / "tables" / "real_test.md").read_text()
    )


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """The inputs of the stages that judge, by name, where these labels were drawn; nothing is trained or drawn."""
    monkeypatch.setattr(worth, "weights_sha256", lambda folder: f"weights of {folder.name}")

    def inputs(labels, images=True):
        seen = {}

        def note(run, name, inputs, work):
            seen[name.partition("_seed")[0].removeprefix("0_")] = inputs

        monkeypatch.setattr(worth, "stage", note)
        monkeypatch.setattr(Worth, "_teach", lambda self, taught: seen.setdefault(taught, tmp_path / taught))
        table = pd.DataFrame({"id": labels, "label": labels, "test": False})
        cohort = SimpleNamespace(manifest=SimpleNamespace(classes=["a", "b"]))
        settings = replace(Settings(), report=Report(images=images))
        Worth(settings, cohort, None, tmp_path, (1, 0, 0), Extension(tmp_path, table, np.zeros((len(labels), 4, 4)))).judge()
        return seen

    return inputs


def test_generated_pictures_alone_teach_where_they_show_every_class(begun):
    assert list(begun(["a", "b"])) == ["real", "generated", "both", "8_judged", "9_montages"]
    assert list(begun(["a|b"])) == ["real", "generated", "both", "8_judged", "9_montages"]
    assert list(begun(["a"])) == ["real", "both", "8_judged", "9_montages"]


def test_what_is_told_depends_on_its_judge_s_weights_and_not_on_whether_montages_are_shown(begun):
    shown, hidden = begun(["a", "b"]), begun(["a", "b"], images=False)
    assert shown["8_judged"]["judge"] == "weights of real"
    assert hidden["8_judged"] == shown["8_judged"]
    assert "9_montages" not in hidden


def test_pictures_for_the_paper_s_test_show_no_class():
    table = pd.DataFrame({"label": ["a", "b|c", "d"], "test": [False, False, True]})
    assert never_shown(table, ["a", "b", "c", "d", "e"]) == ["d", "e"]


def test_a_group_without_generated_pictures_is_told_to_have_enough_or_too_few(tmp_path, monkeypatch):
    rows = pd.DataFrame({"id": range(14), "label": ["a"] * 12 + ["b"] * 2, "patient": [f"p{k}" for k in range(14)]})
    cohort = SimpleNamespace(manifest=SimpleNamespace(classes=["a", "b"]), part=lambda *_: rows, kind="multilabel")
    told = {}
    monkeypatch.setattr(worth, "judge_of", lambda *_: None)
    monkeypatch.setattr(Worth, "_looked_at", lambda self, part, look: SimpleNamespace(groups=["c"]))
    nothing = pd.DataFrame(), pd.DataFrame()
    monkeypatch.setattr(worth, "judge_generated", lambda *_, skipped, **__: told.update(skipped) or nothing)
    settings = replace(Settings(), generate=replace(Settings().generate, to=12))
    Worth(settings, cohort, None, tmp_path, (1, 0, 0), None)._tell(tmp_path, tmp_path)
    assert told == {"a": "has as many images as asked for (12)", "b": "only 2 images of 2 patients to train on"}
