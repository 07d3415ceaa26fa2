import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

from medimg.models.backbones import build
from medimg.recipes.parts.answers import WIDEST, dropout_draws, last_linear, narrowing


def test_the_last_linear_layer_gives_the_logits():
    assert last_linear(build("resnet10t", outputs=3)).out_features == 3
    assert last_linear(build("resnet10t", outputs=3, head="transfer")).in_features == 256


def test_a_network_that_does_not_end_in_a_linear_layer_has_none():
    assert last_linear(build("capsnet", outputs=3)) is None
    assert last_linear(nn.Sequential(nn.Linear(2, 2), nn.Conv2d(1, 1, 1))) is None


def test_few_features_stay_as_they_are():
    features = np.random.default_rng(0).normal(size=(10, 5))
    assert (narrowing(features)(features) == features.astype(np.float32)).all()


@pytest.mark.parametrize("images", [40, 300])
def test_many_features_become_components_of_the_pool(images):
    pool, other = np.random.default_rng(0).normal(size=(2, images, 200))
    few = narrowing(pool)
    expected = PCA(min(WIDEST, images)).fit(pool)
    assert few(other).shape == (images, min(WIDEST, images))
    assert np.allclose(np.abs(few(other)[:, 0]), np.abs(expected.transform(other)[:, 0]), atol=1e-3)


def test_draws_are_distributions_around_the_answer_and_the_same_for_a_seed():
    random = np.random.default_rng(1)
    features, weight, bias = random.normal(size=(6, 400)).astype(np.float32), random.normal(size=(3, 400)) / 20, np.zeros(3)
    draws = dropout_draws(features, weight, bias, "multiclass", 5)
    assert draws.shape == (20, 6, 3)
    assert np.allclose(draws.sum(axis=2), 1)
    assert (draws == dropout_draws(features, weight, bias, "multiclass", 5)).all()
    whole = torch.from_numpy(features @ weight.T).softmax(dim=1).numpy()
    assert np.abs(draws.mean(axis=0) - whole).max() < 0.25
    assert draws.std(axis=0).min() > 0
