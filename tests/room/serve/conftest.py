"""A room for each test."""

import pytest
from room.serve.rooms import entered, filled


@pytest.fixture
def store(tmp_path):
    with filled(tmp_path / "active" / "labels.sqlite") as store:
        yield store


@pytest.fixture
def anna(store):
    return entered(store)
