"""A file of labels is taken over as a whole or not at all, whoever wrote it and however it is spelt."""

import json

import pytest
import rooms

from medimg.errors import ManifestError
from medimg.room.exchange import ExchangeError, export_file, export_places, import_file
from medimg.room.store import StoreFull

A, B = rooms.CLASSES


@pytest.fixture
def store(tmp_path):
    with rooms.room(tmp_path / "active", 5, spare=1) as made:
        yield made


def written(tmp_path, text, name="labels.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def names(store):
    return {(row.name, row.item): row.label for row in store.history().current().itertuples()}


@pytest.mark.parametrize(
    "text",
    [
        f"token,label\nt0,{A}\nt1,{B}\n",
        f"\ufefftoken;label\r\nt0;{A}\r\nt1;{B}\r\n",
        f"id\tlabel\ni0\t{A}\ni1\t{B}\n",
        f"image,class\nimages/0.dcm,{A}\n./images\\1.dcm,{B}\n",
        f'image,label\n"/data/images/0.dcm",{A}\n1.dcm,{B}\n',
        f"pixel_sha256,label\n{0:064x},{A}\n{1:064x},{B}\n",
        f"token,note,label\nt0,x,{A}\n\nt1,,{B}\nt2,later,\n",
    ],
)
def test_csv_of_any_kind_names_images_by_token_id_path_or_pixels(store, tmp_path, text):
    plan = import_file(store, written(tmp_path, text))
    assert (plan.new, plan.faults) == (2, ())
    assert names(store) == {("labels.csv", "i0"): A, ("labels.csv", "i1"): B}
    assert {reader.name: reader.role for reader in store.readers()}["labels.csv"] == "import"


def test_windows_and_chinese_encodings_are_read(store, tmp_path):
    for encoding in ("utf-16", "gb18030"):
        import_file(store, written(tmp_path, f"token,label,reader\nt0,{A},李雷\n", f"{encoding}.csv", encoding))
        assert names(store)[f"{encoding}.csv: 李雷", "i0"] == A


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"t9,,{A},", "line 3: no image has token t9."),
        ("t1,,gliom,", "line 3: 'gliom' is no class; did you mean glioma?; classes: glioma, encephalitis."),
        (f"t1,i2,{A},", "line 3: token and item name different images."),
        (f",,{A},", "line 3: no image is named."),
        (f"t0,,{B},", "line 3: answers as line 2 does, but differently."),
        (f"t1,,{A},sure", "line 3: 'sure' is no confidence; write certain, probable, guess or nothing."),
    ],
)
def test_one_wrong_row_stops_all_and_the_dry_run_tells_it(store, tmp_path, row, words):
    path = written(tmp_path, f"token,id,label,confidence\nt0,,{A},certain\n{row}\n")
    assert import_file(store, path, dry_run=True).faults == (words,)
    with pytest.raises(ExchangeError) as told:
        import_file(store, path)
    assert told.value.faults == [words, "Nothing of labels.csv was written."]
    assert store.events().empty
    assert len(store.readers()) == 1


def test_all_faults_are_told_at_once_up_to_twenty(store, tmp_path):
    path = written(tmp_path, "token,label\n" + "".join(f"x{k},{A}\n" for k in range(30)))
    with pytest.raises(ExchangeError) as told:
        import_file(store, path)
    assert len(told.value.faults) == 22
    assert "... and 10 more" in told.value.faults


def test_dry_run_counts_and_writes_nothing(store, tmp_path):
    rooms.Hand(store).label("i0", B)
    path = written(tmp_path, f"token,label\nt0,{A}\nt1,{A}\nt2,\n")
    before = len(store.events())
    plan = import_file(store, path, dry_run=True)
    assert (plan.rows, plan.new, plan.empty, plan.differing, plan.faults) == (3, 2, 1, 1, ())
    assert len(store.events()) == before


def test_import_replaces_nobody_elses_label(store, tmp_path):
    rooms.Hand(store).label("i0", B)
    import_file(store, written(tmp_path, f"token,label\nt0,{A}\n"))
    assert names(store) == {("Ann", "i0"): B, ("labels.csv", "i0"): A}
    assert list(store.gold_labels()["source"]) == ["disagreed"]


def test_same_file_again_changes_nothing_and_a_corrected_one_replaces_its_own(store, tmp_path):
    path = written(tmp_path, f"token,label\nt0,{A}\nt1,{A}\n")
    import_file(store, path)
    assert import_file(store, path).unchanged == 2
    assert len(store.events()) == 2
    plan = import_file(store, written(tmp_path, f"token,label\nt0,{B}\nt1,{A}\n"))
    assert (plan.changed, plan.unchanged, plan.differing) == (1, 1, 0)
    import_file(store, written(tmp_path, f"token,label\nt0,{A}\nt1,{A}\n"))
    assert names(store) == {("labels.csv", "i0"): A, ("labels.csv", "i1"): A}


def test_sources_of_different_name_are_different_readers(store, tmp_path):
    import_file(store, written(tmp_path, f"token,label\nt0,{A}\n"), source="clinic")
    import_file(store, written(tmp_path, f"token,label\nt0,{B}\n"), source="biopsy")
    assert names(store) == {("clinic", "i0"): A, ("biopsy", "i0"): B}


def test_import_that_meets_a_full_disk_leaves_nothing(store, tmp_path, monkeypatch):
    path = written(tmp_path, f"token,label\nt0,{A}\nt1,{A}\n")
    monkeypatch.setattr(type(store._db), "add", failing_after(type(store._db).add, 2))
    with pytest.raises(StoreFull):
        import_file(store, path)
    monkeypatch.undo()
    assert store.events().empty
    assert import_file(store, path).new == 2


def failing_after(add, count):
    """An insert that finds the disk full the `count`-th time it writes an event."""
    left = [count]

    def insert(self, table, values):
        left[0] -= table == "event"
        if not left[0]:
            raise StoreFull("full")
        return add(self, table, values)

    return insert


def test_batch_that_was_filled_in_elsewhere_answers_the_places_of_its_round(store, tmp_path):
    path = tmp_path / "batch.csv"
    assert export_places(store, 0, path) == 5
    lines = path.read_text().splitlines()
    assert lines[0] == "token,item,pixel_sha256,image,sequence,slice_mm,reader,label,confidence,skip"
    assert "strategy" not in path.read_text()
    assert "score" not in path.read_text()
    filled = [lines[0], lines[1][:-2] + f"{A},certain,", lines[2][:-2] + f"{B},,", lines[3] + "corrupt", lines[4], lines[5]]
    path.write_text("\n".join(line.replace(",,certain", ",certain") for line in filled))
    plan = import_file(store, path, reader=store.readers()[0], number=0)
    assert (plan.new, plan.skipped, plan.empty) == (2, 1, 2)
    assert [place.state for place in store.queue(1, 0)] == ["labelled", "labelled", "skipped", "open", "open"]
    assert import_file(store, path, reader=store.readers()[0], number=0).unchanged == 3
    assert len(store.events()) == 3


def test_answers_of_other_readers_in_a_shared_table_are_not_taken_for_those_of_the_one_who_is_named(tmp_path):
    with rooms.room(tmp_path / "active", 2, ("Ann", "Bo")) as store:
        path = written(tmp_path, f"token,reader,label\nt0,Ann,{A}\nt0,Bo,{B}\nt1,Ann,{B}\nt1,Bo,{A}\n")
        for reader in store.readers():
            plan = import_file(store, path, reader=reader, number=0)
            assert (plan.rows, plan.new, plan.others) == (4, 2, 2)
        assert names(store) == {("Ann", "i0"): A, ("Ann", "i1"): B, ("Bo", "i0"): B, ("Bo", "i1"): A}


def test_hidden_repeat_is_answered_by_import_too(store, tmp_path):
    reader, path = store.readers()[0], written(tmp_path, f"token,label\nt0,{A}\n")
    import_file(store, path, reader=reader, number=0)
    rooms.finish(store, 0)
    rooms.begin(store, 1, {"i0": "repeat"}, [reader])
    assert import_file(store, path, reader=reader, number=1).new == 1
    assert len(store.repeats()) == 1


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.txt", "", "'.txt' is no known format"),
        ("a.csv", "name,label\nx,y\n", "a column token, item, pixel_sha256, image is needed"),
        ("a.csv", "token,verdict\nt0,y\n", "a column label is needed"),
        ("a.csv", "", "not a table"),
        ("a.jsonl", '{"token": "t0"}\n[1]\n', "line 2 is not a JSON object"),
        ("a.jsonl", '{"token": "t0", "label": {"a": 1}}\n', "line 1 has"),
        ("a.jsonl", "{", "line 1 is not JSON"),
        ("a.jsonl", '{"record": "event"}\n', "line 1 is no record of a store"),
        ("a.json", "{}", "not a list of tasks"),
        ("a.json", "[", "not JSON"),
        ("a.json", '[{"id": 7, "data": {}}]', "task 7 is not what Label Studio exports"),
        ("a.json", "[3]", "task 1 is not what Label Studio exports"),
    ],
)
def test_file_of_another_kind_is_refused_with_what_to_do(store, tmp_path, name, text, words):
    with pytest.raises(ManifestError, match=words):
        import_file(store, written(tmp_path, text, name))


def test_missing_file_is_told(store, tmp_path):
    for name in ("none.csv", "none.jsonl", "none.json"):
        with pytest.raises(ManifestError, match="cannot be read"):
            import_file(store, tmp_path / name)


def test_plain_json_lines_are_rows(store, tmp_path):
    lines = [
        {"token": "t0", "label": A, "reader": "Bo"},
        {"image": "images/1.dcm", "label": B, "more": [1]},
        {"token": "t2", "label": None},
    ]
    plan = import_file(store, written(tmp_path, "".join(f"{json.dumps(line)}\n\n" for line in lines), "x.jsonl"))
    assert (plan.new, plan.empty) == (2, 1)
    assert names(store) == {("x.jsonl: Bo", "i0"): A, ("x.jsonl", "i1"): B}


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_labels_of_several_readers_come_through_every_format(tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    with rooms.room(tmp_path / "one", 4, ("Ann, MD", "博")) as store:
        ann, bo = rooms.Hand(store, "Ann, MD"), rooms.Hand(store, "博")
        ann.label("i0", A, confidence="guess")
        bo.label("i0", B)
        bo.label("i1", B)
        bo.label("i1", A, confidence="certain")
        ann.skip("i2")
        ann.label("i3", B)
        ann.undo("i3")
        export_file(store, path)
        expected = {(f"out{suffix}: {row.name}", row.item): (row.label, row.confidence) for row in store.history().current().itertuples()}
    with rooms.room(tmp_path / "two", 4) as other:
        plan = import_file(other, path)
        assert (plan.new, plan.skipped) == (3, suffix == ".json")
        found = other.history().current()
        assert {(row.name, row.item): (row.label, row.confidence) for row in found.itertuples()} == expected
        assert other.verify().ok
        assert import_file(other, path).unchanged == 3
