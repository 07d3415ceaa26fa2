"""Keys of classes, and modes that are refused."""

import pytest

from medimg.errors import ConfigError
from medimg.room.serve.settings import RESERVED, RoomSettings, class_keys


def test_every_class_gets_its_own_letter_and_none_of_the_pages():
    names = ("stroke", "scar", "skip", "普通", "炎症", "sun", "sss")
    keys = class_keys(names)
    assert list(keys) == list(names)
    assert len(set(keys.values())) == len(names)
    assert not set(keys.values()) & set(RESERVED)


def test_wanted_letters_come_first():
    assert class_keys(("glioma", "germinoma"), {"germinoma": "G"}) == {"glioma": "l", "germinoma": "g"}


def test_more_classes_than_letters_have_buttons_without_a_key():
    keys = class_keys(tuple(f"class {n}" for n in range(20)))
    assert list(keys.values()).count("") == 20 - (26 - len(RESERVED))


@pytest.mark.parametrize("wanted", [{"glioma": "u"}, {"glioma": "gg"}, {"glioma": "1"}, {"glioma": "e", "other": "e"}, {"nobody": "x"}])
def test_letters_that_cannot_be_are_refused(wanted):
    with pytest.raises(ConfigError, match="its own letter"):
        RoomSettings(("glioma", "other"), wanted)


@pytest.mark.parametrize("classes", [("one",), ("same", "same")])
def test_a_choice_needs_two_classes(classes):
    with pytest.raises(ConfigError, match="two different classes"):
        RoomSettings(classes)


def test_the_model_before_the_reader_needs_a_word_of_consent():
    with pytest.raises(ConfigError, match="i-accept-bias"):
        RoomSettings(("a", "b"), show_model="before")
    RoomSettings(("a", "b"), show_model="before", bias_accepted=True)
