"""The generator and its judge: shapes, range, and that one picture does not depend on another."""

import pytest
import torch
from torch.nn import functional as F

from medimg.models.dcgan import Discriminator, Generator, doublings, noise_length


@pytest.mark.parametrize("size", [16, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_noise_becomes_pictures_and_pictures_become_logits(size, channels):
    pictures = Generator(size, latent=7, width=4, channels=channels)(torch.randn(3, noise_length(size, 7, channels)))
    assert pictures.shape == (3, channels, size, size)
    assert Discriminator(size, width=4, channels=channels)(pictures).shape == (3,)


@pytest.mark.parametrize("size", [-32, 0, 8, 24, 33])
@pytest.mark.parametrize("kind", [Generator, Discriminator])
def test_a_size_that_doubling_does_not_reach_is_refused(kind, size):
    with pytest.raises(ValueError, match=rf"size={size}: .*a power of two of at least 16"):
        kind(size)


def test_doublings_are_counted_from_four_pixels():
    assert [doublings(size) for size in (16, 32, 64, 128)] == [2, 3, 4, 5]


def test_values_lie_where_those_of_real_pictures_do_and_reach_both_ends():
    torch.manual_seed(0)
    network = Generator(16, width=8)
    drawn = network(torch.randn(64, noise_length(16)))
    assert drawn.min() >= 0
    assert drawn.max() <= 2
    assert 0.02 < drawn.median() < 0.3  # dark before it has learned anything
    for value, reached in ((-20.0, 0.0), (20.0, 2.0)):
        network.last.bias.data[0] = value
        torch.testing.assert_close(network(torch.zeros(1, noise_length(16))).mean(), torch.tensor(reached), atol=1e-3, rtol=0)


def test_a_picture_depends_on_its_own_noise_alone_whether_training_or_not():
    torch.manual_seed(0)
    network, noise = Generator(16, width=8), torch.randn(5, noise_length(16))
    together = network.train()(noise)
    torch.testing.assert_close(network.eval()(noise[2:3]), together[2:3])
    assert not torch.allclose(together[0], together[1], atol=1e-3)


def test_pictures_of_one_shape_differ_from_pixel_to_pixel_by_their_grain():
    torch.manual_seed(0)
    network, noise = Generator(16, width=8), torch.randn(200, noise_length(16))
    noise[:, :100] = noise[0, :100]
    drawn = network(noise)[:, 0].flatten(1).detach()
    assert float(drawn.std(dim=0).min()) > 0
    apart = torch.corrcoef(drawn.T) - torch.eye(256)
    assert float(apart.abs().mean()) < 0.1  # neighbours know nothing of each other: by chance 0.06 of 200


def test_a_logit_does_not_depend_on_what_else_is_in_the_batch():
    torch.manual_seed(0)
    network, pictures = Discriminator(16, width=8).eval(), torch.rand(5, 1, 16, 16)
    torch.testing.assert_close(network(pictures)[2:3], network(pictures[2:3]))


def test_the_judge_soon_tells_counts_from_smooth_pictures_though_both_are_dark():
    torch.manual_seed(0)
    network = Discriminator(size=16, width=16)
    optimizer = torch.optim.Adam(network.parameters(), 5e-4, betas=(0.5, 0.999))
    for _ in range(150):
        counts = torch.poisson(torch.full((16, 1, 16, 16), 4.0)) / 40
        smooth = F.avg_pool2d(counts, 5, 1, 2)
        loss = F.softplus(-network(counts)).mean() + F.softplus(network(smooth)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.5


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_the_game_draws_pictures_as_bright_as_the_real_ones_and_where_they_are(seed):
    """Real pictures are a bright disc left of the middle; with batches of eight, some dozens of steps are enough to find it."""
    torch.manual_seed(seed)
    rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    real = (
        1.2 * torch.exp(-((rows - 8) ** 2 + (columns - 5) ** 2) / 8).expand(8, 1, 16, 16) * torch.linspace(0.7, 1.3, 8)[:, None, None, None]
    )
    drawing, judge = Generator(16, latent=8, width=8), Discriminator(16, width=8)
    optimizers = [torch.optim.Adam(network.parameters(), 1e-3, betas=(0.5, 0.999)) for network in (drawing, judge)]
    for _ in range(150):
        loss = F.softplus(-judge(real)).mean() + F.softplus(judge(drawing(torch.randn(8, noise_length(16, 8))).detach())).mean()
        optimizers[1].zero_grad()
        loss.backward()
        optimizers[1].step()
        loss = F.softplus(-judge(drawing(torch.randn(8, noise_length(16, 8))))).mean()
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()
    with torch.no_grad():
        drawn = drawing(torch.randn(64, noise_length(16, 8))).mean(dim=0)[0]
    wanted = real.mean(dim=0)[0]
    assert abs(float(drawn.mean() - wanted.mean())) < 0.1
    assert torch.corrcoef(torch.stack([drawn.flatten(), wanted.flatten()]))[0, 1] > 0.8
