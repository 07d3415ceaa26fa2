"""The keys of a run and what they are without being given."""

from dataclasses import fields, is_dataclass

from medimg.settings import Settings
from medimg.validate import plain, read_settings


def test_what_is_not_given_lies_within_its_own_range():
    given = plain(Settings()) | {"data": {"manifest": "x.csv"}}
    assert read_settings(given)[1] == []


def test_settings_cannot_be_changed_by_those_who_get_them():
    for item in fields(Settings()):
        value = getattr(Settings(), item.name)
        assert not is_dataclass(value) or value.__dataclass_params__.frozen
