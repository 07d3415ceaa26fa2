"""A run goes on with its stored settings; another manifest is judged with what the run learned."""

import pytest

from medimg.errors import ConfigError, RunError
from medimg.run.compose import compose
from medimg.run.folder import new_run
from medimg.run.resume import MAY_CHANGE, TO_JUDGE, resumed, to_judge
from medimg.validate import known_keys


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return new_run(compose(["experiment=encephalitis_glioma", "task.lr=0.01"]), [])


def test_what_may_change_exists():
    assert set(known_keys()) >= MAY_CHANGE | TO_JUDGE


def test_without_words_the_stored_settings_rule(run):
    assert resumed(run, []).task.lr == 0.01


def test_words_that_repeat_the_run_are_fine(run):
    assert resumed(run, ["experiment=encephalitis_glioma", "task.lr=0.01", "augment=light"]) == resumed(run, [])


def test_a_training_is_no_simulation_to_go_on_with(run):
    with pytest.raises(RunError, match=r"is a training, not a simulation; give experiment=") as caught:
        resumed(run, ["recipe=simulate"])
    assert str(run) in str(caught.value)


def test_saving_and_workers_may_change(run):
    assert resumed(run, ["trainer.workers=2", "evaluate.draws=500"]).trainer.workers == 2


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("task.lr=0.1", "task.lr=0.1: this run was made with 0.01"), ("experiment=thyroid_spect", "experiment=thyroid_spect"),
        ("augment=brain_paper", "augment.choose=4"), ("seed=2", "seed=2"), ("trainer.epochs=99", "trainer.epochs=99"),
        ("sed=2", "did you mean 'seed'"), ("~data.where.sequence", "no meaning"), ("data.where={}", "data.where={}"),
    ],
)  # fmt: skip
def test_a_word_that_would_make_it_another_run_is_refused(run, word, told):
    with pytest.raises(ConfigError) as caught:
        resumed(run, [word])
    assert told in " ".join(caught.value.faults)


def test_a_longer_training_is_refused_with_the_reason_and_the_way_out(run):
    with pytest.raises(ConfigError) as caught:
        resumed(run, ["trainer.epochs=99"])
    told = " ".join(caught.value.faults)
    assert "only its best state is kept" in told
    assert f"model.weights={run};" in told
    with pytest.raises(ConfigError) as caught:
        resumed(run, ["task.lr=0.1"])
    assert "model.weights" not in " ".join(caught.value.faults)


def test_a_judgement_on_the_runs_own_test_part_asks_for_nothing(run):
    settings, asked = to_judge(run, ["evaluate.draws=300"])
    assert asked == {}
    assert settings.evaluate.draws == 300


def test_a_judgement_elsewhere_asks_for_what_differs(run, tmp_path):
    (tmp_path / "other.csv").touch()
    settings, asked = to_judge(run, ["data.manifest=other.csv", "data.where={site:B}"])
    assert asked == {"manifest": str(tmp_path / "other.csv"), "where": {"site": "B"}}
    assert settings.data.manifest == "phantom:brain"


def test_a_judgement_cannot_change_what_was_learned(run):
    with pytest.raises(ConfigError, match="Judging a run can change only"):
        to_judge(run, ["data.size=32"])
    with pytest.raises(ConfigError, match="no such file"):
        to_judge(run, ["data.manifest=gone.csv"])
