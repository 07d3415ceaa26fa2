"""The CNN of Diamant et al., 'Deep learning in head & neck cancer outcome prediction', Sci Rep 2019;9:2764, as we read it."""

from torch import nn

from medimg.models.plain import PlainCNN, fully_connected


def cnn_head_neck(outputs: int, channels: int = 1, dropout: float = 0.5) -> PlainCNN:
    """Build the outcome CNN: (B, channels, H, W) image -> (B, outputs) logits.

    Reading: three blocks of convolution, max-pooling and PReLU, then fully connected layers with dropout. That is the order of a public
    reproduction (MaastrichtU-CDS/hn_cnn, with leaky units); the full text could not be had here, so PReLU is from memory, and widths
    (64, 128, 256), kernels (5, 3, 3), pooling by 4 and the hidden layer of 256 are ours.
    """
    features = nn.Sequential(_block(channels, 64, 5), _block(64, 128, 3), _block(128, 256, 3))
    return PlainCNN(features, 256, 3, fully_connected([256 * 3 * 3, 256], outputs, dropout))


def _block(below: int, above: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(below, above, kernel, padding=kernel // 2), nn.MaxPool2d(4), nn.PReLU(above))
