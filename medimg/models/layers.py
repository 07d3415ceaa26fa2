"""Layers from the picture to the answer: which of them learn, and how fast."""

from typing import Literal

from timm.models import group_parameters
from torch import nn

from medimg.errors import ConfigError
from medimg.models.cross_resnet import CrossResNet
from medimg.models.fusion import FusedClassifier
from medimg.models.transfer import TransferClassifier


def layers_of(network: nn.Module) -> dict[str, int]:
    """Number the layer of each parameter by name, from 0 at the picture; the last number is the classifier.

    timm's networks say themselves what their layers are (stem, each block, classifier). Of others, each child with parameters is one,
    and children of a sequence count singly.
    """
    if isinstance(network, TransferClassifier):
        below = layers_of(network.backbone)
        head = max(below.values()) + 1
        return {f"backbone.{name}": layer for name, layer in below.items()} | {
            f"head.{name}": head for name, _ in network.head.named_parameters()
        }
    if isinstance(network, FusedClassifier):
        return _fused(network)
    if isinstance(network, CrossResNet):
        return _crossed(network)
    if hasattr(network, "group_matcher"):
        return _timms(network)
    units = {name: _unit(network, name) for name, _ in network.named_parameters()}
    order = {unit: layer for layer, unit in enumerate(dict.fromkeys(units.values()))}
    return {name: order[unit] for name, unit in units.items()}


def _fused(network: FusedClassifier) -> dict[str, int]:
    """Layers of the encoders, all else is the classifier."""
    below = {f"encoders.{k}.{name}": layer for k, encoder in enumerate(network.encoders) for name, layer in layers_of(encoder).items()}
    head = max(below.values()) + 1
    return {name: below.get(name, head) for name, _ in network.named_parameters()}


def _crossed(network: CrossResNet) -> dict[str, int]:
    """Layers of the ResNet, each projection in the layer of its block: timm counts the stem, then each block."""
    below = {f"backbone.{name}": layer for name, layer in layers_of(network.backbone).items()}
    return {f"cross.{k}.weight": k + 1 for k in range(len(network.cross))} | below


def _timms(network: nn.Module) -> dict[str, int]:
    """The layers that timm knows, with the classifier in one of its own."""
    found: dict[str, int] = group_parameters(network, network.group_matcher(coarse=False), reverse=True)  # type: ignore[operator]
    named = network.pretrained_cfg.get("classifier") or ()  # type: ignore[operator, union-attr]
    heads = tuple(f"{head}." for head in ([named] if isinstance(named, str) else named))
    below = max(layer for name, layer in found.items() if not name.startswith(heads))
    return {name: below + 1 if name.startswith(heads) else layer for name, layer in found.items()}


def _unit(network: nn.Module, name: str) -> str:
    first, _, rest = name.partition(".")
    return f"{first}.{rest.partition('.')[0]}" if isinstance(getattr(network, first), nn.Sequential) else first


def freeze(network: nn.Module, layers: int | Literal["none", "encoder"]) -> None:
    """Keep the first layers as they are, or all but the classifier; ConfigError where nothing would be left to learn."""
    if layers == "none":
        return
    number = layers_of(network)
    classifier = max(number.values())
    count = classifier if layers == "encoder" else layers
    if count > classifier:
        raise ConfigError(f"task.freeze={layers}: the network has {classifier} layers below its classifier. Freeze at most these.")
    for name, parameter in network.named_parameters():
        if number[name] < count:
            parameter.requires_grad_(False)


def frozen_norms(network: nn.Module) -> list[nn.Module]:
    """List the normalisations whose weights are frozen: their running statistics must not move either."""
    norms = [module for module in network.modules() if getattr(module, "running_mean", None) is not None]
    learning = [[parameter.requires_grad for parameter in norm.parameters()] for norm in norms]
    return [norm for norm, learns in zip(norms, learning, strict=True) if learns and not any(learns)]
