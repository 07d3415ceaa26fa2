"""What a network says of many pictures: probabilities, the features before its last layer, and draws with some of these left out."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from torch import Tensor, nn

from medimg.data.dataset import Pictures
from medimg.data.joined import Drawn
from medimg.errors import ConfigError
from medimg.losses import Kind, probabilities
from medimg.models.transfer import TransferClassifier
from medimg.recipes.parts.said import Floats
from medimg.training.machine import Machine
from medimg.training.score import score

WIDEST = 128  # features kept for choosing: more cost time and tell strategies nothing more
DRAWS, DROPPED = 20, 0.5  # passes, and the share of features that each leaves out, as in Gal et al. 2017


def last_linear(network: nn.Module) -> nn.Linear | None:
    """Find the linear layer that gives the logits; None where the last layer that learns is of another kind."""
    learning = [module for module in network.modules() if list(module.parameters(recurse=False))]
    return learning[-1] if learning and isinstance(learning[-1], nn.Linear) else None


def logits_and_features(
    network: nn.Module, pictures: Pictures | Drawn, machine: Machine, batch_size: int, *, encoder: bool = False, alone: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Give (N, outputs) logits and the (N, D) features that the last layer, or with `encoder` the whole classifier, sees."""
    layer = network.head if encoder and isinstance(network, TransferClassifier) else last_linear(network)
    seen: list[Tensor] = []
    hook = layer.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach().float().cpu())) if layer else None
    logits = score(network, pictures, machine, batch_size=batch_size, alone=alone)
    if hook:
        hook.remove()
    return logits, torch.cat(seen).numpy() if seen else None


def features_of(network: nn.Module, pictures: Pictures, machine: Machine, batch_size: int) -> NDArray[np.float32]:
    """Give the (N, D) features of a network whose classifier has learned nothing; ConfigError where it has none to give."""
    _, features = logits_and_features(network, pictures, machine, batch_size, encoder=True)
    if features is None:
        raise ConfigError("model.name: the last layer of this network is not linear, so it has no features to give. Take another network.")
    return features


def narrowing(pool: Floats) -> Callable[[Floats], NDArray[np.float32]]:
    """Learn from a pool's features (N, D) how to turn such features into at most 128 principal components; fewer stay as they are."""
    if pool.shape[1] <= WIDEST:
        return lambda features: np.asarray(features, dtype=np.float32)
    components = PCA(min(WIDEST, len(pool)), svd_solver="full").fit(pool.astype(np.float64))
    return lambda features: np.asarray(components.transform(features.astype(np.float64)), dtype=np.float32)


def dropout_draws(features: Floats, weight: Floats, bias: Floats, kind: Kind, seed: int) -> NDArray[np.float32]:
    """Draw answers of a linear layer with half of its features left out: (N, D), (outputs, D), (outputs,) -> (20, N, K)."""
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(DRAWS):
        kept = features * (random.random(features.shape, dtype=np.float32) >= DROPPED) / (1 - DROPPED)
        drawn.append(probabilities(torch.from_numpy(kept @ weight.T + bias), kind).numpy())
    return np.asarray(drawn, dtype=np.float32)
