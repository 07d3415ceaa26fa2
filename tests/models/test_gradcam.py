import pytest
import torch
from torch import nn

from medimg.models.backbones import build, build_fused
from medimg.models.gradcam import LEAST, fused_grad_cam, grad_cam, has_convolutions, to_weigh


class Pooled(nn.Module):
    """Convolution, mean over the plane, linear: here Grad-CAM is the class activation map, known in closed form."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(1, 3, 3, padding=1)
        self.last = nn.Conv2d(3, 5, 3, padding=1)
        self.head = nn.Linear(5, 2)

    def forward(self, image):
        return self.head(self.last(self.first(image).relu()).mean(dim=(2, 3)))


@pytest.mark.parametrize("output", [0, 1])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_heat_is_the_class_activation_map_where_that_is_known(output, sign):
    network = Pooled().eval()
    image = torch.rand(2, 1, 16, 16)
    features = network.last(network.first(image).relu())
    heat = (sign * torch.einsum("k,bkhw->bhw", network.head.weight[output], features)).clamp(min=0).detach()
    torch.testing.assert_close(
        grad_cam(network, image, output, sign=sign), heat / heat.amax(dim=(1, 2), keepdim=True).clamp(min=1e-12), atol=1e-5, rtol=1e-4
    )


def test_heat_lies_where_the_evidence_is():
    network = Pooled()
    for layer in (network.first, network.last):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
        layer.weight.data[0, 0, 1, 1] = 1
    network.head.weight.data[:] = torch.eye(2, 5)
    image = torch.zeros(1, 1, 16, 16)
    image[0, 0, 3:6, 9:12] = 1
    heat = grad_cam(network, image, 0)[0]
    assert (heat[3:6, 9:12] == 1).all()
    assert heat.sum() == 9


@pytest.mark.parametrize("name", ["resnet18", "vgg11", "mobilenetv3_small_050", "alexnet", "capsnet", "cnn_head_neck"])
def test_heat_has_the_pictures_size_and_lies_between_nought_and_one(name):
    heat = grad_cam(build(name, outputs=3).eval(), torch.rand(2, 1, 64, 64), 2)
    assert heat.shape == (2, 64, 64)
    assert heat.dtype == torch.float32
    assert heat.min() >= 0
    assert heat.max() <= 1


def test_a_network_is_left_as_it_was():
    network = Pooled()
    grad_cam(network, torch.rand(1, 1, 8, 8), 0)
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not network.last._forward_hooks


def test_no_evidence_gives_no_heat_rather_than_no_number():
    network = Pooled()
    nn.init.zeros_(network.head.weight)
    assert (grad_cam(network, torch.rand(1, 1, 8, 8), 0) == 0).all()


@pytest.mark.parametrize(("side", "seen"), [(224, 7), (128, 4), (64, 4), (32, 4), (8, 4)])
def test_maps_that_tell_regions_apart_are_weighed_however_small_the_image(side, seen):
    network, shapes = build("resnet18", outputs=2).eval(), []
    (module,) = to_weigh(network, [network], torch.rand(1, 1, side, side))
    module.register_forward_hook(lambda _module, _inputs, result: shapes.append(tuple(result.shape[2:])))
    network(torch.rand(1, 1, side, side))
    assert shapes == [(seen, seen)]
    assert seen >= LEAST


def test_in_a_modified_resnet_the_maps_on_the_way_are_weighed_not_the_image_that_is_added():
    network, shapes = build("resnet18", outputs=2, cross="image").eval(), []
    (module,) = to_weigh(network, [network], torch.rand(1, 1, 64, 64))
    module.register_forward_hook(lambda _module, _inputs, result: shapes.append((tuple(result.shape[1:]), bool(result.any()))))
    network(torch.rand(1, 1, 64, 64))
    assert shapes == [((256, 4, 4), True)]  # the image's projections start as 0


@pytest.mark.parametrize("name", ["resnet18", "test_resnet", "densenet121"])
def test_heat_of_a_small_image_is_not_the_same_everywhere(name):
    torch.manual_seed(1)
    network, image = build(name, outputs=3).eval(), torch.rand(4, 1, 32, 32)
    heat = torch.cat([grad_cam(network, image, 1, sign=sign) for sign in (-1.0, 1.0)])
    assert (heat.flatten(1).std(dim=1) > 0.05).any()


def test_a_network_without_convolutions_is_refused():
    with pytest.raises(ValueError, match="convolutions"):
        grad_cam(nn.Sequential(nn.Flatten(), nn.Linear(16, 2)), torch.rand(1, 1, 4, 4), 0)
    assert has_convolutions(Pooled())
    assert not has_convolutions(nn.Linear(2, 2))


def test_a_fused_case_has_a_map_of_each_sequence_on_one_scale_and_none_where_it_is_missing():
    torch.manual_seed(0)
    fused = build_fused("resnet10t", sequences=3, shared=False, outputs=1).eval()
    image = torch.rand(1, 3, 64, 64)
    image[:, 1] = 0
    heat = fused_grad_cam(fused, image, 0)
    assert heat.shape == (3, 64, 64)
    assert not heat[1].any()
    assert float(heat.max()) == pytest.approx(1.0)
    assert torch.equal(fused_grad_cam(fused, image, 0, sign=-1.0)[1], heat[1])
