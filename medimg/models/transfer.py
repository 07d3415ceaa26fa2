"""A network trained elsewhere with a new classifier."""

from torch import Tensor, nn


class TransferClassifier(nn.Module):
    """A backbone with its head replaced by 512 -> 256 -> outputs: (B, C, H, W) image -> (B, outputs) logits.

    Source: the encephalitis/glioma paper, section 1.2 and figure 2; its closing sigmoid belongs to the loss here.
    """

    def __init__(self, backbone: nn.Module, features: int, outputs: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Sequential(
            nn.Linear(features, 512), nn.ReLU(), nn.Dropout(dropout), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, outputs)
        )

    def forward(self, image: Tensor) -> Tensor:
        """Give the logits of a batch."""
        logits: Tensor = self.head(self.backbone(image))
        return logits
