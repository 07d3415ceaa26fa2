"""Which convolutions get wrong gradients in bfloat16 on this processor: against the same ones in fp32, after filling free memory with NaN.

Run: python scripts/small_planes.py     a few seconds; prints every shape that fails, and whether medimg's rule covers it
"""

import itertools

import torch
from torch import nn

PLANES = ((1, 1), (1, 2), (1, 4), (2, 1), (2, 2), (2, 4), (3, 3), (4, 4), (8, 8))


def gradients(layer: nn.Conv2d, image: torch.Tensor, half: bool) -> torch.Tensor:
    layer.weight.grad, image = None, image.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        result = layer(image)
    result.float().square().mean().backward()
    return torch.cat([layer.weight.grad.float().flatten(), image.grad.float().flatten()])


def wrong(plane: tuple[int, int], kernel: int, stride: int, times: int = 6) -> int:
    """Count how often the gradients are farther than 5 % from those in fp32."""
    torch.manual_seed(0)
    layer = nn.Conv2d(64, 64, kernel, stride, kernel // 2, bias=False).to(memory_format=torch.channels_last)
    image = torch.randn(8, 64, *plane).contiguous(memory_format=torch.channels_last)
    wanted, count = gradients(layer, image, half=False), 0
    for _ in range(times):
        litter = [torch.full((layer.weight.numel() * part // 2,), float("nan")) for part in (1, 2, 4, 8)]
        del litter
        far = (gradients(layer, image, half=True) - wanted).abs().max() / wanted.abs().max()
        count += not bool(far < 0.05)
    return count


def main() -> None:
    failed = 0
    for plane, kernel, stride in itertools.product(PLANES, (3, 5, 7), (1, 2, 3)):
        count, covered = wrong(plane, kernel, stride), any(stride > side for side in plane)
        if count:
            print(f"plane {plane}, kernel {kernel}, stride {stride}: wrong in {count} of 6{'' if covered else ', not covered by the rule'}")
        failed += bool(count) and not covered
    print("medimg's rule (a stride longer than a side) covers all" if not failed else f"{failed} shapes are not covered")


if __name__ == "__main__":
    main()
