"""What the written files hold, and that they are whole or not there."""

import json
import os

import pandas as pd
import pytest
import rooms

from medimg.room.exchange import ExchangeError, csv, export_file, import_file
from medimg.room.exchange.jsonl import read_history
from medimg.room.store import Proposal, Round

A, B = rooms.CLASSES


@pytest.fixture
def store(tmp_path):
    with rooms.room(tmp_path / "active", 4, ("Ann", "Bo")) as made:
        rooms.Hand(made, "Ann").label("i0", A, dwell_ms=2500)
        rooms.Hand(made, "Bo").label("i0", B)
        rooms.Hand(made, "Bo").skip("i1", "out_of_scope")
        rooms.Hand(made, "Ann").label("i2", B)
        yield made


def test_csv_of_labels_has_one_row_for_each_reader_and_image(store, tmp_path):
    assert export_file(store, tmp_path / "out.csv") == 3
    frame = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert frame[["token", "reader", "label"]].to_numpy().tolist() == [["t0", "Ann", A], ["t0", "Bo", B], ["t2", "Ann", B]]


def test_csv_of_gold_leaves_disagreement_open(store, tmp_path):
    assert export_file(store, tmp_path / "out.csv", what="gold") == 2
    frame = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert frame[["token", "label", "source"]].to_numpy().tolist() == [["t0", "", "disagreed"], ["t2", B, "single"]]


def test_csv_of_events_has_all_of_them_with_whole_numbers(store, tmp_path):
    store.write(rooms.Event("p", 1, None, None, "pause"))
    assert export_file(store, tmp_path / "out.csv", what="events") == 5
    frame = pd.read_csv(tmp_path / "out.csv", dtype=str, keep_default_na=False)
    assert list(frame["seq"]) == ["1", "2", "3", "4", "5"]
    assert list(frame["round"]) == ["0", "0", "0", "0", ""]
    assert list(frame["name"]) == ["Ann", "Bo", "Bo", "Ann", "Ann"]


def test_label_studio_tasks_have_choices_and_cancelled_skips(store, tmp_path):
    export_file(store, tmp_path / "out.json")
    tasks = json.loads((tmp_path / "out.json").read_text())
    first = tasks[0]
    assert first["data"] == {"image": "images/0.dcm", "token": "t0", "item": "i0", "pixel_sha256": f"{0:064x}"}
    assert [one["completed_by"]["email"] for one in first["annotations"]] == ["Ann", "Bo"]
    assert first["annotations"][0]["result"] == [{"from_name": "label", "to_name": "image", "type": "choices", "value": {"choices": [A]}}]
    assert first["annotations"][0]["lead_time"] == 2.5
    assert [(one["was_cancelled"], one["result"]) for one in tasks[1]["annotations"]] == [(True, [])]
    assert "predictions" not in first


def test_predictions_leave_only_where_asked_for(store, tmp_path):
    rooms.finish(store, 0)
    store.begin_round(Round(1, "entropy", model="m0"), [Proposal("i0", 0, probabilities=(0.25, 0.75))], [])
    export_file(store, tmp_path / "plain.json")
    assert "0.75" not in (tmp_path / "plain.json").read_text()
    export_file(store, tmp_path / "told.json", what="predictions")
    said = json.loads((tmp_path / "told.json").read_text())[0]["predictions"]
    assert [(one["model_version"], one["score"], one["result"][0]["value"]["choices"]) for one in said] == [("m0", 0.75, [B])]


def test_history_in_json_lines_is_whole_and_its_chains_hold(store, tmp_path):
    path = tmp_path / "audit.jsonl"
    export_file(store, path)
    history, again = store.history(), read_history(path)
    assert again == history
    assert again.faults() == []
    assert again.gold().equals(history.gold())
    path.write_text(path.read_text().replace(f'"value":"{A}"', f'"value":"{B}"'))
    assert any("is not what was written" in fault for fault in read_history(path).faults())


def test_history_that_was_changed_is_not_imported(store, tmp_path):
    path = tmp_path / "audit.jsonl"
    export_file(store, path)
    path.write_text(path.read_text().replace(f'"value":"{A}"', f'"value":"{B}"'))
    with rooms.room(tmp_path / "other") as other, pytest.raises(ExchangeError, match="not what was exported"):
        import_file(other, path)


def test_history_without_its_head_is_told(store, tmp_path):
    path = tmp_path / "audit.jsonl"
    export_file(store, path)
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if '"record":"meta"' not in line))
    with pytest.raises(ExchangeError, match="not whole"):
        read_history(path)


def test_unknown_format_and_folder_are_told_and_nothing_is_left(store, tmp_path):
    with pytest.raises(ExchangeError, match="Formats: "):
        export_file(store, tmp_path / "out.xlsx")
    with pytest.raises(ExchangeError, match="cannot be written"):
        export_file(store, tmp_path / "none" / "out.csv")
    assert os.listdir(tmp_path) == ["active"]


def test_words_that_a_spreadsheet_would_compute_are_only_words_and_are_read_back_as_written(tmp_path):
    bad = "=HYPERLINK(1)"
    with rooms.room(tmp_path / "active", 2, (bad, "-ve", "-1")) as store:
        for name in (bad, "-ve", "-1"):
            rooms.Hand(store, name).label("i0", A)
        rooms.Hand(store, bad).act("comment", "i0", "@SUM(1+1)")
        export_file(store, tmp_path / "labels.csv")
        export_file(store, tmp_path / "events.csv", what="events")
    assert list(pd.read_csv(tmp_path / "labels.csv", dtype=str)["reader"]) == [f"'{bad}", "'-ve", "-1"]
    assert list(pd.read_csv(tmp_path / "events.csv", dtype=str)["value"]) == [A, A, A, "'@SUM(1+1)"]
    assert [row.reader for row in csv.read(tmp_path / "labels.csv")] == [bad, "-ve", "-1"]


@pytest.mark.parametrize(("name", "what", "able"), [("a.jsonl", "gold", ".csv"), ("a.json", "events", ".csv")])
def test_what_a_format_has_no_place_for_is_refused(store, tmp_path, name, what, able):
    with pytest.raises(ExchangeError, match=f"{what} can be written as {able} only"):
        export_file(store, tmp_path / name, what=what)
    assert not (tmp_path / name).exists()


def test_empty_store_gives_files_with_nothing_but_heads(tmp_path):
    with rooms.room(tmp_path / "active") as store:
        for what in ("labels", "gold", "events"):
            assert export_file(store, tmp_path / f"{what}.csv", what=what) == 0
            assert "label" in (tmp_path / f"{what}.csv").read_text() or what == "events"
        assert export_file(store, tmp_path / "out.json") == 0
        assert json.loads((tmp_path / "out.json").read_text()) == []
