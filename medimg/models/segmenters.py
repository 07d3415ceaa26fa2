"""Networks that outline organs, by name: the chest paper's family, and those of a library to compare with."""

import importlib
import re
from types import ModuleType

from torch import Tensor, nn
from torch.nn import functional as F

from medimg.errors import ConfigError
from medimg.models.chest_net import FAMILY, KERNELS, chest_net

CHEST_NETS = tuple(f"{view}_{depth}_{width}" for view, depths in FAMILY.items() for depth in depths for width in KERNELS)
LIBRARYS = ("unet", "unet++")
PLAIN_ENCODER = "vgg13_bn"  # two 3 x 3 convolutions to a size, then pooling: U-Net's own encoder, with batch normalisation
WHOLE = 32  # the library's networks want sides that are multiples of this


def build_segmenter(name: str, organs: int, *, supervise: bool = False) -> nn.Module:
    """Build a network (B, 1, H, W) film -> (B, organs, H, W) logits, without weights.

    A name of `CHEST_NETS`; `unet` or `unet++` with the plain encoder; or `unet_NAME`, a U-Net whose encoder is timm's NAME. ConfigError for
    any other name, and where the library of the last three is not installed.
    """
    if name in CHEST_NETS:
        return chest_net(name, organs, supervise=supervise)
    found = re.fullmatch(r"unet(\+\+)?(?:_(\w+))?", name)
    if not found:
        raise ConfigError(
            f"model.name={name}: no network that segments. There are {', '.join(CHEST_NETS + LIBRARYS)}, unet_<timm encoder>."
        )
    library, plus, encoder = _library(name), found[1], found[2]
    kind = library.UnetPlusPlus if plus else library.Unet
    if not encoder:
        return Whole(kind(PLAIN_ENCODER, encoder_weights=None, in_channels=1, classes=organs))
    try:
        return Whole(kind(f"tu-{encoder}", encoder_weights=None, in_channels=1, classes=organs))
    except Exception as fault:
        raise ConfigError(f"model.name={name}: timm has no encoder {encoder} that a U-Net can use ({type(fault).__name__}).") from None


class Whole(nn.Module):
    """A network that wants sides of multiples of 32, for films of any size: (B, 1, H, W) -> (B, organs, H, W)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, film: Tensor) -> Tensor:
        """Give the logits; what is added below and on the right is black, and cut off again."""
        rows, columns = film.shape[2:]
        logits: Tensor = self.network(F.pad(film, (0, -columns % WHOLE, 0, -rows % WHOLE)))
        return logits[..., :rows, :columns]


def _library(name: str) -> ModuleType:
    try:
        return importlib.import_module("segmentation_models_pytorch")
    except ModuleNotFoundError:
        raise ConfigError(
            f"model.name={name} is a network of segmentation_models_pytorch, which is not here: pip install 'medimg[chest]'."
        ) from None
