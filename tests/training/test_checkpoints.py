import os
import random
import signal
import time
from pathlib import Path

import pytest
import torch

from medimg.errors import RunError
from medimg.io.files import write_atomically
from medimg.training.checkpoints import KEPT, CheckpointFolder, is_whole, load_weights, step_of


def save(folder, step, kind="last", **content):
    folder.save_checkpoint({"network": {"w": torch.full((4,), float(step))}, "step": step, **content}, folder.path(kind, step))


@pytest.fixture
def folder(tmp_path):
    return CheckpointFolder(tmp_path / "checkpoints")


def spoil(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_what_is_saved_comes_back(folder):
    save(folder, 7, rows=[{"loss": 0.5}])
    path = folder.newest("last")
    assert step_of(path) == 7
    assert folder.load_checkpoint(path)["rows"] == [{"loss": 0.5}]
    assert torch.equal(load_weights(path)["w"], torch.full((4,), 7.0))


def test_the_newest_and_the_one_before_are_kept_of_each_kind(folder):
    for step in range(1, 6):
        save(folder, step)
        save(folder, step, "best")
    for kind in ("last", "best"):
        assert [step_of(path) for path in sorted(folder.folder.glob(f"{kind}-*.ckpt"))] == [4, 5]
    assert len(list(folder.folder.iterdir())) == 2 * 2 * KEPT


@pytest.mark.parametrize("damage", [spoil, lambda p: p.write_bytes(b""), lambda p: p.write_bytes(p.read_bytes()[:-1]), Path.unlink])
def test_a_damaged_file_is_passed_over_for_the_one_before(damage, folder):
    save(folder, 1)
    save(folder, 2)
    damage(folder.path("last", 2))
    assert step_of(folder.newest("last")) == 1


def test_a_file_without_its_sum_does_not_count(folder):
    save(folder, 1)
    save(folder, 2)
    folder.path("last", 2).with_suffix(".sha256").unlink()
    assert step_of(folder.newest("last")) == 1


def test_nothing_saved_is_none(folder):
    assert folder.newest("last") is None


def test_a_best_file_later_than_the_state_is_not_taken(folder):
    save(folder, 3, "best")
    save(folder, 9, "best")
    assert step_of(folder.newest("best", at_most=5)) == 3
    assert folder.newest("best", at_most=2) is None


def test_steps_are_ordered_as_numbers(folder):
    for step in (9, 10, 999_999, 1_000_000):
        save(folder, step)
        assert step_of(folder.newest("last")) == step


def test_saving_a_step_again_replaces_it(folder):
    save(folder, 4, rows=[1])
    save(folder, 4, rows=[2])
    assert folder.load_checkpoint(folder.newest("last"))["rows"] == [2]


def test_damaged_weights_are_refused_with_the_way_out(folder):
    save(folder, 1, "best")
    spoil(folder.path("best", 1))
    with pytest.raises(RunError, match=r"best-000000001\.ckpt is damaged.*delete its folder"):
        load_weights(folder.path("best", 1))


class Evil:
    def __reduce__(self):
        return (os.mkdir, ("evil",))


def test_a_checkpoint_runs_no_code(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder.save_checkpoint({"network": Evil()}, folder.path("best", 1))
    for read in (folder.load_checkpoint, load_weights):
        with pytest.raises(Exception, match="Weights only"):
            read(folder.path("best", 1))
    assert not (tmp_path / "evil").exists()


def test_what_a_killed_save_left_is_gone_after_the_next(folder):
    """A temporary file, and a checkpoint whose sum was never written, which must not push out a whole one."""
    save(folder, 1)
    save(folder, 2)
    (folder.folder / ".last-000000003.ckpt.99.tmp").write_bytes(b"half")
    (folder.folder / ".last-000000003.sha256.99.tmp").write_bytes(b"")
    folder.path("last", 3).write_bytes(b"no sum")
    save(folder, 4)
    assert sorted(path.name for path in folder.folder.iterdir()) == [
        f"last-{step:09d}.{end}" for step in (2, 4) for end in ("ckpt", "sha256")
    ]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    write_atomically(path, b"old")

    def full(_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_atomically(path, b"new and longer")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


VALUES = 100_000


def save_for_ever(folder, step, pipe):
    """Save one step after the other, and say each number once its file is on disk."""
    torch.set_num_threads(1)  # the threads of the process that was forked are not here, and waiting for them would never end
    try:
        while True:
            step += 1
            folder.save_checkpoint({"network": {"w": torch.full((VALUES,), float(step))}, "step": step}, folder.path("last", step))
            os.write(pipe, step.to_bytes(4, "big"))
    finally:
        os._exit(1)


def killed_saver(folder, step, after):
    """Let a process save from `step` on and kill it after some seconds; returns the last number it said."""
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        save_for_ever(folder, step, there)
    os.close(there)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    with open(here, "rb") as pipe:
        said = pipe.read()
    return int.from_bytes(said[-4:], "big") if said else step


@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_a_kill_at_any_moment_of_saving_leaves_the_newest_whole(count, folder):
    moments, step, longest = random.Random(count), 0, 0.15
    for _ in range(count):
        said = killed_saver(folder, step, moments.uniform(0.005, longest))
        newest = folder.newest("last")
        if newest is None:
            assert said == 0
            longest = min(2 * longest, 2.0)  # a slow disk, or a busy machine
            continue
        step = step_of(newest)
        assert step in (said, said + 1)
        assert torch.equal(load_weights(newest)["w"], torch.full((VALUES,), float(step)))
    assert step > 0
    save(folder, step + 1)
    assert not list(folder.folder.glob(".*"))
    assert all(is_whole(path) for path in folder.folder.glob("*.ckpt"))
    assert len(list(folder.folder.glob("*.ckpt"))) == KEPT
