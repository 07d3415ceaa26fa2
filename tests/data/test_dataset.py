import numpy as np
import pandas as pd
import pytest
import torch
from fakes import png
from torch.utils.data import DataLoader

from medimg.data.cache import PictureCache
from medimg.data.dataset import Pictures, as_is, label_matrix
from medimg.data.prepare import Prepare


@pytest.fixture
def filled(tmp_path):
    random = np.random.default_rng(0)
    paths = [png(tmp_path / f"{k}.png", random.integers(0, 255, (16, 16), dtype=np.uint8)) for k in range(5)]
    rows = pd.DataFrame({"id": list("vwxyz"), "path": [str(p) for p in paths], "frame": -1, "label": ["a", "b", "", "a|c", "c"]})
    cache = PictureCache(Prepare(16, "range"))
    cache.fill(rows)
    return rows, cache


def test_several_labels_become_several_ones():
    matrix = label_matrix(pd.Series(["a", "c|a", "", "b"]), ["a", "b", "c"])
    assert matrix.dtype == np.float32
    assert matrix.tolist() == [[1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 1, 0]]


def test_a_picture_comes_with_its_own_label_whatever_the_order_of_the_table(filled):
    rows, cache = filled
    shuffled = rows.iloc[[3, 0, 4]].reset_index(drop=True)
    batch = Pictures(shuffled, ["a", "b", "c"], cache).__getitems__([2, 0])
    assert batch["id"] == ["z", "y"]
    assert batch["label"].tolist() == [[0, 0, 1], [1, 0, 1]]
    assert (batch["image"][:, 0].numpy() == cache.pictures()[[4, 3]]).all()


def test_one_picture_is_a_batch_of_one(filled):
    rows, cache = filled
    item = Pictures(rows, ["a", "b", "c"], cache)[1]
    assert item["image"].shape == (1, 1, 16, 16)
    assert item["image"].dtype == torch.float32
    assert item["id"] == ["w"]


def test_three_channels_show_the_same_picture_three_times(filled):
    rows, cache = filled
    image = Pictures(rows, ["a", "b", "c"], cache, channels=3)[0]["image"]
    assert image.shape == (1, 3, 16, 16)
    assert (image == image[:, :1]).all()


def test_a_batch_can_be_changed_without_changing_the_cache(filled):
    rows, cache = filled
    pictures = Pictures(rows, ["a", "b", "c"], cache)
    before = np.array(cache.pictures())
    pictures[0]["image"].add_(1)
    assert (cache.pictures() == before).all()


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_pictures_travel_to_workers_however_they_are_started(start, filled):
    rows, cache = filled
    pictures = Pictures(rows, ["a", "b", "c"], cache)
    loader = DataLoader(pictures, batch_sampler=[[0, 1], [2, 3, 4]], num_workers=1, collate_fn=as_is, multiprocessing_context=start)
    assert [batch["id"] for batch in loader] == [["v", "w"], ["x", "y", "z"]]
