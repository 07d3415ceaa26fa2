"""The two networks of DCGAN (Radford, Metz & Chintala, ICLR 2016), shaped to learn from some thirty pictures on one processor."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

LEAK = 0.2  # slope of the rectifiers below 0
CEILING = 2.0  # as data.normalise=counts cuts hot spots
DARK = -3.0  # an untrained generator draws values around 2 * sigmoid(-3) = 0.09: mostly background, as scintigrams are
FINE = -2.0  # and lets them spread by a factor of exp(sigmoid(-2)) = 1.13


class Generator(nn.Module):
    """Draw pictures from noise: (B, `noise_length`) standard normal values -> (B, channels, size, size) in 0..2.

    The first `latent` values become 4x4 places, then each block doubles them; the last two have `width` maps, each one before twice as
    many. What comes out is for each pixel a value and how far it spreads; the other values of the noise, one for each pixel, are the
    grain that is spread, at most as far as 1 in logits: without a bound it grew in the dark, where little of it is seen, and drew white
    specks there. The answer is 2 * sigmoid, the range of real pictures, whose background is near 0 and whose hot spots are cut at
    2: a softplus is as flat near 0 and has no ceiling, and DCGAN's tanh spends half of its range on counts below nought.

    Three departures from DCGAN. The grain: counts vary from pixel to pixel by chance, which no smooth function of a hundred numbers does
    (StyleGAN adds noise for the like; Karras et al., 2019). Bilinear doubling and a convolution in the place of a transposed one, whose
    checkerboard hid the gland (Odena et al., Distill 2016). Normalisation of each picture for itself (one group) in the place of batch
    normalisation: a picture depends on its own noise alone, so it can be drawn again in any batch, and averaged weights need no
    statistics of their own.
    """

    def __init__(self, size: int = 32, latent: int = 100, width: int = 64, channels: int = 1) -> None:
        super().__init__()
        maps = [*(width * 2**k for k in reversed(range(doublings(size)))), width]
        self.latent, self.shape = latent, (channels, size, size)
        self.first = nn.Sequential(nn.ConvTranspose2d(latent, maps[0], 4, bias=False), nn.GroupNorm(1, maps[0]), nn.ReLU())
        self.blocks = nn.Sequential(*(_larger(below, above) for below, above in pairwise(maps)))
        self.last = nn.Conv2d(width, 2 * channels, 3, padding=1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
        with torch.no_grad():
            self.last.weight[channels:] = 0
            self.last.bias.copy_(torch.tensor([DARK] * channels + [FINE] * channels))  # type: ignore[union-attr]

    def forward(self, noise: Tensor) -> Tensor:
        """Draw a picture of each row of noise."""
        shape, grain = noise[:, : self.latent, None, None], noise[:, self.latent :].reshape(-1, *self.shape)
        value, spread = self.last(self.blocks(self.first(shape))).chunk(2, dim=1)
        return CEILING * torch.sigmoid(value + spread.sigmoid() * grain)


class Discriminator(nn.Module):
    """Tell real pictures from drawn ones: (B, channels, size, size) -> (B,) logits, high for real.

    Convolutions with step 2 down to 4x4, `width` maps after the first and twice as many at each step, drawn as He et al. (2015) do for
    leaky rectifiers. No normalisation: a picture's logit does not depend on what shares its batch, be that real or drawn, and the first
    hundred steps already teach something. With spectral normalisation (Miyato et al., 2018) the signals of scintigrams, near 0 almost
    everywhere, fade from layer to layer, and the discriminator guessed at 250 steps still (built-in cohort, batch 32, two rates tried).
    """

    def __init__(self, size: int = 32, width: int = 64, channels: int = 1) -> None:
        super().__init__()
        maps = [channels, *(width * 2**k for k in range(doublings(size)))]
        self.blocks = nn.Sequential(*(_smaller(below, above) for below, above in pairwise(maps)))
        self.last = nn.Linear(maps[-1] * 16, 1)
        for layer in self.blocks.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, LEAK)

    def forward(self, image: Tensor) -> Tensor:
        """Give the logits of a batch."""
        logits: Tensor = self.last(self.blocks(image).flatten(1))
        return logits[:, 0]


def noise_length(size: int = 32, latent: int = 100, channels: int = 1) -> int:
    """Count the values that a picture is drawn from: `latent` for its shape and one for each pixel."""
    return latent + channels * size**2


def doublings(size: int) -> int:
    """Count the steps from 4x4 to size x size pixels; ValueError where that is no power of two, or under 16."""
    steps = math.log2(size / 4) if size > 0 else 0.0
    if steps < 2 or not steps.is_integer():
        raise ValueError(f"size={size}: images are doubled from 4 px on, so a power of two of at least 16 is needed, for example 32")
    return int(steps)


def _larger(below: int, above: int) -> nn.Sequential:
    doubled = nn.Upsample(scale_factor=2, mode="bilinear")
    return nn.Sequential(doubled, nn.Conv2d(below, above, 3, padding=1, bias=False), nn.GroupNorm(1, above), nn.ReLU())


def _smaller(below: int, above: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(below, above, 4, stride=2, padding=1), nn.LeakyReLU(LEAK))
