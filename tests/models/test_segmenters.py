import sys

import pytest
import torch

from medimg.errors import ConfigError
from medimg.models.segmenters import CHEST_NETS, build_segmenter


def test_the_family_is_twelve_networks():
    assert len(set(CHEST_NETS)) == 12
    assert {"ChestPAQC_20_3", "ChestPAQC_10_1", "Chest2ViewQC_15_3", "Chest2ViewQC_8_1"} <= set(CHEST_NETS)


def test_a_chest_network_is_built_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "segmentation_models_pytorch", None)
    assert build_segmenter("Chest2ViewQC_8_1", 3).eval()(torch.rand(1, 1, 64, 64)).shape == (1, 3, 64, 64)


@pytest.mark.parametrize("name", ["unet", "unet++", "unet_resnet18"])
def test_networks_of_the_library_take_films_of_any_size(name):
    pytest.importorskip("segmentation_models_pytorch", reason="medimg[chest] is not installed")
    network = build_segmenter(name, 3).eval()
    with torch.inference_mode():
        for size in ((64, 64), (50, 70)):
            assert network(torch.rand(1, 1, *size)).shape == (1, 3, *size)


def test_without_the_library_the_way_out_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "segmentation_models_pytorch", None)
    with pytest.raises(ConfigError, match=r"model.name=unet\+\+ .* pip install 'medimg\[chest\]'"):
        build_segmenter("unet++", 3)


@pytest.mark.parametrize("name", ["resnet18", "ChestPAQC_11_1", "unets", ""])
def test_a_name_that_segments_nothing_is_refused(name):
    with pytest.raises(ConfigError, match=r"no network that segments.*ChestPAQC_20_3.*unet"):
        build_segmenter(name, 3)


def test_an_encoder_that_timm_lacks_is_named():
    pytest.importorskip("segmentation_models_pytorch", reason="medimg[chest] is not installed")
    with pytest.raises(ConfigError, match="timm has no encoder nonsense"):
        build_segmenter("unet_nonsense", 3)
