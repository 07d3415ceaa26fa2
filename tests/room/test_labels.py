import pandas as pd
import pytest
from rooms import Hand, room

from medimg.errors import RunError
from medimg.room.labels import laid_on, read_snapshot, snapshot


@pytest.fixture
def store(tmp_path):
    with room(tmp_path, readers=("Ann", "Ben")) as store:
        yield store


def test_a_snapshot_holds_the_labels_of_its_moment_and_is_read_back_as_written(store, tmp_path):
    ann = Hand(store)
    ann.label("i1")
    ann.label("i0", "encephalitis")
    then = snapshot(store)
    ann.label("i2")
    Hand(store, "Ben").skip("i0", "corrupt")
    Hand(store, "Ben").skip("i1", "corrupt")
    ann.skip("i1", "corrupt")
    assert store.excluded() == {"i0", "i1"}
    assert snapshot(store, until=then.event).text == then.text != snapshot(store).text
    then.write(tmp_path / "000" / "labels.csv")
    rows = read_snapshot(tmp_path / "000" / "labels.csv", then.sha256)
    assert dict(zip(rows["id"], rows["label"], strict=True)) == {"i0": "encephalitis", "i1": "glioma"}


def test_a_snapshot_that_was_edited_or_is_gone_is_refused(store, tmp_path):
    Hand(store).label("i1")
    then, path = snapshot(store), tmp_path / "003" / "labels.csv"
    then.write(path)
    path.write_text(path.read_text().replace("glioma", "encephalitis"))
    with pytest.raises(RunError, match=r"labels.csv of round 003"):
        read_snapshot(path, then.sha256)
    path.unlink()
    with pytest.raises(RunError, match="Put it back"):
        read_snapshot(path, then.sha256)


def test_disagreements_and_what_is_set_apart_teach_nothing(store):
    Hand(store).label("i0", "glioma")
    Hand(store, "Ben").label("i0", "encephalitis")
    Hand(store).label("i1", "glioma")
    Hand(store).skip("i2", "not_decidable")
    rows = pd.DataFrame({"id": [f"i{k}" for k in range(4)], "patient": ["p0", "p0", "p1", "p1"]})
    laid = laid_on(rows, snapshot(store).rows, "slice")
    assert laid["label"].tolist() == ["", "glioma", "", ""]
    assert laid["answered"].tolist() == [True, True, False, False]
    assert laid["shut"].tolist() == [False, False, True, False]


def test_one_answer_labels_a_whole_patient_where_the_patient_is_the_unit(store):
    Hand(store).label("i3", "encephalitis")
    rows = pd.DataFrame({"id": ["i2", "i3", "i4"], "patient": ["p1", "p1", "p2"]})
    laid = laid_on(rows, snapshot(store).rows, "patient")
    assert laid["label"].tolist() == ["encephalitis", "encephalitis", ""]
    assert laid["answered"].tolist() == [True, True, False]
    assert laid_on(rows, snapshot(store).rows, "slice")["label"].tolist() == ["", "encephalitis", ""]
