"""Files seen before are not opened again; the index keeps no path and no raw id."""

import os
import stat

import fakes

from medimg.io.home import cache_dir
from medimg.io.index import Index, facts_of, file_key
from medimg.io.workers import Refused


def test_the_key_changes_with_the_file(tmp_path):
    path = fakes.png(tmp_path / "a.png", fakes.ramp())
    first = file_key(str(path), -1)
    assert file_key(str(path), -1) == first
    assert file_key(str(path), 0) != first
    os.utime(path, ns=(1, 1))
    assert file_key(str(path), -1) != first
    assert file_key(str(tmp_path / "none")) is None


def test_uids_come_back_hashed_the_first_and_the_second_time(tmp_path):
    path = fakes.chest_film(tmp_path / "Mustermann.dcm")
    first, second = facts_of([(str(path), -1)]), facts_of([(str(path), -1)])
    assert first == second
    assert first[0].study.startswith("anon-")


def test_the_index_is_private_and_holds_no_identity(tmp_path):
    path = fakes.chest_film(tmp_path / "Mustermann.dcm")
    facts_of([(str(path), -1)])
    (store,) = cache_dir("index").glob("facts-*.sqlite")
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    content = store.read_bytes()
    for secret in (*fakes.SECRETS, fakes.uid("P1", "study"), str(tmp_path)):
        assert secret.encode() not in content


def test_faults_are_not_remembered(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"")
    assert isinstance(facts_of([(str(path), -1)])[0], Refused)
    with Index() as index:
        assert not index.get([file_key(str(path), -1)])


def test_children_and_this_process_read_the_same(tmp_path):
    tasks = [(str(fakes.png(tmp_path / f"{i}.png", fakes.ramp(high=100 + i))), -1) for i in range(5)]
    here = facts_of(tasks)
    for store in cache_dir("index").glob("facts-*.sqlite"):
        store.unlink()
    assert facts_of(tasks, isolate=True, workers=2) == here
