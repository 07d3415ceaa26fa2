"""Who sees the model, when, and what the record says of it."""

import json

import pytest
from room.serve.rooms import CLASSES, PROBABILITIES, entered, filled

MODEL = dict(zip(CLASSES, PROBABILITIES, strict=True))


@pytest.fixture
def many(tmp_path):
    with filled(tmp_path / "many.sqlite", patients=40, slices=1, reserves=0) as store:
        yield store


def test_after_shows_the_model_once_the_answer_is_kept(store):
    anna = entered(store, show_model="after")
    assert "0.8125" not in anna.get("/api/state").text
    assert anna.label("glioma").json()["model"] == MODEL
    label, reveal = (store.events().iloc[place] for place in (-2, -1))
    assert (label["kind"], label["reveal"]) == ("label", "after")
    assert label.isna()["shown_prob"]
    assert (reveal["kind"], json.loads(reveal["shown_prob"]), reveal["shown_model"]) == ("reveal", list(PROBABILITIES), "resnet-of-round-0")


def test_a_repeated_post_shows_the_model_again_and_writes_nothing(store):
    anna = entered(store, show_model="after")
    place = anna.place["current"]
    answers = [anna.post_event("label", place, value="glioma", client_key="k" * 32).json() for _ in range(2)]
    assert answers[0]["model"] == answers[1]["model"] == MODEL
    assert list(store.events()["kind"]) == ["label", "reveal"]


def test_a_change_of_mind_stands_beside_the_first_answer(store):
    anna = entered(store, show_model="after")
    place = anna.place["current"]
    anna.label("glioma")
    last = anna.place["last"]
    assert last["model"] == MODEL
    assert anna.post_event("undo", last, supersedes=last["seq"]).status_code == 409
    assert anna.post_event("revise_after_reveal", place, value="encephalitis").status_code == 200
    row = store.current_labels().iloc[0]
    assert (row["first"], row["final"]) == ("glioma", "encephalitis")


def test_a_coin_decides_for_half_of_the_images_and_the_same_way_each_time(many):
    anna = entered(many, show_model="random_half", seed=3)
    shown = []
    while anna.place["current"]:
        shown.append("model" in anna.label("glioma").json())
    assert 10 <= sum(shown) <= 30
    labels = many.events().query("kind == 'label'")
    assert list(labels["reveal"] == "after") == shown
    assert set(labels["reveal"]) == {"after", "hidden"}
    from medimg.room.serve.reveal import Reveal
    from medimg.room.serve.settings import RoomSettings

    again = Reveal(many, RoomSettings(CLASSES, show_model="random_half", seed=3))
    other = Reveal(many, RoomSettings(CLASSES, show_model="random_half", seed=4))
    items = [many.item(place.token) for place in many.queue(1, 1)]
    assert [again.when(item, 1) == "after" for item in items] == shown
    assert [other.when(item, 1) == "after" for item in items] != shown


def test_before_shows_it_with_the_image_and_records_what_was_seen(store):
    anna = entered(store, show_model="before", bias_accepted=True)
    assert anna.place["current"]["model"] == MODEL
    anna.label("glioma")
    row = store.events().iloc[-1]
    assert (row["reveal"], json.loads(row["shown_prob"])) == ("before", list(PROBABILITIES))


def test_labels_for_validation_never_follow_the_model(tmp_path):
    with filled(tmp_path / "val.sqlite", role="val") as store:
        anna = entered(store, show_model="before", bias_accepted=True)
        assert "model" not in anna.place["current"]
        anna.label("glioma")
        assert store.events().iloc[-1]["reveal"] == "hidden"


def test_without_a_model_nothing_is_shown(tmp_path):
    with filled(tmp_path / "first.sqlite", model="") as store:
        anna = entered(store, show_model="after")
        assert "model" not in anna.label("glioma").json()
        assert list(store.events()["kind"]) == ["label"]
