"""CNN-F, the fast network of Chatfield et al., 'Return of the devil in the details', BMVC 2014, table 1."""

from torch import nn

from medimg.models.plain import PlainCNN, fully_connected


def cnn_f(outputs: int, channels: int = 1, dropout: float = 0.5) -> PlainCNN:
    """Build CNN-F: (B, channels, H, W) image, 224 px as published -> (B, outputs) logits.

    Five convolutions (64 of 11x11 with step 4, 256 of 5x5, three times 256 of 3x3), local response normalisation after the first two,
    three poolings of 3x3 that round up as Caffe does, and 4096, 4096 fully connected: 60.8 million weights for 3 channels
    and 1000 outputs.
    """
    features = nn.Sequential(
        nn.Sequential(nn.Conv2d(channels, 64, 11, stride=4), *_normed()),
        nn.Sequential(nn.Conv2d(64, 256, 5, padding=2), *_normed()),
        nn.Sequential(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()),
        nn.Sequential(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()),
        nn.Sequential(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)),
    )
    return PlainCNN(features, 256, 6, fully_connected([256 * 6 * 6, 4096, 4096], outputs, dropout))


def _normed() -> list[nn.Module]:
    return [nn.ReLU(), nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0), nn.MaxPool2d(3, 2, ceil_mode=True)]
