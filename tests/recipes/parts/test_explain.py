import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import PIL.Image
import torch
from torch import nn
from toys import MACHINE

from medimg.models.backbones import build_fused
from medimg.recipes.parts.explain import draw_heat_maps, explain
from medimg.settings import Data, Settings


def test_a_run_without_a_wrong_case_has_an_empty_list_of_heat_maps(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "errors.csv").write_text("id,label,predicted,p,wrongness\n")
    cohort = SimpleNamespace(
        manifest=SimpleNamespace(classes=["a", "b"]), folds=lambda: [(0, 0)], cases=lambda *_: pd.DataFrame({"id": ["x"]})
    )
    explain(Settings(data=Data(manifest="cases.csv")), cohort, MACHINE, tmp_path)
    assert json.loads((tmp_path / "explain" / "explain.json").read_text()) == []


class Blind(nn.Module):
    """A network whose feature maps speak against its second answer wherever they see anything."""

    def __init__(self):
        super().__init__()
        self.features = nn.Conv2d(1, 1, 1)
        nn.init.ones_(self.features.weight)
        nn.init.zeros_(self.features.bias)

    def forward(self, image):
        return -self.features(image).mean(dim=(2, 3))


class TwoAnswers(Blind):
    """The same maps, against and for."""

    def forward(self, image):
        return torch.cat([super().forward(image), -super().forward(image)], dim=1)


class TwoPictures:
    """Two pictures of one grey."""

    ids = np.array(["x", "y"])

    def __getitem__(self, index):
        return {"image": torch.ones(1, 1, 8, 8)}


def test_a_heat_map_without_evidence_is_not_drawn(tmp_path):
    wrong = pd.DataFrame({"id": ["x", "y"], "label": ["a", "b"], "predicted": ["b", "a"]})
    told = draw_heat_maps(tmp_path / "explain", wrong, TwoPictures(), "binary", ["a", "b"], Blind(), MACHINE)
    assert [entry["overlay"] for entry in told] == ["", "y_cam.png"]
    assert not (tmp_path / "explain" / "x_cam.png").exists()


class TwoPlaces(TwoPictures):
    """Two places with three sequences of noise."""

    def __getitem__(self, index):
        return {"image": torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(index))}


def test_sequences_of_a_fused_case_stand_side_by_side_in_image_and_heat_map(tmp_path):
    torch.manual_seed(0)
    network = build_fused("resnet10t", sequences=3, shared=False, outputs=1)
    wrong = pd.DataFrame({"id": ["x", "x"], "label": ["a", "b"], "predicted": ["b", "a"]})  # what speaks against one speaks for the other
    told = draw_heat_maps(tmp_path / "explain", wrong, TwoPlaces(), "binary", ["a", "b"], network, MACHINE)
    assert any(entry["overlay"] for entry in told)
    for path in (tmp_path / "explain").glob("*.png"):
        assert PIL.Image.open(path).size == (3 * 32, 32)


def test_a_network_of_dense_layers_has_its_errors_shown_without_heat_maps(tmp_path):
    wrong = pd.DataFrame({"id": ["x"], "label": ["a"], "predicted": ["b"]})
    dense = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))
    told = draw_heat_maps(tmp_path / "explain", wrong, TwoPictures(), "binary", ["a", "b"], dense, MACHINE)
    assert [entry["overlay"] for entry in told] == [None]
    assert (tmp_path / "explain" / "x.png").exists()


def test_where_no_class_was_named_the_heat_map_speaks_of_the_true_one(tmp_path):
    wrong = pd.DataFrame({"id": ["x", "y"], "label": ["b|a", "none"], "predicted": ["none", "a|b"]})
    told = draw_heat_maps(tmp_path / "explain", wrong, TwoPictures(), "multilabel", ["a", "b"], TwoAnswers(), MACHINE)
    assert [entry["target"] for entry in told] == ["b", "a"]
