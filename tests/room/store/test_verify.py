"""Whatever is changed in the file behind the store's back is found, and a damaged file is never written to."""

import shutil
import sqlite3

import pytest
import rooms

from medimg.room.store import Store, StoreDamaged, StoreError

TAMPERED = {
    "a label": ("event", "UPDATE event SET value = 'encephalitis' WHERE seq = 3", "event 3 is not what was written"),
    "a time": ("event", "UPDATE event SET at_utc = '2020' WHERE seq = 2", "event 2 is not what was written"),
    "a reader": ("event", "UPDATE event SET reader = 2 WHERE seq = 4", "event 4 is not what was written"),
    "a row taken out": ("event", "DELETE FROM event WHERE seq = 2", "event 2 missing before 3"),
    "the last rows": ("event", "DELETE FROM event WHERE seq > 4", "event 4 is the last one here, but 6 were written"),
    "a step": ("move", "UPDATE move SET detail = '{}' WHERE state = 'closed'", "step 3 is not what was written"),
    "a step taken back": ("move", "DELETE FROM move WHERE state = 'closed'", "step 2 is the last one here, but 3 were written"),
    "a proposal": ("proposal", "UPDATE proposal SET reason = 'random' WHERE item = 'i1'", "round 0: its batch is not the one"),
    "a place": ("assignment", "DELETE FROM assignment WHERE item = 'i1' AND reader = 1", "round 0: its batch is not the one"),
    "an image": ("item", "UPDATE item SET pixel_sha256 = 'other' WHERE item = 'i1'", "round 0: its batch is not the one"),
    "a reader's name": (
        "reader",
        "UPDATE reader SET name = 'Cy' WHERE name = 'Bo'",
        "the readers are not those that were there when round 0",
    ),
    "the classes": ("meta", "UPDATE meta SET value = replace(value, 'glioma', 'other')", "event 1 is not what was written"),
}


@pytest.fixture
def store(tmp_path):
    with rooms.room(tmp_path, readers=("Ann", "Bo")) as made:
        for k in range(5):
            rooms.Hand(made).label(f"i{k}")
        made.move(0, "closed")
        rooms.Hand(made).act("comment", "i0")
        yield made


def tamper(path, table, *statements):
    """Change rows as somebody would who knows SQLite."""
    db = sqlite3.connect(path)
    for act in ("update", "delete"):
        db.execute(f"DROP TRIGGER {table}_no_{act}")
    for sql in statements:
        assert db.execute(sql).rowcount
    db.commit()
    db.close()


def test_untouched_store_is_sound(store):
    assert (store.verify().ok, store.verify().seq, store.verify().faults) == (True, 6, ())


@pytest.mark.parametrize("name", TAMPERED)
def test_change_behind_the_stores_back_is_found(store, name):
    table, sql, words = TAMPERED[name]
    tamper(store.path, table, sql)
    found = store.verify()
    assert not found.ok
    assert any(fault.startswith(words) for fault in found.faults), found.faults
    store.close()
    with pytest.raises(StoreDamaged, match=words):
        Store.open(store.path, writer=True)


def test_history_written_anew_is_found_by_the_closed_round_and_by_the_copies(store):
    tamper(store.path, "event", "DELETE FROM event WHERE seq > 3", "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'event'")
    faults = " ".join(store.verify().faults)
    assert "event 5 is gone since round 0 became closed" in faults
    assert "event 5 is gone since copy labels-00000005.sqlite was made" in faults


def test_damaged_file_names_the_newest_good_copy_and_what_it_lacks(store):
    good = store.backup()
    rooms.Hand(store).act("comment", "i1")
    newer = store.backup()
    store.close()
    newer.write_bytes(newer.read_bytes()[:-5000])
    tamper(store.path, "event", "UPDATE event SET value = 'glioma' WHERE seq = 6")
    with pytest.raises(StoreDamaged) as told:
        Store.open(store.path, writer=True)
    assert f"{good} with 6 events, 1 fewer" in str(told.value)
    shutil.copy(good, store.path)
    with Store.open(store.path, writer=True) as again:
        assert len(again.events()) == 6
        rooms.Hand(again).label("i5")


def test_good_copy_that_was_put_back_is_taken_though_copies_of_the_damaged_store_are_newer(store, monkeypatch):
    good = store.backup()
    tamper(store.path, "event", "UPDATE event SET value = 'encephalitis' WHERE seq = 3")
    for k in range(3):
        rooms.Hand(store).act("comment", f"i{k}")
        bad = store.backup()
    store.close()
    with pytest.raises(StoreDamaged, match=f"newest good copy is {good}"):
        Store.open(store.path, writer=True)
    shutil.copy(good, store.path)
    monkeypatch.setattr("medimg.room.store.backups.KEPT", 2)
    with Store.open(store.path, writer=True) as again:
        assert again.verify().ok
        rooms.Hand(again).label("i5")
        made = again.backup()
    assert {path.name for path in made.parent.glob("*.sqlite")} == {made.name, bad.name}


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_truncated_copy_is_no_store(store, part, tmp_path):
    whole = store.backup().read_bytes()
    cut = tmp_path / "cut" / "labels.sqlite"
    cut.parent.mkdir()
    cut.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(StoreError):
        Store.open(cut, writer=True)


def test_flipped_bits_anywhere_are_found_or_harm_nothing(store, tmp_path):
    whole, events = bytearray(store.backup().read_bytes()), store.events()
    for k in range(40):
        place = (k * 7919 * 31) % len(whole)
        bent = bytearray(whole)
        bent[place] ^= 0x55
        path = tmp_path / f"bent-{k}.sqlite"
        path.write_bytes(bent)
        try:
            with Store.open(path, writer=True) as again:
                assert again.events().equals(events), place
        except StoreError:
            pass
        path.unlink()


def test_damage_without_any_copy_is_told(tmp_path):
    with rooms.room(tmp_path) as store:
        rooms.Hand(store).label("i0")
    tamper(store.path, "event", "UPDATE event SET value = 'x'")
    with pytest.raises(StoreDamaged, match="there is no good copy"):
        Store.open(store.path, writer=True)
