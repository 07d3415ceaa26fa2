import pytest
import timm
import torch
from safetensors.torch import save_file

from medimg.errors import ConfigError
from medimg.models.perceptual import Perceptual


def test_equal_pictures_have_no_loss_and_the_weights_of_a_file_are_what_sees_them(tmp_path):
    torch.manual_seed(0)
    features = {
        name: value for name, value in timm.create_model("vgg19", mlp_ratio=1 / 64).state_dict().items() if name.startswith("features.")
    }
    save_file(features, tmp_path / "vgg19.safetensors")
    loss = Perceptual(tmp_path / "vgg19.safetensors")
    real, fake = torch.rand(1, 1, 32, 32), torch.rand(1, 1, 32, 32, requires_grad=True)
    assert loss(real, real) == 0
    loss(fake, real).backward()
    assert fake.grad.abs().sum() > 0
    assert not any(parameter.requires_grad for parameter in loss.parameters())
    assert torch.equal(loss.features[34].weight, features["features.34.weight"])


def test_weights_of_another_network_are_refused(tmp_path):
    save_file({"layer.weight": torch.ones(3, 3)}, tmp_path / "other.safetensors")
    with pytest.raises(ConfigError, match="none of its 1 tensors fits"):
        Perceptual(tmp_path / "other.safetensors")
