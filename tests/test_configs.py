"""Every file in configs/ is used by a test: each composes in every experiment and profile, and says what it is for."""

import itertools

import pytest

from medimg.recipes.simulating.chain import chain_labels
from medimg.run.compose import compose
from medimg.run.configs import comment, config_root, groups, head, heads, parse
from medimg.settings import Augment

PROFILES = ("paper", "quick", "demo", "smoke")
EXPERIMENTS = groups()["experiment"]
FILES = sorted(config_root().rglob("*.yaml"))
CHOICES = [(group, name) for group, names in groups().items() if group not in ("experiment", "data") for name in names]


def test_the_lists_are_not_empty():
    assert len(EXPERIMENTS) >= 2
    assert len(FILES) > len(EXPERIMENTS) + 5
    assert {group for group, _ in CHOICES} >= {"model", "augment", "trainer", "logger"}


def images_of(experiment):
    """The experiment for a user's own images has none of its own, but in its smallest profiles."""
    return ["data.manifest=phantom:brain"] if experiment == "classify" else []


@pytest.mark.parametrize(("experiment", "profile"), itertools.product(EXPERIMENTS, PROFILES))
def test_every_experiment_composes_in_every_profile(experiment, profile):
    settings = compose([f"experiment={experiment}", f"profile={profile}", *images_of(experiment)])
    assert (settings.experiment, settings.profile) == (experiment, profile)
    assert settings.data.manifest.startswith("phantom:")


@pytest.mark.parametrize(("profile", "pool"), [("smoke", 21), ("demo", 394), ("quick", 668)])
def test_a_simulation_leaves_most_of_the_brain_pool_to_choose_from_in_every_small_profile(profile, pool):
    active = compose(["experiment=encephalitis_glioma", f"profile={profile}"]).active
    assert active.init_size < pool / 4
    assert chain_labels(active.init_size, active.budget, pool, active.rounds)[-1] <= pool / 2


@pytest.mark.parametrize(("group", "name"), CHOICES)
def test_every_group_file_composes_in_every_experiment(group, name):
    size = ["data.size=224"] if group == "model" else []  # some networks need more than an experiment's small pictures
    for experiment in EXPERIMENTS:
        compose([f"experiment={experiment}", f"{group}={name}", *size, *images_of(experiment)])


@pytest.mark.parametrize("name", groups()["data"])
def test_every_data_file_composes_alone(name):
    compose([f"data={name}", "data.manifest=phantom:thyroid", *(["recipe=chest_qc", "view=pa"] if name == "chest" else [])])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(config_root()).as_posix())
def test_every_file_begins_with_its_purpose(path):
    lines = comment(path)
    assert lines
    assert len(lines[0].lstrip("# ")) > 10


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_tells_its_command_and_has_all_profiles(name):
    told = head(name)
    assert told.command.startswith(f"medimg train experiment={name}")
    assert f"experiment={name}" in told.own_data
    assert "data.manifest=" in told.own_data
    assert told.profiles == PROFILES
    assert told.purpose.endswith(".")


def test_smoke_is_small_everywhere():
    for name in EXPERIMENTS:
        smoke, paper = (compose([f"experiment={name}", f"profile={profile}", *images_of(name)]) for profile in ("smoke", "paper"))
        assert smoke.trainer.epochs == 1
        assert smoke.data.limit is not None
        assert paper.data.limit is None


def test_the_thyroid_papers_profile_has_what_the_paper_says_and_nothing_besides():
    paper = compose(["experiment=thyroid_spect", "profile=paper"])
    task, model = paper.task, paper.model
    assert (task.optimizer, task.lr, task.schedule, task.decay, task.decay_step) == ("sgd", 0.1, "step", 0.01, 600)
    assert (task.weight_decay, task.warmup, task.ema, task.label_smoothing, paper.trainer.clip) == (0, 0, None, 0, None)
    assert (paper.data.size, model.channels, model.name, model.dropout) == (32, 3, "resnet101", 0.5)
    assert (model.activation, model.init) == ("leaky_relu", "uniform")
    assert (paper.trainer.epochs, paper.phases.epochs, paper.trainer.batch_size, paper.phases.replay) == (200, 200, 200, 0)
    assert (paper.generate.to, paper.generate.to_cross) == (1000, 1000)
    assert paper.augment == Augment()
    assert paper.decision == "multilabel"  # the paper's rule is a word away, and both are run by scripts/reproduce_thyroid.py


def test_list_names_every_experiment():
    assert [one.name for one in heads()] == EXPERIMENTS


def test_every_profile_key_exists_and_changes_something():
    for name in EXPERIMENTS:
        for profile, values in parse(config_root() / "experiment" / f"{name}.yaml")["profiles"].items():
            assert values, f"{name}: profile {profile} is empty"
