"""What the last network says of every image, with a mark on those whose label it was trained on."""

import shutil

import numpy as np
import pandas as pd
import pytest
import rooms

from medimg.errors import NothingToDo, RunError
from medimg.recipes.parts.said import Answers
from medimg.recipes.rounds.state import State
from medimg.room.exchange import export_file
from medimg.room.folder import Folder

A, B = rooms.CLASSES


@pytest.fixture
def store(tmp_path):
    with rooms.room(tmp_path / "active", 4) as made:
        yield made


def trained(store, number):
    """What a training leaves: i0 was learnt, i1 was not, i3 is a validation image."""
    for step in ("closed", "trained"):
        store.move(number, step)
    folder = Folder(store.path.parents[1]).round(number)
    p = np.array([[0.75, 0.25], [0.1 + 0.2, 0.7]])
    State(np.array([0]), Answers(p), np.empty((0, 2)), 0.0).write(folder.train)
    folder.pool.write_text("id\ni0\ni1\n")
    folder.cases("val").write_text(f"id,patient,site,label,p_{A},p_{B}\ni3,p1,,{A},0.5,0.5\n")
    folder.cases("test").write_text(f"id,patient,site,label,p_{A},p_{B}\n")
    return folder


def test_predictions_of_the_last_round_tell_which_labels_were_learnt(store, tmp_path):
    trained(store, 0)
    assert export_file(store, tmp_path / "out.csv", what="predictions") == 3
    table = pd.read_csv(tmp_path / "out.csv")
    assert table[["token", "item", "round", "learnt", f"p_{A}", f"p_{B}"]].to_numpy().tolist() == [
        ["t0", "i0", 0, "yes", 0.75, 0.25], ["t1", "i1", 0, "no", 0.3, 0.7], ["t3", "i3", 0, "no", 0.5, 0.5],
    ]  # fmt: skip


def test_without_a_network_there_are_none(store, tmp_path):
    with pytest.raises(NothingToDo, match="no round is trained yet"):
        export_file(store, tmp_path / "out.csv", what="predictions")
    shutil.rmtree(trained(store, 0).train)
    with pytest.raises(RunError, match=r"round 000 said of the pool was removed.*makes it again"):
        export_file(store, tmp_path / "out.csv", what="predictions")
    assert not (tmp_path / "out.csv").exists()
