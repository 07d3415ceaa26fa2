"""Networks by name: timm's, torchvision's two that timm lacks, and our own; with their weights from a file or by name."""

import difflib
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import timm
import torch
from torch import Tensor, nn

from medimg.errors import ConfigError
from medimg.models import from_torchvision
from medimg.models.activation import SLOPE, Activation, Leaky
from medimg.models.capsnet import CapsNet
from medimg.models.cnn_f import cnn_f
from medimg.models.cnn_head_neck import cnn_head_neck
from medimg.models.cnn_parkinson import cnn_parkinson
from medimg.models.cross_resnet import Projection, Reading, crossed
from medimg.models.enlarge import Enlarge
from medimg.models.fusion import FusedClassifier
from medimg.models.layers import layers_of
from medimg.models.mvgg import mvgg
from medimg.models.sdae import SDAE
from medimg.models.sizes import ENLARGED
from medimg.models.standard import standardise
from medimg.models.transfer import TransferClassifier
from medimg.models.uniform import draw_uniformly
from medimg.words import plural

Init = Literal["default", "uniform"]
_LOG = logging.getLogger("medimg")

# By name what timm does not have: (outputs, channels, dropout) -> network; with no outputs it gives `num_features` features.
OWN: dict[str, Callable[[int, int, float], nn.Module]] = {
    "alexnet": from_torchvision.alexnet, "googlenet": from_torchvision.googlenet, "capsnet": CapsNet, "cnn_f": cnn_f,
    "cnn_head_neck": cnn_head_neck, "cnn_parkinson": cnn_parkinson, "mvgg": mvgg, "sdae": SDAE,
}  # fmt: skip


def build(
    name: str, *, outputs: int, channels: int = 1, dropout: float = 0.0, weights: str | None = None,
    head: Literal["linear", "transfer"] = "linear", cross: Reading = "none", activation: Activation = "relu", init: Init = "default",
) -> nn.Module:  # fmt: skip
    """Build a network (B, channels, H, W) -> (B, outputs) logits.

    `weights` is None (random), `imagenet` (the library's own for that name) or a .safetensors, .ckpt or .pt file; of a file, whatever
    has the name and shape of this network is taken, and a file of which nothing fits is refused. With `imagenet`, images in 0..1 are
    standardised inside as those weights expect; of a file, where its own network did so. `head=transfer` puts a new classifier
    of three layers, with the dropout, in the place of the network's own. `cross` modifies a ResNet's blocks (see `crossed`),
    `activation=leaky_relu` takes the place of the network's own, `init=uniform` draws convolutions that no weights are given for.
    Images too small for a network of `ENLARGED` are enlarged inside it.
    """
    pretrained, transfer = weights == "imagenet", head == "transfer"
    bare = _make(name, 0 if transfer else outputs, channels, 0.0 if transfer else dropout, pretrained, activation, init)
    network = crossed(bare, cross, channels)
    if pretrained:
        standardise(network, *_expected(name, bare), channels)
    if transfer:
        network = TransferClassifier(network, features_of(network), outputs, dropout)
    if weights is not None and not pretrained:
        load(network, Path(weights))
    return network


def build_fused(
    name: str, *, sequences: int, shared: bool, outputs: int, channels: int = 1, dropout: float = 0.0, weights: str | None = None,
    activation: Activation = "relu", init: Init = "default",
) -> FusedClassifier:  # fmt: skip
    """Build a network that judges several sequences of one place together: (B, sequences, H, W) -> (B, outputs + 1).

    Each encoder starts from `weights` as in `build`; without any, each is drawn for itself.
    """
    encoders = [_make(name, 0, channels, 0.0, weights == "imagenet", activation, init) for _ in range(1 if shared else sequences)]
    for encoder in encoders if weights == "imagenet" else ():
        standardise(encoder, *_expected(name, encoder), channels)
    for encoder in encoders if weights not in (None, "imagenet") else ():
        load(encoder, Path(str(weights)))
    return FusedClassifier(encoders, features_of(encoders[0]), sequences, outputs, channels=channels, dropout=dropout)


def features_of(backbone: nn.Module) -> int:
    """Count the features that a network without a classifier gives."""
    count = getattr(backbone, "head_hidden_size", None) or getattr(backbone, "num_features", None)
    if count is None:
        raise ConfigError("model.name: this network gives no features that could be fused or classified anew. Take another.")
    return int(count)


def refuse_unknown(name: str) -> None:
    """Refuse a name that no network has; ConfigError with the closest there is. Builds nothing."""
    if name not in OWN and not timm.is_model(name):
        near = difflib.get_close_matches(name, [*OWN, *timm.list_models()], 1)
        way_out = f"Did you mean {near[0]}?" if near else "See timm.list_models()."
        raise ConfigError(f"model.name={name}: neither timm nor medimg has such a network. {way_out}")


def _make(name: str, outputs: int, channels: int, dropout: float, pretrained: bool, activation: Activation, init: Init) -> nn.Module:
    refuse_unknown(name)
    make = _own if name in OWN else _timms
    network = make(name, outputs, channels, dropout, pretrained, activation)
    if init == "uniform" and not pretrained:
        draw_uniformly(network, SLOPE if activation == "leaky_relu" else 0.0)
    if name in ENLARGED:
        network.register_forward_pre_hook(Enlarge(ENLARGED[name]))
    return network


def _own(name: str, outputs: int, channels: int, dropout: float, pretrained: bool, activation: Activation) -> nn.Module:
    if activation != "relu":
        raise _fixed(name, activation)
    network = OWN[name](outputs, channels, dropout)
    if pretrained and name not in from_torchvision.NAMES:
        raise ConfigError(f"model.weights=imagenet: nobody publishes such weights of {name}. Set model.weights=PATH, or leave it out.")
    if pretrained:
        try:
            state = from_torchvision.imagenet(name)
        except Exception as fault:
            raise _unfetched(name, fault) from None
        _fill(network, state)
    return network


def _timms(name: str, outputs: int, channels: int, dropout: float, pretrained: bool, activation: Activation) -> nn.Module:
    options = {"act_layer": Leaky} if activation == "leaky_relu" else {}
    if pretrained:
        _LOG.info("model.weights=imagenet: looking for the weights of %s, here and then on the network", name)
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # one line for each of a dozen tries; the last is told below
    try:
        network: nn.Module = timm.create_model(name, pretrained, num_classes=outputs, in_chans=channels, drop_rate=dropout, **options)
    except Exception as fault:
        if options and isinstance(fault, TypeError | AssertionError):  # it takes no activation, or not this one
            raise _fixed(name, activation) from None
        if not pretrained:
            raise
        raise _unfetched(name, fault) from None
    if options and any(isinstance(module, nn.ReLU) for module in network.modules()):
        raise _fixed(name, activation)
    return network


def _expected(name: str, network: nn.Module) -> tuple[Sequence[float], Sequence[float]]:
    """Mean and spread of the images that the published weights of a network learned on."""
    if name in from_torchvision.EXPECTED:
        return from_torchvision.EXPECTED[name]
    config: Mapping[str, Any] = network.pretrained_cfg  # type: ignore[assignment]
    return config["mean"], config["std"]


def _fixed(name: str, activation: Activation) -> ConfigError:
    return ConfigError(f"model.activation={activation}: {name} has activations of its own that cannot all be changed. Leave it out.")


def _unfetched(name: str, fault: Exception) -> ConfigError:
    return ConfigError(
        f"model.weights=imagenet: the weights of {name} could not be fetched ({type(fault).__name__}); this machine may be offline. "
        "Copy them here as .safetensors and set model.weights=PATH, or leave model.weights out to start from random weights."
    )


def load(network: nn.Module, path: Path, *, head: bool = True, whole: bool = False) -> list[str]:
    """Fill a network from a file, without its classifier where `head` is false; returns the names it did not find (as a rule the head).

    ConfigError where nothing fits; with `whole` also where anything but the classifier and the projections of `crossed` lacks weights.
    """
    found = _read(path)
    if isinstance(network, FusedClassifier) and not any(_plain(name).startswith("encoders.") for name in found):
        missing = [name for encoder in network.encoders for name in _fill(encoder, found)]
        network, free = network.encoders[0], set[str]()
    else:
        missing, free = _fill(network, found, head=head), _starts_anew(network)
    own = network.state_dict()
    if not any(value.ndim > 1 for name, value in own.items() if name not in missing):
        raise ConfigError(f"model.weights={path.name}: none of its {len(found)} tensors fits this network. Is it of another architecture?")
    lacking = [name for name in dict.fromkeys(missing) if name not in free]
    if whole and lacking:
        raise ConfigError(
            f"model.weights={path.name}: {len(lacking)} of {len(own)} tensors of this network are not in it or have another shape there, "
            f"beginning with {lacking[0]}, and would stay random. Set model.* as that run had it; only the classifier may differ."
        )
    if not whole:
        _LOG.info("model.weights=%s: %d of %d tensors taken", path.name, len(own) - len({*missing}), len(own))
    elif left := sorted({*map(_plain, found)} - {*map(_plain, own)}):
        _LOG.warning(
            "model.weights=%s: %s not taken, as this network has no such part, beginning with %s",
            path.name, plural(len(left), "tensor"), left[0],
        )  # fmt: skip
    return missing


def _starts_anew(network: nn.Module) -> set[str]:
    """Names of weights that another network need not have: the classifier's, and projections, which begin as no change."""
    layers = layers_of(network)
    last = max(layers.values())
    projections = {f"{name}.weight" for name, module in network.named_modules() if isinstance(module, Projection)}
    return projections | {name for name, layer in layers.items() if layer == last}


def restore(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Fill a network with the whole state of one like it, standardising its images where that one's were."""
    for prefix, part in _shown(network).items():
        mean, std = (state.get(f"{prefix}standard.{name}") for name in ("mean", "std"))
        if mean is not None and std is not None:
            standardise(part, mean, std, len(mean))
    network.load_state_dict(state)


def _fill(network: nn.Module, state: dict[str, Tensor], *, head: bool = True) -> list[str]:
    """Take what fits in name and shape; first filters for other channels are summed and shared out: a grey picture gives the same."""
    found = {_plain(name): value for name, value in state.items()}
    own, layers = network.state_dict(), {} if head else layers_of(network)
    for prefix, part in _shown(network).items():
        first = next((name for name, value in own.items() if name.startswith(prefix) and value.ndim == 4), "")
        filters = found.get(_plain(first))
        if filters is None or filters.ndim != 4:
            continue
        if filters.shape[1] != (channels := own[first].shape[1]):
            found[_plain(first)] = filters.sum(dim=1, keepdim=True).expand(-1, channels, -1, -1) / channels
        mean, std = (found.get(_plain(f"{prefix}standard.{name}")) for name in ("mean", "std"))
        if mean is not None and std is not None:
            numbers = standardise(part, mean, std, channels).state_dict()
            found |= {_plain(f"{prefix}standard.{name}"): value for name, value in numbers.items()}
    own = network.state_dict()
    classifier = {name for name, layer in layers.items() if layer == max(layers.values())}
    wanted = {name: found.get(_plain(name)) for name in own if name not in classifier}
    fitting = {name: value for name, value in wanted.items() if value is not None and value.shape == own[name].shape}
    network.load_state_dict(fitting, strict=False)
    return sorted(set(own) - set(fitting))


def _shown(network: nn.Module) -> dict[str, nn.Module]:
    """The parts that are shown the image, by how the names of their weights begin."""
    if isinstance(network, FusedClassifier):
        return {f"encoders.{k}.": encoder for k, encoder in enumerate(network.encoders)}
    return {"backbone.": network.backbone} if isinstance(network, TransferClassifier) else {"": network}


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
    """Name a weight as the bare network does, whatever holds that network."""
    while key.startswith(("module.", "model.", "network.", "backbone.")):
        key = key.partition(".")[2]
    return key
