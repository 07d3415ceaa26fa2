"""Keyed hashes: the same here, useless elsewhere."""

import multiprocessing
import stat

import pytest

from medimg.errors import ConfigError
from medimg.io.identity import fingerprint_of, hash_id, hash_ids, is_hashed, key_fingerprint, whois


def test_an_id_has_one_hash_and_it_leads_back_on_this_machine():
    hashed = hash_id("  4711 ")
    assert hashed == hash_id("4711")
    assert is_hashed(hashed)
    assert fingerprint_of(hashed) == key_fingerprint()
    assert whois(hashed) == "4711"
    assert whois("anon-00000000-0000000000000000") is None
    assert whois("%") is None
    assert whois(f"site-{hashed[-6:]}") == "4711"


def test_a_hash_and_nothing_stay_as_they_are():
    assert hash_id(hash_id("4711")) == hash_id("4711")
    assert hash_ids(["", "a", ""]) == ["", hash_id("a"), ""]


def test_another_key_gives_other_hashes(tmp_path, monkeypatch):
    here = hash_id("4711")
    monkeypatch.setenv("MEDIMG_HOME", str(tmp_path / "other"))
    assert hash_id("4711") != here
    assert fingerprint_of(here) != key_fingerprint()


def test_key_and_table_are_for_the_user_alone(medimg_home):
    hash_id("4711")
    for name in ("identity.key", "identity.sqlite"):
        assert stat.S_IMODE((medimg_home / name).stat().st_mode) == 0o600


def test_a_damaged_key_is_never_replaced(medimg_home):
    (medimg_home / "identity.key").write_bytes(b"short")
    with pytest.raises(ConfigError, match="5 bytes instead of 32"):
        hash_id("4711")


def fingerprint_in_child(home, queue):
    import os

    os.environ["MEDIMG_HOME"] = home
    queue.put(hash_id("4711"))


def test_processes_that_start_together_agree_on_one_key(tmp_path):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    children = [context.Process(target=fingerprint_in_child, args=(str(tmp_path / "new"), queue)) for _ in range(8)]
    for child in children:
        child.start()
    assert len({queue.get(timeout=60) for _ in children}) == 1
    for child in children:
        child.join()


def test_ids_in_chinese_and_very_many_are_hashed():
    assert whois(hash_id("张三-001")) == "张三-001"
    assert len(set(hash_ids(map(str, range(20000))))) == 20000


def test_an_operators_pseudonym_leads_back_on_this_machine():
    hashed = hash_id("Smith^A")
    assert whois(f"op-{hashed[-6:]}") == "Smith^A"
