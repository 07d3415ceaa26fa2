import numpy as np
import torch

from medimg.data.films import films_in_memory
from medimg.data.loader import TrainLoader


def arrays(count=5, size=12):
    random = np.random.default_rng(0)
    return random.random((count, size, size), dtype=np.float32), random.random((count, 3, size, size)) < 0.4


def test_arrays_come_back_as_they_were_laid_out():
    images, masks = arrays()
    known = np.random.default_rng(1).random((5, 3)) < 0.5
    batch = films_in_memory(images, masks, known, ids=list("abcde")).__getitems__([3, 1])
    assert batch["id"] == ["d", "b"]
    assert torch.equal(batch["image"], torch.from_numpy(images[[3, 1]])[:, None])
    np.testing.assert_array_equal(batch["mask"].numpy(), masks[[3, 1]])
    np.testing.assert_array_equal(batch["known"].numpy(), known[[3, 1]])


def test_all_masks_are_known_unless_told_otherwise_and_ids_differ():
    films = films_in_memory(*arrays())
    assert films.known.all()
    assert len(set(films.ids)) == len(films) == 5


def test_a_loader_deals_every_film_once():
    films = films_in_memory(*arrays(6))
    loader = TrainLoader(films, batch_size=2, seed=0, position=lambda: (0, 0))
    assert sorted(name for batch in loader for name in batch["id"]) == sorted(films.ids)
