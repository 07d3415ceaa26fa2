"""Ready-made networks by name, from timm, with their weights from a file or by name."""

import difflib
from pathlib import Path
from typing import Any

import timm
import torch
from torch import Tensor, nn

from medimg.errors import ConfigError


def build(name: str, *, outputs: int, channels: int = 1, dropout: float = 0.0, weights: str | None = None) -> nn.Module:
    """Build a network (B, channels, H, W) -> (B, outputs) logits.

    `weights` is None (random), `imagenet` (timm's own for that name) or a .safetensors, .ckpt or .pt file; of a file, whatever has the
    name and shape of this network is taken, and a file of which nothing fits is refused.
    """
    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), 1)
        raise ConfigError(
            f"model.name={name}: timm has no such network." + (f" Did you mean {near[0]}?" if near else " See timm.list_models().")
        )
    options: dict[str, Any] = {"num_classes": outputs, "in_chans": channels, "drop_rate": dropout}
    if weights == "imagenet":
        return _pretrained(name, options)
    network: nn.Module = timm.create_model(name, **options)
    if weights is not None:
        load(network, Path(weights))
    return network


def load(network: nn.Module, path: Path) -> list[str]:
    """Fill a network from a file; returns the names it did not find there (at most the head, as a rule)."""
    found = {_plain(key): value for key, value in _read(path).items()}
    own = network.state_dict()
    first = next((key for key, value in own.items() if value.ndim == 4), None)
    if first in found and found[first].ndim == 4 and own[first].shape[1] == 1 and found[first].shape[1] == 3:
        found[first] = found[first].sum(dim=1, keepdim=True)  # a grey picture shown three times gives the same sum
    fitting = {key: found[key] for key in own if key in found and found[key].shape == own[key].shape}
    if not any(value.ndim > 1 for value in fitting.values()):
        raise ConfigError(f"model.weights={path.name}: none of its {len(found)} tensors fits this network. Is it of another architecture?")
    network.load_state_dict(fitting, strict=False)
    return sorted(set(own) - set(fitting))


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise ConfigError(f"model.weights={path}: there is no such file. Give a .safetensors, .ckpt or .pt file, or imagenet.")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as fault:
        raise ConfigError(f"model.weights={path.name}: not a file of weights ({type(fault).__name__}). Save it as .safetensors.") from None
    for key in ("state_dict", "model", "network"):
        state = state[key] if isinstance(state, dict) and isinstance(state.get(key), dict) else state
    return {key: value for key, value in state.items() if isinstance(value, Tensor)}


def _plain(key: str) -> str:
    for prefix in ("module.", "model.", "network.", "backbone."):
        key = key.removeprefix(prefix)
    return key


def _pretrained(name: str, options: dict[str, Any]) -> nn.Module:
    try:
        return timm.create_model(name, pretrained=True, **options)  # type: ignore[no-any-return]
    except Exception as fault:
        raise ConfigError(
            f"model.weights=imagenet: the weights of {name} could not be fetched ({type(fault).__name__}); this machine may be offline. "
            "Copy timm's .safetensors file here and set model.weights=PATH, or leave model.weights out to start from random weights."
        ) from None
