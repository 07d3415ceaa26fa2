import pytest
from rooms import Hand, begin, room

from medimg.room.folder import Folder
from medimg.room.status import sentences, status


@pytest.fixture
def own(tmp_path):
    folder = Folder(tmp_path / "run")
    folder.active.mkdir(parents=True)
    return folder


def test_status_counts_labels_by_part_and_what_each_reader_has_to_answer(own):
    with room(own.active, readers=("Ann", "Ben")) as store:
        Hand(store).label("i0")
        Hand(store, "Ben").label("i0", "encephalitis")
        Hand(store).skip("i1", "corrupt")
        told = status(own, store)
        assert told["waiting"] == {"Ann": 4, "Ben": 4}
        assert (told["state"], told["round"], told["labels"], told["disagreements"], told["set_apart"]) == ("labelling", 0, {}, 1, 1)
        assert any("waiting for answers: Ann 4, Ben 4" in line for line in sentences(told))


def test_scored_rounds_tell_their_scores_and_whether_to_stop(own):
    with room(own.active, 8) as store:
        for item in range(8):
            Hand(store).label(f"i{item}")
        store.move(0, "closed", {"labels": 8})
        store.move(0, "trained", {"patients": 4, "val": {"images": 12, "auroc": 0.8125}, "test": {"images": 0}})
        store.move(0, "scored", {"stop": ["stable", "plateau"]})
        told = status(own, store)
        assert (told["waiting"], told["stop"], told["labels"]) == ({}, ["stable", "plateau"], {"pool": 8})
        text = " ".join(sentences(told))
        assert "round 0 (random): scored, 8 labels, AUROC 0.812 on 12 images of validation" in text
        assert "stop recommended because of stable, plateau" in text
        begin(store, 1, {"i0": "repeat"}, store.readers())
        assert status(own, store)["waiting"] == {"Ann": 1}


def test_a_project_without_a_round_is_at_its_beginning(own):
    from medimg.room.store import Meta, Store

    with Store.create(own.store, Meta("x", ("a", "b"))) as store:
        told = status(own, store)
        assert (told["state"], told["round"], told["url"]) == ("init", None, None)
        assert "labels: none" in sentences(told)[0]
