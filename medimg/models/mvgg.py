"""VGG with a modified head, the MVGG of the thyroid paper's table 3, as we read it."""

from torch import nn

from medimg.models.plain import PlainCNN, fully_connected

WIDTHS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))  # VGG-16, configuration D


def mvgg(outputs: int, channels: int = 1, dropout: float = 0.5) -> PlainCNN:
    """Build MVGG: (B, channels, H, W) image -> (B, outputs) logits; no outputs: (B, 512) features.

    Reading: the thirteen convolutions of VGG-16 (Simonyan & Zisserman, ICLR 2015), global average pooling and one hidden layer of 256
    in the place of two of 4096. The paper says no more than 'Modified VGG'. Batch normalisation after each convolution is ours, since
    nothing here is pre-trained and thirteen layers do not learn from random weights without it; poolings round up, so that pictures
    under 32 px pass too.
    """
    features, below = nn.Sequential(), channels
    for stage in WIDTHS:
        for above in stage:
            features.append(nn.Sequential(nn.Conv2d(below, above, 3, padding=1, bias=False), nn.BatchNorm2d(above), nn.ReLU()))
            below = above
        features[-1].append(nn.MaxPool2d(2, ceil_mode=True))  # type: ignore[operator]
    return PlainCNN(features, below, 1, fully_connected([below, 256], outputs, dropout))
