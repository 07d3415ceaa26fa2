"""Files written whole or not at all."""

import os
import stat

import pytest

from medimg.io.files import write_atomically


def test_a_file_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "a"
    write_atomically(path, b"old")
    write_atomically(path, lambda file: file.write(b"new"))
    assert path.read_bytes() == b"new"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fail(file):
        file.write(b"half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_atomically(path, fail)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_file_is_for_its_owner_only_from_its_first_byte_on(tmp_path):
    path, seen = tmp_path / "a", []

    def write(file):
        seen.append(stat.S_IMODE(os.fstat(file.fileno()).st_mode))
        file.write(b"Mueller")

    before = os.umask(0)
    try:
        write_atomically(path, write, mode=0o600)
        write_atomically(tmp_path / "b", b"plain")
    finally:
        os.umask(before)
    assert seen == [stat.S_IMODE(path.stat().st_mode)] == [0o600]
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o666
