"""Several sequences of one place in the body judged together, and how much each place counts for its patient."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

WIDTH, ATTENTION = 256, 64


class FusedClassifier(nn.Module):
    """Pictures of one place in several sequences: (B, sequences, H, W) -> (B, outputs + 1), the logits and the log weight of the place.

    A sequence that is missing is a plane of zeros. Each picture goes through an encoder (one for all sequences, or one each), its
    features through a linear layer of its sequence; the mean over the sequences that are there is the place's feature, so any set of
    them can be judged. A patient's answer is the mean over places, weighted by the softmax of the log weights: attention pooling with
    a gate (Ilse et al., ICML 2018), which starts as a plain mean. The mean over what is there follows Havaei et al., HeMIS, MICCAI 2016.
    """

    def __init__(
        self, encoders: Sequence[nn.Module], features: int, sequences: int, outputs: int, *, channels: int = 1, dropout: float = 0.0
    ) -> None:
        super().__init__()
        if len(encoders) not in (1, sequences):
            raise ValueError(f"{len(encoders)} encoders for {sequences} sequences: one for all or one for each is needed")
        self.encoders, self.channels = nn.ModuleList(encoders), channels
        self.project = nn.ModuleList(nn.Linear(features, WIDTH) for _ in range(sequences))
        self.dropout = nn.Dropout(dropout)
        self.content, self.gate, self.importance = nn.Linear(WIDTH, ATTENTION), nn.Linear(WIDTH, ATTENTION), nn.Linear(ATTENTION, 1)
        nn.init.zeros_(self.importance.weight)
        nn.init.zeros_(self.importance.bias)
        self.head = nn.Linear(WIDTH, outputs)

    def forward(self, image: Tensor) -> Tensor:
        """Give logits and log weight of each place of a batch."""
        present = image.flatten(2).any(dim=2)
        seen = [self._see(image[:, s], present[:, s], s) for s in range(image.shape[1])]
        place = torch.stack(seen, dim=1).sum(dim=1) / present.sum(dim=1, keepdim=True).clamp(min=1)
        weight = self.importance(torch.tanh(self.content(place)) * torch.sigmoid(self.gate(place)))
        return torch.cat([self.head(self.dropout(place)), weight], dim=1)

    def _see(self, plane: Tensor, present: Tensor, s: int) -> Tensor:
        """Features of one sequence: (B, H, W) -> (B, 256), zeros where it is missing; blank planes never reach the encoder's statistics."""
        rows, encoder = torch.nonzero(present)[:, 0], self.encoders[s % len(self.encoders)]
        if not len(rows) and self.training:  # nothing to see, but every weight has a gradient in every process
            weights = [*encoder.parameters(), *self.project[s].parameters()]
            return plane.new_zeros(len(plane), WIDTH) + sum(0 * weight.sum() for weight in weights)
        if not len(rows):
            rows = torch.arange(len(plane), device=plane.device)  # Grad-CAM looks into every encoder
        shown = rows.repeat(2) if len(rows) == 1 and self.training else rows  # batch normalisation has no variance in one picture
        features = encoder(plane[shown][:, None].expand(-1, self.channels, -1, -1))[: len(rows)]
        found = torch.relu(self.project[s](features)) * present[rows][:, None]
        return found.new_zeros(len(plane), WIDTH).index_copy(0, rows, found)
