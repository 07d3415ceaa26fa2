import numpy as np
import pytest
import torch
from stops import StopAt
from toy_films import MACHINE, ORGANS, arrays, films, run

from medimg.data.films import films_in_memory
from medimg.errors import Interrupted, NumericError
from medimg.models.chest_net import ChestNet
from medimg.recipes.parts import one_segmenter
from medimg.recipes.parts.one_segmenter import measures
from medimg.settings import Task, Trainer
from medimg.training.fit import fit

TIMING = ("seconds", "images_per_s")


def same(one, other):
    assert all(torch.equal(one[0][name], other[0][name]) for name in one[0])
    shown = [[{key: value for key, value in row.items() if key not in TIMING} for row in run[1]] for run in (one, other)]
    assert shown[0] == shown[1]


def stopping(monkeypatch, step):
    """Let the next training be stopped before a step, by a real signal."""
    monkeypatch.setattr(one_segmenter, "fit", lambda *words, **more: fit(*words, **more, extra=[StopAt(step)]))


@pytest.mark.parametrize("step", [1, 3, 4, 8])
def test_a_training_stopped_at_any_step_continues_to_the_same_bits(step, tmp_path, monkeypatch, settled):
    whole = run(tmp_path / "whole", task=Task(lr=0.01, ema=0.9))
    with monkeypatch.context() as patched:
        stopping(patched, step)
        with pytest.raises(Interrupted):
            run(tmp_path / "stopped", task=Task(lr=0.01, ema=0.9))
    same(run(tmp_path / "stopped", task=Task(lr=0.01, ema=0.9)), whole)


def test_two_films_are_learned_by_heart(tmp_path, settled):
    torch.manual_seed(0)
    two = films(2, 128)  # of 64 px the smallest maps would be one pixel, and two films no statistics
    made = ChestNet(2, 8, 1, base=4, supervise=True)
    trainer = Trainer(epochs=60, batch_size=2, accelerator="cpu")
    _, rows = run(tmp_path, made, trainer, Task(lr=0.01), two, two, augment=None)
    assert rows[-1]["val/dice"] > 0.9
    assert rows[-1]["val/loss"] < 0.5 * rows[0]["val/loss"]


def test_an_organ_that_nobody_outlined_teaches_nothing(tmp_path, settled):
    """The masks of the second organ are nonsense where it is not known, and change no weight."""
    images, masks = arrays()
    nonsense = masks.copy()
    nonsense[3:, 1] = ~nonsense[3:, 1]
    known = np.ones((6, 2), bool)
    known[3:, 1] = False
    one, other = (
        run(tmp_path / name, train=films_in_memory(images, given, known)) for name, given in (("one", masks), ("other", nonsense))
    )
    same(one, other)


def test_an_organ_known_on_no_film_of_validation_is_not_judged():
    known = np.array([[True, False]] * 4)
    row = measures(torch.nn.Conv2d(1, 2, 1), ORGANS, films(4, known=known), MACHINE, 2)
    assert row.keys() == {"val/loss", "val/dice", "val/dice_disc"}


def test_a_film_that_is_no_number_is_named(tmp_path, settled):
    images, masks = arrays()
    images[:] = np.nan
    broken = films_in_memory(images, masks, ids=[f"film{k}" for k in range(6)])
    with pytest.raises(NumericError, match="film"):
        run(tmp_path, train=broken, augment=None)
