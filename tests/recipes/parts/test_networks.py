"""Which networks a run trains, and how each begins."""

from dataclasses import replace

import pytest
import torch

from medimg.errors import RunError
from medimg.models.activation import Leaky
from medimg.models.cross_resnet import CrossResNet
from medimg.recipes.parts.networks import best_of, jobs, named, network_of, stage_name
from medimg.settings import Data, Model, Settings
from medimg.training.checkpoints import CheckpointFolder

SETTINGS = Settings(data=Data(manifest="x.csv"), model=Model(name="resnet10t"), seeds=(1, 2))


class Dealt:
    """A cohort of three folds."""

    def folds(self):
        return [(0, 0), (1, 0), (2, 0)]


def test_each_seed_trains_each_fold_and_some_may_be_chosen():
    assert len(jobs(SETTINGS, Dealt())) == 6
    some = replace(SETTINGS, data=replace(SETTINGS.data, fold=(1,)))
    assert jobs(some, Dealt()) == [(1, 1, 0), (2, 1, 0)]
    assert stage_name(2, 1, 0) == "1_train_seed2_fold1_member0"
    with pytest.raises(RunError, match="names no fold"):
        jobs(replace(SETTINGS, data=replace(SETTINGS.data, fold=(7,))), Dealt())


def test_progress_names_only_what_a_run_has_several_of():
    assert named(SETTINGS, Dealt(), (2, 1, 0), "single signs") == "single signs, seed 2, fold 1"
    assert named(replace(SETTINGS, seeds=(1,)), Dealt(), (1, 1, 0)) == "fold 1"
    alone = replace(SETTINGS, seeds=(1,), data=replace(SETTINGS.data, fold=(1,)))
    assert [named(alone, Dealt(), (1, 1, 0), what) for what in ("", "outlining")] == ["training", "outlining"]


def test_a_network_is_drawn_by_its_seed():
    one, same, other = (network_of(SETTINGS, "binary", ["a", "b"], seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["fc.weight"], other["fc.weight"])
    assert one["fc.weight"].shape[0] == 1


def test_a_network_departs_from_the_published_one_as_the_settings_say():
    model = Model(name="resnet10t", cross="image", activation="leaky_relu", init="uniform")
    network = network_of(replace(SETTINGS, model=model), "binary", ["a", "b"], seed=1)
    assert isinstance(network, CrossResNet)
    assert sum(isinstance(module, Leaky) for module in network.modules()) == 11
    weight = network.backbone.layer4[0].conv2.weight
    assert weight.abs().max() <= (6 / (512 * 9)) ** 0.5


def test_a_trained_network_standardises_where_its_training_did(tmp_path):
    state = network_of(SETTINGS, "binary", ["a", "b"], seed=1).state_dict()
    state |= {"standard.mean": torch.tensor([0.4]), "standard.std": torch.tensor([0.2])}
    folder = CheckpointFolder(tmp_path)
    folder.save_checkpoint({"network": state, "step": 1}, folder.path("best", 1))
    judged = network_of(SETTINGS, "binary", ["a", "b"], seed=1, trained=folder.newest("best")).eval()
    bare = network_of(SETTINGS, "binary", ["a", "b"], seed=1).eval()
    image = torch.rand(2, 1, 32, 32)
    torch.testing.assert_close(judged(image), bare((image - 0.4) / 0.2), atol=1e-5, rtol=1e-4)


def test_an_unfinished_stage_has_no_network(tmp_path):
    with pytest.raises(RunError, match="go on with"):
        best_of(tmp_path)
