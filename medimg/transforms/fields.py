"""Films changed by numbers of their own, a whole batch at a time and where it lies: maps, windows, shades, blur, grain."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def warp(planes: Tensor, matrices: Tensor, bend: Tensor, shrink: int = 1) -> Tensor:
    """Resample planes (B, C, H, W), bilinear, zeros outside: affine maps (B, 2, 3) of normalised coordinates, and a smooth bend.

    `bend` (B, 2, k, k) are shifts of a coarse grid in the same coordinates (the film is 2 wide), joined smoothly. The planes that are
    given have sides `shrink` times smaller.
    """
    size = (planes.shape[2] // shrink, planes.shape[3] // shrink)
    with torch.autocast(planes.device.type, enabled=False):
        grid = F.affine_grid(matrices, [*planes.shape[:2], *size], align_corners=False) + smooth(bend, size).permute(0, 2, 3, 1)
        return F.grid_sample(planes, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def smooth(coarse: Tensor, size: torch.Size | tuple[int, int]) -> Tensor:
    """Join the values of a coarse grid (B, C, k, k) smoothly: (B, C, H, W)."""
    return F.interpolate(coarse, size=tuple(size), mode="bicubic", align_corners=True)


def ended(planes: Tensor, borders: Tensor, more: float) -> Tensor:
    """End planes (B, C, H, W) at `borders` (B, 4), shares of their sides from top, left, bottom and right.

    Beyond them the outermost pixels go on for `more` of the side, then all is black.
    """
    for axis, (first, last) in ((2, (0, 2)), (3, (1, 3))):
        side = planes.shape[axis]
        low, high = (borders[:, first] * side).round(), side - 1 - (borders[:, last] * side).round()
        place = torch.arange(side, device=planes.device)
        kept = place.clamp(low[:, None].long(), high[:, None].long())
        shape = (-1, 1, side, 1) if axis == 2 else (-1, 1, 1, side)
        planes = planes.take_along_dim(kept.reshape(shape), axis) * ((place - kept).abs() <= more * side).reshape(shape)
    return planes


def window(image: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Map low..high to 0..1 and cut what is beyond, as a display does; low and high (B, 1, 1, 1)."""
    return ((image - low) / (high - low)).clamp(0, 1)


def emphasise(image: Tensor, amount: Tensor, cell: int = 16) -> Tensor:
    """Add `amount` times what is finer than cells of `cell` pixels: above 0 as X-ray processing does, below 0 flatter, at -1 all smooth."""
    rows, columns = image.shape[2:]
    coarse = F.adaptive_avg_pool2d(image, (max(2, rows // cell), max(2, columns // cell)))
    return image + amount * (image - F.interpolate(coarse, size=(rows, columns), mode="bilinear", align_corners=False))


def blur(image: Tensor, sigma: Tensor, widest: float) -> Tensor:
    """Blur films (B, 1, H, W) with Gaussians of `sigma` (B, 1, 1, 1) pixels, none above `widest`; edges are continued."""
    reach = max(1, math.ceil(3 * widest))
    place = torch.arange(-reach, reach + 1, device=image.device, dtype=image.dtype)
    weight = torch.exp(-0.5 * (place / sigma.reshape(-1, 1).clamp(min=1e-3)) ** 2)
    weight = weight / weight.sum(dim=1, keepdim=True)
    planes = F.pad(image.transpose(0, 1), (reach, reach, reach, reach), mode="replicate")
    planes = F.conv2d(planes, weight[:, None, :, None], groups=len(image))
    return F.conv2d(planes, weight[:, None, None, :], groups=len(image)).transpose(0, 1)


def grain(image: Tensor, level: Tensor, normal: Tensor) -> Tensor:
    """Add quantum noise: standard normal numbers times `level`, stronger where the film is bright and few photons came through."""
    return image + level * (image.clamp(min=0) + 0.1).sqrt() * normal
