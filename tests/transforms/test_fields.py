import numpy as np
import pytest
import torch
from scipy import ndimage

from medimg.transforms.fields import blur, emphasise, ended, grain, smooth, warp, window

STILL = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]])


def film(size=24, count=1, seed=0):
    return torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(seed))


def column(*values):
    return torch.tensor(values).reshape(-1, 1, 1, 1)


def test_without_a_bend_the_identity_leaves_a_film_alone():
    torch.testing.assert_close(warp(film(), STILL, torch.zeros(1, 2, 5, 5)), film(), atol=1e-5, rtol=0)


def test_an_even_bend_shifts_by_that_share():
    bend = torch.zeros(1, 2, 5, 5)
    bend[:, 0] = 2 * 3 / 24  # the film is 2 wide: three pixels
    moved = warp(film(), STILL, bend)
    torch.testing.assert_close(moved[..., :-3], film()[..., 3:], atol=1e-4, rtol=0)
    assert float(moved[..., -3:].max()) < 1e-4


def test_a_film_ends_at_its_borders_goes_on_a_little_and_is_black_then():
    borders = torch.tensor([[8 / 24, 0, 0, 6 / 24]])  # top and right
    found, given = ended(film(), borders, 2 / 24)[0, 0], film()[0, 0]
    torch.testing.assert_close(found[8:, :18], given[8:, :18])
    torch.testing.assert_close(found[6:8, :18], given[8:9, :18].expand(2, -1))
    torch.testing.assert_close(found[8:, 18:20], given[8:, 17:18].expand(-1, 2))
    assert not found[:6].any()
    assert not found[:, 20:].any()


def test_films_end_each_at_their_own_borders():
    borders = torch.tensor([[0.0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25]])
    found = ended(film(count=2), borders, 0)
    torch.testing.assert_close(found[0], film(count=2)[0])
    assert found[1].count_nonzero() == 12 * 12


def test_a_coarse_grid_is_met_at_its_corners():
    coarse = torch.randn(2, 2, 4, 4)
    fine = smooth(coarse, (19, 31))
    assert fine.shape == (2, 2, 19, 31)
    torch.testing.assert_close(fine[..., [0, 0, -1, -1], [0, -1, 0, -1]], coarse[..., [0, 0, -1, -1], [0, -1, 0, -1]], atol=1e-5, rtol=0)


def test_a_window_is_its_formula_and_cuts_what_is_beyond():
    found = window(torch.tensor([0.1, 0.2, 0.5, 0.8, 0.9]).reshape(1, 1, 1, 5), column(0.2), column(0.8))
    np.testing.assert_allclose(found.flatten(), [0, 0, 0.5, 1, 1], atol=1e-6)


@pytest.mark.parametrize("sigma", [0.7, 2.0])
def test_a_blur_is_scipys_and_each_film_has_its_own(sigma):
    found = blur(film(count=2), column(sigma, 1e-6), widest=2.0)
    expected = ndimage.gaussian_filter(film(count=2)[0, 0].numpy(), sigma, mode="nearest", radius=6)
    np.testing.assert_allclose(found[0, 0], expected, atol=1e-5)
    torch.testing.assert_close(found[1], film(count=2)[1])


def test_emphasis_leaves_an_even_film_alone_and_strengthens_an_edge():
    even, edge = torch.full((1, 1, 32, 32), 0.4), torch.zeros(1, 1, 32, 32)
    edge[..., 16:] = 1
    torch.testing.assert_close(emphasise(even, column(1.5)), even)
    assert emphasise(edge, column(1.0)).max() > 1.2
    torch.testing.assert_close(emphasise(edge, column(0.0)), edge)


def test_noise_is_stronger_where_fewer_photons_came_through():
    image = torch.zeros(1, 1, 64, 64)
    image[..., 32:, :] = 0.9
    noise = grain(image, column(0.2), torch.randn(image.shape, generator=torch.Generator().manual_seed(0))) - image
    assert float(noise[..., :32, :].std()) == pytest.approx(0.2 * 0.1**0.5, rel=0.05)
    assert float(noise[..., 32:, :].std()) == pytest.approx(0.2, rel=0.05)
