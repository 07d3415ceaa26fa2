"""The chest paper's encoder-decoders by depth (layers) and width (branches of differing kernels side by side)."""

import re

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from medimg.models.branches import down, same, side_by_side, up

FAMILY = {"ChestPAQC": (10, 15, 20), "Chest2ViewQC": (8, 12, 15)}  # depths, for PA and for lateral films
KERNELS = {1: (3,), 3: (1, 3, 5)}  # of the branches of a layer, by width
CHANNELS, WIDTHS = (2, 4, 6, 8, 12), (1, 2, 2, 3, 4)  # of a layer's maps and of a branch, in `base`, from the largest maps to the smallest


class ChestNet(nn.Module):
    """Segment overlapping organs: (B, 1, H, W) film of any H and W -> (B, organs, H, W) logits.

    `depth` encoder layers work on maps of five sizes, as many decoder layers on the four larger ones; `width` branches lie side by side in
    each. The largest maps have a `reduce`-th of the film's side: blocks of its pixels become channels, and nothing is lost. Each size of
    the decoder answers, and mends what the smaller one has said; with `supervise` all of these are given in training, the largest at half
    the side of the film: what is finer is joined linearly, teaches nothing more, and costs most of a step. Made `small`, it answers with
    the largest maps as they are, a `reduce`-th of the film's side, for who joins them linearly around an organ alone.
    Source: Wang P. et al., China Medical Devices 2020;35(10):28-33, section 3 and figure 5, as docs/decisions/chest_networks.md reads it.
    """

    def __init__(self, organs: int, depth: int, width: int, *, base: int = 8, reduce: int = 4, supervise: bool = False) -> None:
        super().__init__()
        self.reduce, self.supervise, self.small = reduce, supervise, False
        self.enlarge = max(1, reduce // 2) if supervise else reduce
        self.shrink = reduce // self.enlarge  # the side of a film by that of the largest answer in training
        kernels, channels, widths = KERNELS[width], [base * k for k in CHANNELS], [base * k for k in WIDTHS]
        first, *smaller = deal(depth, len(channels))
        self.encoder = nn.ModuleList([nn.ModuleList([same(channels[0], widths[0], kernels, given=reduce**2)])])
        self.encoder[0].extend(same(channels[0], widths[0], kernels) for _ in range(first - 1))  # type: ignore[operator]
        for level, layers in enumerate(smaller, 1):
            start = down(channels[level - 1], widths[level], channels[level], kernels)
            self.encoder.append(nn.ModuleList([start, *(same(channels[level], widths[level], kernels) for _ in range(layers - 1))]))
        self.decoder, self.heads = nn.ModuleList(), nn.ModuleList()
        for level, layers in reversed([*enumerate(deal(depth, len(smaller)))]):
            start = up(channels[level + 1], widths[level], channels[level], kernels)
            self.decoder.append(nn.ModuleList([start, *(same(channels[level], widths[level], kernels) for _ in range(layers - 1))]))
            self.heads.append(side_by_side(channels[level], organs, kernels))

    @property
    def whole(self) -> int:
        """What sides of films are filled up to multiples of."""
        return self.reduce << len(self.decoder)

    def forward(self, film: Tensor) -> Tensor | list[Tensor]:
        """Give the logits; where supervised, in training, those of every size, the largest first.

        ValueError for a film that cannot be halved often enough then.
        """
        rows, columns = film.shape[2:]
        whole = self.whole
        if self.supervise and self.training and (rows % whole or columns % whole):
            raise ValueError(f"films of {rows} x {columns} px: a supervised network is trained on sides that are multiples of {whole}")
        maps = F.pixel_unshuffle(F.pad(film, (0, -columns % whole, 0, -rows % whole)), self.reduce)
        skips: list[Tensor] = []
        for level in self.encoder:
            skips.append(maps := _through(level, maps))
        answers: list[Tensor] = []
        for level, heads, skip in zip(self.decoder, self.heads, skips[-2::-1], strict=True):
            maps = _through(level, maps, skip)
            said = torch.stack([head(maps) for head in heads.children()]).sum(dim=0)
            answers.append(said + _enlarged(answers[-1], 2) if answers else said)
        finest = answers.pop()
        if self.supervise and self.training:
            return [_enlarged(finest, self.enlarge), *reversed(answers)]
        return finest if self.small else _enlarged(finest, self.reduce)[..., :rows, :columns]


def chest_net(name: str, organs: int, *, base: int = 8, supervise: bool = False) -> ChestNet:
    """Build `ChestPAQC_{10,15,20}_{1,3}` or `Chest2ViewQC_{8,12,15}_{1,3}`; KeyError for any other name."""
    found = re.fullmatch(r"(\w+?)_(\d+)_(\d+)", name)
    if not found or int(found[2]) not in FAMILY.get(found[1], ()) or int(found[3]) not in KERNELS:
        raise KeyError(name)
    return ChestNet(organs, int(found[2]), int(found[3]), base=base, supervise=supervise)


def deal(layers: int, levels: int) -> list[int]:
    """Deal layers to sizes of maps: half a share to the largest, where they cost most, the others even, the rest to the smallest.

    >>> deal(20, 5), deal(8, 4)
    ([2, 4, 4, 5, 5], [1, 2, 2, 3])
    """
    first = max(1, layers // (2 * levels))
    return [first, *((layers - first + level) // (levels - 1) for level in range(levels - 1))]


def _through(level: nn.Module, maps: Tensor, skip: Tensor | None = None) -> Tensor:
    """Go through the layers of one size."""
    first, *others = level.children()
    maps = first(maps, skip)
    for layer in others:
        maps = layer(maps)
    return maps


def _enlarged(logits: Tensor, times: int) -> Tensor:
    rows, columns = logits.shape[2:]
    return F.interpolate(logits, size=(rows * times, columns * times), mode="bilinear", align_corners=False)
