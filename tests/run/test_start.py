"""Opening a run, going on with it, and what is left when it stops."""

import logging
import os

import pytest

from medimg.errors import ConfigError, Interrupted, ManifestError, RunError
from medimg.run.start import logging_to, train

SMOKE = ["experiment=encephalitis_glioma", "profile=smoke"]


def test_a_new_run_has_its_settings_words_and_log(recipe, tmp_path):
    outcome = train([*SMOKE, "seed=5"])
    settings, run = recipe.seen[0]
    assert run == outcome.run == (tmp_path / "runs" / "latest").resolve()
    assert run.parent == tmp_path / "runs" / "encephalitis_glioma"
    assert settings.seed == 5
    assert (run / "overrides.txt").read_text().splitlines() == [*SMOKE, "seed=5"]
    assert "medimg" in (run / "log.txt").read_text()
    assert outcome.headline["text"] == "AUROC 0.9"
    assert "MEDIMG_RUN" not in os.environ


def test_child_processes_are_told_the_folder(recipe, monkeypatch):
    told = []
    plain = recipe.train
    monkeypatch.setattr(recipe, "train", lambda settings, run: (told.append(os.environ["MEDIMG_RUN"]), plain(settings, run)))
    assert str(train(SMOKE).run) == told[0]


@pytest.mark.parametrize("way", ["folder", "resume", "latest", "environment"])
def test_a_run_goes_on_in_its_folder_with_its_settings(recipe, way, monkeypatch):
    run = train([*SMOKE, "task.lr=0.005"]).run
    if way == "environment":
        monkeypatch.setenv("MEDIMG_RUN", str(run))
    words, target = {
        "folder": ([], str(run)), "resume": ([*SMOKE, f"resume={run}"], None), "latest": (["resume=latest"], None),
        "environment": ([*SMOKE, "task.lr=0.005"], None),
    }[way]  # fmt: skip
    assert train(words, target).run == run
    assert recipe.seen[1] == recipe.seen[0]
    assert "# again on" in (run / "overrides.txt").read_text()


def test_a_change_that_is_allowed_is_stored(recipe):
    run = train(SMOKE).run
    train(["evaluate.draws=700"], str(run))
    assert train([], str(run)).run == run
    assert recipe.seen[-1][0].evaluate.draws == 700


def test_two_runs_to_go_on_with_or_none_are_refused(recipe):
    with pytest.raises(ConfigError, match="Name one"):
        train(["resume=a"], "b")
    with pytest.raises(ConfigError, match="names no run"):
        train(["resume="])


def test_refused_images_make_exit_code_3(recipe, monkeypatch):
    plain = recipe.train

    def some_refused(settings, run):
        plain(settings, run)
        (run / "flow.json").write_text('{"refused": 2}')

    monkeypatch.setattr(recipe, "train", some_refused)
    assert train(SMOKE).exit_code == 3


def test_a_run_stopped_by_its_input_before_any_stage_leaves_nothing(recipe, tmp_path):
    first = train(SMOKE).run
    recipe.stop = ManifestError("no")
    with pytest.raises(ManifestError):
        train(SMOKE)
    assert [path.name for path in first.parent.iterdir()] == [first.name]
    assert (tmp_path / "runs" / "latest").resolve() == first


@pytest.mark.parametrize("by_key", [True, False])
def test_an_interrupted_run_and_one_with_stages_stay(recipe, tmp_path, by_key):
    recipe.stop = KeyboardInterrupt() if by_key else Interrupted(15)
    with pytest.raises(Interrupted, match="medimg train runs/encephalitis_glioma/"):
        train(SMOKE)
    run = (tmp_path / "runs" / "latest").resolve()
    (run / "stages").mkdir()
    recipe.stop = ManifestError("no")
    with pytest.raises(ManifestError):
        train([], str(run))
    assert run.is_dir()


def test_the_shared_folder_is_named_by_the_environment(recipe, monkeypatch, tmp_path):
    monkeypatch.setenv("MEDIMG_RUN", str(tmp_path / "job-7"))
    assert train(SMOKE).run == tmp_path / "job-7"
    assert os.environ["MEDIMG_RUN"] == str(tmp_path / "job-7")
    monkeypatch.setenv("RANK", "1")
    assert train(SMOKE).run == tmp_path / "job-7"
    assert recipe.seen[0] == recipe.seen[1]


def test_a_folder_that_is_no_run_is_not_written_into(recipe, monkeypatch, tmp_path):
    (tmp_path / "precious").mkdir()
    monkeypatch.setenv("MEDIMG_RUN", str(tmp_path / "precious"))
    with pytest.raises(ConfigError, match="no run folder"):
        train(SMOKE)


def test_a_run_in_use_is_refused(recipe, monkeypatch):
    run = train(SMOKE).run

    def second(settings, folder):
        train([], str(run))

    monkeypatch.setattr(recipe, "train", second)
    with pytest.raises(RunError, match="another medimg process"):
        train([], str(run))


def test_what_is_for_the_terminal_alone_is_in_no_file(tmp_path):
    with logging_to(tmp_path / "log.txt"):
        logging.getLogger("medimg").info("a link", extra={"keep": False})
        logging.getLogger("medimg").info("a result", extra={"keep": True})
        logging.getLogger("medimg").info("a step")
    assert [line.partition("INFO ")[2] for line in (tmp_path / "log.txt").read_text().splitlines()] == ["a result", "a step"]


def test_logging_ends_with_the_run(recipe):
    before = list(logging.getLogger("medimg").handlers)
    train(SMOKE)
    assert logging.getLogger("medimg").handlers == before
