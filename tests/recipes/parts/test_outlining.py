import numpy as np
import pytest
import torch
from torch import nn

from medimg.errors import ConfigError
from medimg.recipes.parts.outlining import answering, outliner, randomised
from medimg.run.compose import compose


def settings(*more):
    return compose(["experiment=chest_qc", "profile=smoke", *more])


def test_the_seed_draws_the_network():
    one, same, other = (outliner(settings(), seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(("view", "organs"), [("pa", 13), ("lateral", 7)])
def test_each_view_has_its_organs_and_its_network(view, organs):
    asked = settings(f"view={view}")
    logits = outliner(asked, seed=0).eval()(torch.zeros(1, 1, 64, 64))
    assert logits.shape == (1, organs, 64, 64)
    assert asked.model.name == {"pa": "ChestPAQC_10_3", "lateral": "Chest2ViewQC_8_3"}[view]
    assert (
        compose(["experiment=chest_qc", "profile=paper", f"view={view}"]).model.name
        == {"pa": "ChestPAQC_20_3", "lateral": "Chest2ViewQC_15_3"}[view]
    )


def test_a_network_that_does_not_segment_is_refused():
    with pytest.raises(ConfigError, match="no network that segments"):
        outliner(settings("model.name=resnet18"), seed=0)


def test_strengths_of_randomisation_are_those_of_the_settings():
    network = outliner(settings(), seed=0)
    found = randomised(settings("randomise.noise=0.01", "randomise.rotate_deg=3"), network)
    assert (found.noise, found.rotate_deg, found.mirror, found.gamma) == (0.01, 3, None, 1.2)
    order = randomised(settings("randomise.mirror=true"), network).mirror
    assert order[:3] == (1, 0, 2)
    assert order[-1] == -1
    assert randomised(settings("randomise.share=0"), network) is None


def test_masks_are_learned_at_the_size_of_the_largest_answer():
    network = outliner(settings(), seed=0)
    given = torch.rand(1, 1, 128, 128), torch.ones(1, 13, 128, 128), torch.ones(1, 13, dtype=torch.bool)
    mask = randomised(settings(), network)(*given, np.random.default_rng(0))[1]
    assert mask.shape == network(given[0])[0].shape == (1, 13, 64, 64)
    assert randomised(settings(), nn.Conv2d(1, 13, 1)).shrink == 1  # a network of a library


def test_answers_over_film_and_mirror_image_are_the_same_for_both():
    asked = settings("view.organs=[lung_r,lung_l,heart]", "randomise.mirror=true")
    network = answering(asked, outliner(asked, seed=0).eval(), mirror=True)
    film = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        straight, back = network(film), network(film.flip(-1)).flip(-1)[:, [1, 0, 2]]
    torch.testing.assert_close(straight, back)
