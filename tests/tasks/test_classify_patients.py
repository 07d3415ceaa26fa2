"""A training step of fused cases minimises the loss of places and of their patients."""

import pytest
import torch

from medimg.losses import class_loss, pooled_loss
from medimg.tasks.classify_patients import ClassifyPatients


def test_the_loss_of_a_step_is_that_of_places_and_patients():
    module = ClassifyPatients(torch.nn.Linear(2, 2), "binary", steps=1, steps_per_epoch=1)
    out = torch.tensor([[0.3, 1.0], [-0.2, 0.0], [2.0, 0.5]])
    batch = {"label": torch.tensor([[0.0, 1], [0, 1], [1, 0]]), "patient": torch.tensor([0, 0, 1])}
    expected = pooled_loss(out, batch["label"], batch["patient"], "binary")
    assert float(module.loss(out, batch)) == pytest.approx(float(expected))
    assert float(expected) != pytest.approx(float(class_loss(out[:, :1], batch["label"], "binary")))
