"""The leaky rectifier, in the form in which timm builds its networks with it."""

from typing import Literal

from torch import nn

Activation = Literal["relu", "leaky_relu"]
SLOPE = 0.01  # below nought; the thyroid paper ("drleakyrelu") gives none, this is torch's own


class Leaky(nn.LeakyReLU):
    """A leaky rectifier whose first argument is `inplace`, as of nn.ReLU, in whose place it stands."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(SLOPE, inplace)
