"""The two networks that timm lacks: AlexNet and GoogLeNet."""

from collections.abc import Sequence

from torch import Tensor, nn
from torchvision import models

from medimg.models.plain import PoolTo

NAMES = ("alexnet", "googlenet")
# Mean and spread of the images that the published weights learned on. GoogLeNet's are TensorFlow's: torchvision turns ImageNet's
# standardisation into theirs inside (transform_input).
EXPECTED: dict[str, tuple[Sequence[float], Sequence[float]]] = {
    "alexnet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)), "googlenet": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
}  # fmt: skip


def alexnet(outputs: int, channels: int = 1, dropout: float = 0.5) -> nn.Module:
    """Build AlexNet (Krizhevsky 2014): (B, channels, H, W) -> (B, outputs) logits; no outputs: (B, 9216) features of its convolutions."""
    network = models.alexnet(num_classes=outputs or 1, dropout=dropout)
    network.features[0] = nn.Conv2d(channels, 64, 11, stride=4, padding=2)
    network.avgpool, network.num_features = PoolTo(6), 256 * 6 * 6
    if not outputs:
        network.classifier = nn.Identity()
    return network  # type: ignore[no-any-return]


def googlenet(outputs: int, channels: int = 1, dropout: float = 0.2) -> nn.Module:
    """Build GoogLeNet without auxiliary outputs: (B, channels, H, W) -> (B, outputs) logits; no outputs: (B, 1024) features."""
    network = models.googlenet(num_classes=outputs or 1, aux_logits=False, init_weights=True, dropout=dropout)
    network.conv1.conv = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False)
    network.num_features = 1024
    if not outputs:
        network.fc = nn.Identity()
    return network  # type: ignore[no-any-return]


def imagenet(name: str) -> dict[str, Tensor]:
    """Fetch the weights that torchvision publishes for one of the two."""
    return dict(models.get_model_weights(name).DEFAULT.get_state_dict(progress=False, check_hash=True))
