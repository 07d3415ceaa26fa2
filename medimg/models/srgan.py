"""The two networks of SRGAN (Ledig et al., CVPR 2017), without batch normalisation and safe before any training."""

import math
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm


class SuperResolution(nn.Module):
    """Enlarge pictures: (B, channels, h, w) -> (B, channels, scale * h, scale * w), bilinear enlargement plus a learned difference.

    The difference comes from Ledig's network: residual blocks between two skips, then one pixel shuffle for each doubling. Its last
    layer starts as 0, so untrained it enlarges and does no harm. Batch normalisation is left out (Lim et al., EDSR, CVPRW 2017): in
    small batches it shifts the intensities that a scintigram's counts are. Nothing holds the answer at or above 0; who stores it does.
    """

    def __init__(self, scale: int = 4, width: int = 64, blocks: int = 16, channels: int = 1) -> None:
        super().__init__()
        doublings = math.log2(scale) if scale > 0 else 0.0
        if doublings < 1 or not doublings.is_integer():
            raise ValueError(f"scale={scale}: images are enlarged by doubling, so a power of two of at least 2 is needed, for example 4")
        self.scale = scale
        self.first = nn.Sequential(nn.Conv2d(channels, width, 9, padding=4), nn.PReLU())
        self.blocks = nn.Sequential(*(Residual(width) for _ in range(blocks)), nn.Conv2d(width, width, 3, padding=1))
        self.enlarge = nn.Sequential(*(_doubling(width) for _ in range(int(doublings))))
        self.last = nn.Conv2d(width, channels, 9, padding=4)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(self, image: Tensor) -> Tensor:
        """Enlarge a batch."""
        maps = self.first(image)
        difference: Tensor = self.last(self.enlarge(maps + self.blocks(maps)))
        return difference + F.interpolate(image, scale_factor=self.scale, mode="bilinear", align_corners=False)


class Residual(nn.Module):
    """Two convolutions beside the identity: (B, width, H, W) -> the same shape."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.PReLU(), nn.Conv2d(width, width, 3, padding=1))

    def forward(self, maps: Tensor) -> Tensor:
        """Add what was learned."""
        changed: Tensor = self.body(maps)
        return maps + changed


class PatchDiscriminator(nn.Module):
    """Tell sharp pictures from enlarged ones: (B, channels, H, W) of at least 8 px -> (B,) logits, high for real.

    The mean over the logits of overlapping patches of 38 px (Isola et al., CVPR 2017): texture is what has to be judged, and pictures
    of any size can be. Spectral normalisation of every layer (Miyato et al., ICLR 2018), so that few pictures are enough.
    """

    def __init__(self, width: int = 64, channels: int = 1) -> None:
        super().__init__()
        maps = [channels, width, 2 * width, 4 * width]
        self.blocks = nn.Sequential(*(_smaller(below, above) for below, above in pairwise(maps)))
        self.last = spectral_norm(nn.Conv2d(maps[-1], 1, 3, padding=1))

    def forward(self, image: Tensor) -> Tensor:
        """Give the logits of a batch."""
        logits: Tensor = self.last(self.blocks(image))
        return logits.mean(dim=(1, 2, 3))


def _doubling(width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width, 4 * width, 3, padding=1), nn.PixelShuffle(2), nn.PReLU())


def _smaller(below: int, above: int) -> nn.Sequential:
    return nn.Sequential(spectral_norm(nn.Conv2d(below, above, 4, stride=2, padding=1)), nn.LeakyReLU(0.2))
