import numpy as np
import torch
from toy_films import films, network

from medimg.data.loader import draw
from medimg.losses import mask_loss
from medimg.tasks.segment import Segment


def task(**options):
    return Segment(network(), "multilabel", steps=10, steps_per_epoch=5, **options)


def test_the_loss_is_that_of_masks_where_they_are_known():
    batch = films(3, known=np.array([[True, True], [True, False], [False, False]])).__getitems__([0, 1, 2])
    segment = task().eval()
    out = segment(batch["image"])
    assert torch.equal(segment.loss(out, batch), mask_loss(out, batch["mask"].float(), batch["known"]))


def test_films_and_masks_are_varied_together():
    batch = films(2).__getitems__([0, 1])
    segment = task(augment=lambda image, mask, known, _: (image.flip(-1), mask.flip(-1), known & False))
    varied = segment.varied(batch, draw(0))
    assert torch.equal(varied["image"], batch["image"].flip(-1))
    assert torch.equal(varied["mask"], batch["mask"].flip(-1).float())
    assert not varied["known"].any()
    assert varied["id"] == batch["id"]


def test_without_augmentation_a_batch_is_what_was_loaded():
    batch = films(2).__getitems__([0, 1])
    assert task().varied(batch, draw(0)) is batch
