from dataclasses import replace

import numpy as np
import pytest
import torch
from toy_films import MACHINE, arrays, films

from medimg.data.films import films_in_memory
from medimg.errors import NumericError
from medimg.losses import mask_loss
from medimg.metrics.overlap import overlap
from medimg.training.score_masks import score_masks


def network():
    torch.manual_seed(1)
    return torch.nn.Conv2d(1, 2, 3, padding=1)


@pytest.mark.parametrize("layout", ["contiguous", "channels_last"])
@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_counts_and_losses_are_those_of_each_film_alone(batch_size, layout):
    known = np.array([[True, True], [True, False], [False, True], [True, True], [False, False]])
    images, masks = arrays(5)
    found, loss = score_masks(network(), films(5, known=known), replace(MACHINE, memory_format=layout), batch_size=batch_size)
    with torch.inference_mode():
        logits = network()(torch.from_numpy(images)[:, None])
    expected = overlap(logits > 0, masks, known)
    for name in ("both", "claimed", "true", "known"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    one_by_one = [mask_loss(logits[k : k + 1], torch.from_numpy(masks[k : k + 1]), torch.from_numpy(known[k : k + 1])) for k in range(5)]
    np.testing.assert_allclose(loss, one_by_one, rtol=1e-5)


def test_a_network_in_training_goes_on_in_training():
    made = network().train()
    score_masks(made, films(2), MACHINE, batch_size=2)
    assert made.training


def test_films_without_a_number_are_named():
    images, masks = arrays(3)
    images[1] = np.nan
    with pytest.raises(NumericError, match="1 of 3 films: b"):
        score_masks(network(), films_in_memory(images, masks, ids=["a", "b", "c"]), MACHINE, batch_size=2)
