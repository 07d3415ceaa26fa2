"""The CNN of Kiryu et al., 'Deep learning to differentiate parkinsonian disorders', Eur Radiol 2019;29:6891, as we read it."""

from torch import nn

from medimg.models.plain import PlainCNN, fully_connected


def cnn_parkinson(outputs: int, channels: int = 1, dropout: float = 0.5) -> PlainCNN:
    """Build the CNN for parkinsonian disorders: (B, channels, H, W) image -> (B, outputs) logits.

    Reading: the abstract says only that a CNN was trained from scratch on one slice. The same group's CNN (Yasaka, Akai, Abe, Kiryu,
    Radiology 2018;286:887) has six convolutional, three max-pooling and three fully connected layers, which is taken over; widths
    (32, 64, 128), kernels of 3 and hidden layers of 512 and 128 are ours.
    """
    features = nn.Sequential(_block(channels, 32), _block(32, 64), _block(64, 128))
    return PlainCNN(features, 128, 8, fully_connected([128 * 8 * 8, 512, 128], outputs, dropout))


def _block(below: int, above: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(below, above, 3, padding=1), nn.ReLU(), nn.Conv2d(above, above, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    )
