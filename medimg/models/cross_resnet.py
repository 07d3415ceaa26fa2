"""The thyroid paper's modified residual block, y = F(x) + w * x_i, on any network of timm's ResNet family.

Source: Wang & Zhang, J. Hebei Univ. Sci. Tech. 2020;41(3):242-248, section 1.3.2, equation (1). It calls x_i the adjusted input that
carries the information of a cross-feature picture and w a convolution, which leaves room for two readings. Both start as exactly the
function of the unmodified network, so that a second phase begins with what the first one knew, and take its weights by name.
"""

from typing import Any, Literal

import torch
from timm.models.resnet import ResNet
from torch import Tensor, nn
from torch.nn import functional as F

from medimg.errors import ConfigError

Reading = Literal["none", "block", "image"]
STAGES = ("layer1", "layer2", "layer3", "layer4")


class Projection(nn.Module):
    """A 1x1 convolution without bias: (B, below, H, W) -> (B, above, H, W).

    Its weight is a matrix and it is no nn.Conv2d, so what looks for a network's first or last filters still finds the network's own.
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, maps: Tensor) -> Tensor:
        """Mix the maps of each place."""
        return F.conv2d(maps, self.weight[:, :, None, None])


class Crossing(Projection):
    """What lies on the way from block to block: (B, above, H, W) maps and (B, below, ...) image -> (B, above, H, W).

    The image is averaged to the plane of the maps, projected to them and added.
    """

    def forward(self, maps: Tensor, image: Tensor) -> Tensor:  # type: ignore[override]
        """Let the maps see the image again."""
        return maps + super().forward(F.interpolate(image, maps.shape[2:], mode="area"))


class CrossResNet(nn.Module):
    """A ResNet whose blocks see the picture again: (B, channels, H, W) image -> what the network gives.

    After each block, the picture averaged to the plane of the block's output and projected to its maps is added; projections start as 0.
    """

    def __init__(self, backbone: ResNet, channels: int) -> None:
        super().__init__()
        maps = _maps(backbone)
        self.cross = nn.ModuleList(Crossing(torch.zeros(above, channels)) for above in maps)
        self.backbone = backbone  # after the projections: a network's last layer is its classifier
        self.num_features = int(backbone.head_hidden_size)

    def forward(self, image: Tensor) -> Tensor:
        """Give logits, or features where the network has no classifier."""
        network = self.backbone
        maps = network.maxpool(network.act1(network.bn1(network.conv1(image))))
        for block, cross in zip(_blocks(network), self.cross, strict=True):
            maps = cross(block(maps), image)
        answer: Tensor = network.forward_head(maps)
        return answer


def crossed(network: nn.Module, reading: Reading, channels: int) -> nn.Module:
    """Modify the residual blocks of a network for pictures of `channels`; ConfigError where it is no ResNet of timm.

    `block`: x_i is the block's own input, through a learned 1x1 convolution (at first the identity) in the place of the identity
    shortcut; a block that has a projection already keeps it. `image`: x_i is the network's picture, see CrossResNet.
    """
    if reading == "none":
        return network
    if not isinstance(network, ResNet):
        way_out = "Set model.cross=none, or model.name=resnet101 or another ResNet."
        raise ConfigError(f"model.cross={reading}: only the ResNet family of timm has these blocks. {way_out}")
    if reading == "image":
        return CrossResNet(network, channels)
    for block, maps in zip(_blocks(network), _maps(network), strict=True):
        block.downsample = block.downsample or Projection(torch.eye(maps))
    return network  # type: ignore[no-any-return]


def _blocks(network: ResNet) -> list[Any]:
    return [block for stage in STAGES for block in getattr(network, stage)]


def _maps(network: ResNet) -> list[int]:
    """Count the maps that each block gives."""
    given = {about["module"]: int(about["num_chs"]) for about in network.feature_info}
    return [given[stage] for stage in STAGES for _ in getattr(network, stage)]
