from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from medimg.recipes.generating import extend as extending
from medimg.recipes.generating.extend import extend, to_size
from medimg.recipes.generating.generators import Learner
from medimg.settings import Generate, Settings

COUNT = 10  # training pictures, each of a patient: a on even ones, b on the others
ROWS = pd.DataFrame({
    "id": [f"i{k}" for k in range(COUNT + 1)], "patient": [f"p{k}" for k in range(COUNT + 1)], "study": "", "sop": "",
    "pixel_sha256": [f"x{k}" for k in range(COUNT + 1)], "label": ["ab"[k % 2] for k in range(COUNT + 1)],
})  # fmt: skip
SPLIT = pd.DataFrame({"id": ROWS["id"], "fold": 0, "member": 0, "part": ["train"] * COUNT + ["test"]})
COHORT = SimpleNamespace(
    rows=ROWS, split=SPLIT, manifest=SimpleNamespace(classes=["a", "b"]), cache=SimpleNamespace(prepare=SimpleNamespace(size=8)),
    part=lambda fold, member, part: ROWS.iloc[:COUNT],
)  # fmt: skip


class Stub(Learner):
    """Trains nothing; a stage is its name."""

    def dcgan(self, name, pictures, steps, said, before=None):
        return self.run / name

    def srgan(self, pictures):
        return self.run / "4_srgan"


@pytest.mark.parametrize(("how", "alone"), [({"enlarge": False}, True), ({"common_steps": 5, "enlarge": False}, False), ({}, False)])
def test_those_stand_behind_a_picture_whose_images_taught_any_network_that_made_it(how, alone, tmp_path, monkeypatch):
    monkeypatch.setattr(extending, "_pictures", lambda cohort, rows, size: None)
    monkeypatch.setattr(extending, "trained", lambda build, settings, folder: None)
    monkeypatch.setattr(extending, "weights_sha256", lambda folder: folder.name.ljust(64, "0"))
    monkeypatch.setattr(extending, "generate", lambda generator, count, seed, machine, length: np.ones((count, 4, 4), np.float32))
    monkeypatch.setattr(extending, "enlarge", lambda network, small, machine: small.repeat(2, axis=1).repeat(2, axis=2))
    settings = Settings(generate=Generate(**{"to": 7, "least": 2, "common_steps": 0, "test": 1} | how))
    extension = extend(Stub(settings, None, tmp_path, (1, 0, 0), {}), COHORT)
    assert extension.pixels.shape == (6, 8, 8)
    for label, own in (("a", range(0, COUNT, 2)), ("b", range(1, COUNT, 2))):
        (donors,) = set(extension.table["donors"][extension.table["label"] == label])
        assert set(donors.split("|")) == {f"p{k}" for k in (own if alone else range(COUNT))}


def test_what_enlarges_is_taught_by_all_training_images_at_four_times_the_side_and_what_draws_by_those_of_its_set(tmp_path, monkeypatch):
    taught = {}

    class Asked(Stub):
        def dcgan(self, name, pictures, steps, said, before=None):
            taught[name] = pictures
            return super().dcgan(name, pictures, steps, said, before)

        def srgan(self, pictures):
            taught["4_srgan"] = pictures
            return super().srgan(pictures)

    def no_more(*_):
        raise StopIteration

    monkeypatch.setattr(extending, "_pictures", lambda cohort, rows, size: (size, list(rows["id"])))
    monkeypatch.setattr(extending, "weights_sha256", no_more)
    settings = Settings(generate=Generate(to=7, least=2, common_steps=5, size=16))
    with pytest.raises(StopIteration):
        extend(Asked(settings, None, tmp_path, (1, 0, 0), {}), COHORT)
    every = [f"i{k}" for k in range(COUNT)]
    assert taught == {"2_dcgan": (16, every), "3_dcgan0": (16, every[::2]), "3_dcgan1": (16, every[1::2]), "4_srgan": (64, every)}


def test_pictures_made_smaller_keep_their_counts_and_none_becomes_negative():
    pictures = np.random.default_rng(0).random((3, 32, 32), dtype=np.float32)
    small = to_size(pictures, 8)
    assert small.shape == (3, 8, 8)
    assert small.mean() == pytest.approx(pictures.mean(), rel=1e-5)
    assert (to_size(pictures - 0.5, 32) >= 0).all()


@pytest.mark.parametrize("size", [32, 64])
def test_pictures_of_the_right_size_stay_and_smaller_ones_grow(size):
    pictures = np.ones((2, 32, 32), np.float32)
    assert np.allclose(to_size(pictures, size), 1)
    assert to_size(pictures, size).shape == (2, size, size)
