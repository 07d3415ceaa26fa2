import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from toy_films import MACHINE

from medimg.errors import ConfigError
from medimg.recipes.films.network import NetworkSegmenter, Outliner, enlarged, segmenter_of, trust_of
from medimg.settings import Settings


class Bright(nn.Module):
    """Says of each pixel above 0.5 that it is of the first organ, and of no pixel that it is of the second; surer with a larger `times`."""

    def __init__(self, times=100.0):
        super().__init__()
        self.times = times

    def forward(self, film):
        return torch.cat([self.times * (film - 0.5), torch.full_like(film, -9)], dim=1)


def segmenter(times=100.0, views=("PA",), size=32):
    return NetworkSegmenter(dict.fromkeys(views, Outliner(Bright(times), ("disc", "square"), size, f"bright {times:g}")), MACHINE)


def disc(side=64, radius=0.25):
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    return rows**2 + columns**2 < (radius * side) ** 2


def test_masks_lie_where_the_organ_is_on_the_film_as_it_was_given():
    true = disc()
    ((masks, trust),) = segmenter().segment(true[None].astype(np.float32), ["PA"])
    assert masks["disc"].shape == true.shape
    assert 2 * (masks["disc"] & true).sum() / (masks["disc"].sum() + true.sum()) > 0.97
    assert not masks["square"].any()
    assert set(trust) == {"disc"}


def test_films_of_several_views_come_back_in_their_order():
    network = segmenter(views=("PA", "LAT"))
    films = np.stack([disc(radius=0.2), disc(radius=0.4), disc(radius=0.3)]).astype(np.float32)
    areas = [masks["disc"].sum() for masks, _ in network.segment(films, ["PA", "LAT", "PA"])]
    assert areas[0] < areas[2] < areas[1]
    assert (network.organs("LAT"), network.organs("AP")) == (("disc", "square"), ())


def test_trust_is_one_of_a_sure_contour_and_a_half_of_a_guess():
    logits = np.where(disc(32), 1.0, -1.0)
    assert trust_of(50 * logits) == pytest.approx(1)
    assert trust_of(1e-6 * logits) == pytest.approx(0.5, abs=1e-3)
    assert trust_of(np.full((8, 8), -5.0)) is None
    assert trust_of(np.full((8, 8), 5.0)) is None


def test_trust_looks_at_the_contour_alone():
    """What is far inside or outside may be as sure as it likes."""
    logits = np.where(disc(64), 0.5, -0.5)
    far = logits.copy()
    far[30:34, 30:34], far[:4, :4] = 20, -20
    assert trust_of(far) == trust_of(logits) == pytest.approx(1 / (1 + np.exp(-0.5)))


def test_masks_are_enlarged_to_the_film():
    logits = np.array([[-1.0, 1.0], [-1.0, 1.0]], np.float32)
    np.testing.assert_array_equal(enlarged(logits, 8), np.arange(8)[None].repeat(8, 0) >= 4)


@pytest.mark.parametrize("side", [16, 40, 100, 128, 129])
@pytest.mark.parametrize("where", [(0, 9, 3, 20), (30, 64, 40, 64), (20, 31, 0, 64), (7, 8, 9, 10), (5, 5, 5, 5), (0, 64, 0, 64)])
def test_only_the_surroundings_of_an_organ_are_enlarged_and_the_mask_is_that_of_the_whole_film(side, where):
    top, bottom, left, right = where
    logits = -torch.rand(64, 64, generator=torch.Generator().manual_seed(side)) - 0.01
    logits[top:bottom, left:right] *= -1
    whole = F.interpolate(logits[None, None], size=(side, side), mode="bilinear", align_corners=False)[0, 0]
    np.testing.assert_array_equal(enlarged(logits.numpy(), side), whole.numpy() > 0)


def test_runs_that_outline_nothing_are_refused_all_at_once(tmp_path):
    runs = [(tmp_path / name, Settings()) for name in ("one", "two")]
    with pytest.raises(ConfigError) as fault:
        segmenter_of(runs)
    assert [told.partition(":")[0] for told in fault.value.faults] == ["network=one", "network=two"]


def test_the_processor_has_nowhere_else_to_go():
    assert segmenter().to_processor() is False
