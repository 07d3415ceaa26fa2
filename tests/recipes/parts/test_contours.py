import numpy as np
import pandas as pd
import torch
import toy_films
from PIL import Image
from torch import nn

from medimg.recipes.parts.contours import FOUND, SIDE, TRUE, draw_contours, with_contours


def box(first, last, side=64):
    mask = np.zeros((side, side), bool)
    mask[first:last, first:last] = True
    return mask


def test_contours_lie_on_the_edges_of_their_masks():
    drawn = np.asarray(with_contours(np.zeros((64, 64), np.float32), {"heart": box(16, 32)}, {"heart": box(24, 48)}))
    for colour, first, last in ((TRUE, 16, 32), (FOUND, 24, 48)):
        rows, columns = np.nonzero((drawn == colour).all(axis=2))
        scale = SIDE / 64
        assert (
            abs(np.array([rows.min(), rows.max(), columns.min(), columns.max()]) - scale * np.array([first, last, first, last])).max()
            < scale
        )


def test_an_organ_that_is_not_known_has_no_true_contour(tmp_path):
    films = toy_films.films(2, 64, known=np.array([[True, False], [True, True]]))
    worst = pd.DataFrame({"id": [films.ids[0]], "mean_dice": [0.1], "worst_organ": ["disc"], "dice": [0.1]})
    nothing = nn.Conv2d(1, 2, 1)
    with torch.no_grad():
        nothing.weight.zero_(), nothing.bias.fill_(-1)
    (entry,) = draw_contours(tmp_path, films, toy_films.ORGANS, worst, nothing, toy_films.MACHINE)
    image = np.asarray(Image.open(tmp_path / entry["overlay"]))
    drawn = (image == TRUE).all(axis=2)
    disc = np.kron(films[0]["mask"][0, 0].numpy(), np.ones((8, 8))) > 0
    edge = np.zeros_like(disc)
    for shift in range(-14, 15):
        edge |= np.roll(disc, shift, 0) != disc
        edge |= np.roll(disc, shift, 1) != disc
    assert drawn.any()
    assert not (drawn & ~edge).any()
    assert not (image == FOUND).all(axis=2).any()
