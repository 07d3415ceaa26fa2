import csv

import fakes
from rooms import Hand, finish, room

from medimg.room.exchange import import_file
from medimg.room.store import Event
from medimg.room.waiting import by_import, waiting, write_waiting


def test_what_an_import_labelled_waits_no_more(tmp_path):
    with room(tmp_path) as store:
        source = store.add_reader("other", "import")
        store.write(Event("k", source.id, "i3", None, "import", "glioma"))
        assert by_import(store) == {"i3"}
        assert waiting(store) == {"Ann": 5}
        assert waiting(store, frozenset()) == {"Ann": 6}


def test_a_round_that_is_not_open_waits_for_nothing(tmp_path):
    with room(tmp_path) as store:
        finish(store, 0)
        assert waiting(store) == {}


def rows(path):
    return list(csv.DictReader(path.open()))


def test_the_table_to_fill_in_holds_spare_images_only_in_the_place_of_skipped_ones(tmp_path):
    path = tmp_path / "000" / "proposals.csv"
    with room(tmp_path, 8, spare=3) as store:
        reader = store.readers()[0]
        Hand(store).label("i0")
        write_waiting(store, path)
        assert [row["item"] for row in rows(path)] == ["i1", "i2", "i3", "i4"]
        given = [{**row, **({"skip": "corrupt"} if row["item"] == "i2" else {"label": "glioma"})} for row in rows(path)]
        import_file(store, fakes.table(tmp_path / "filled.csv", given), reader=reader, number=0)
        assert waiting(store) == {"Ann": 1}
        write_waiting(store, path)
        assert [row["item"] for row in rows(path)] == ["i5"]
