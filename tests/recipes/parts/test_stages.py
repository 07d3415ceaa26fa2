import json

import pytest

from medimg.errors import RunError
from medimg.recipes.parts import stages
from medimg.recipes.parts.stages import by_first, digest, stage, write_json

INPUTS = {"split": "abc", "lr": 0.1, "model": {"name": "resnet18", "dropout": 0.0}}


class Work:
    """Counts how often it was done, and can be stopped on the way."""

    def __init__(self, stops=0):
        self.times, self.stops = 0, stops

    def __call__(self, folder):
        self.times += 1
        (folder / f"begun{self.times}").touch()
        if self.times <= self.stops:
            raise KeyboardInterrupt


def test_a_finished_stage_is_skipped(tmp_path):
    work = Work()
    folders = [stage(tmp_path, "1_train", INPUTS, work) for _ in range(3)]
    assert work.times == 1
    assert set(folders) == {tmp_path / "stages" / "1_train"}
    assert json.loads((folders[0] / "done.json").read_text())["sha256"] == digest(INPUTS)


def test_a_stopped_stage_goes_on_in_its_folder(tmp_path):
    work = Work(stops=2)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            stage(tmp_path, "1_train", INPUTS, work)
        assert not (tmp_path / "stages/1_train/done.json").exists()
    folder = stage(tmp_path, "1_train", INPUTS, work)
    assert work.times == 3
    assert {path.name for path in folder.iterdir()} == {"begun1", "begun2", "begun3", "inputs.json", "done.json"}


@pytest.mark.parametrize("finished", [True, False])
def test_changed_inputs_are_refused_by_their_names(finished, tmp_path):
    work = Work(stops=0 if finished else 1)
    try:
        stage(tmp_path, "1_train", INPUTS, work)
    except KeyboardInterrupt:
        assert not finished
    other = {**INPUTS, "lr": 0.2, "model": {"name": "resnet18", "dropout": 0.5}}
    with pytest.raises(RunError, match=r"1_train was begun with other inputs \(lr, model changed\).*Start a new run"):
        stage(tmp_path, "1_train", other, work)
    assert work.times == 1


def test_an_input_that_came_or_went_is_a_change(tmp_path):
    stage(tmp_path, "1_train", INPUTS, Work())
    for other in ({**INPUTS, "fold": 1}, {"split": "abc", "lr": 0.1}):
        with pytest.raises(RunError, match=r"\((fold|model) changed\)"):
            stage(tmp_path, "1_train", other, Work())


def test_stages_stand_beside_each_other(tmp_path):
    one, other = Work(), Work()
    stage(tmp_path, "1_train", INPUTS, one)
    stage(tmp_path, "2_train", {"lr": 9}, other)
    assert (one.times, other.times) == (1, 1)


def test_a_digest_forgets_the_order_of_keys_and_nothing_else():
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert len({digest(value) for value in ({"a": 1}, {"a": 1.5}, {"a": "1"}, {"b": 1}, {"a": [1]}, {"a": None})}) == 6


def test_json_is_written_whole(tmp_path):
    write_json(tmp_path / "x.json", {"a": [1, 2.5, None]})
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": [1, 2.5, None]}
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize("rank", [0, 1])
def test_a_fault_of_the_first_process_stops_the_others_too(rank, monkeypatch):
    told = []
    monkeypatch.setattr(stages.ranks, "rank", lambda: rank)
    monkeypatch.setattr(stages.ranks, "gather", lambda failed: told.append(failed) or [True, False])

    def work():
        raise ValueError("the disk is full")

    with pytest.raises((ValueError, RunError)) as caught:
        by_first(work)
    assert told == [rank == 0]  # each process says how it went before it stops
    assert type(caught.value) is (RunError if rank else ValueError)


def test_only_the_first_process_works(monkeypatch):
    done = []
    monkeypatch.setattr(stages.ranks, "gather", lambda failed: [failed, False])
    for rank in (0, 1):
        monkeypatch.setattr(stages.ranks, "rank", lambda rank=rank: rank)
        by_first(lambda rank=rank: done.append(rank))
    assert done == [0]
