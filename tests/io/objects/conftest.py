import pytest
from film_objects import result, write_film

from medimg.io.objects import store, stow, write_objects


@pytest.fixture
def no_waiting(monkeypatch):
    """Tries again come at once."""
    for way in (store, stow):
        monkeypatch.setattr(way, "WAIT_S", 0.0)


@pytest.fixture
def objects(tmp_path):
    """The objects of a small film."""
    return write_objects(write_film(tmp_path / "film.dcm"), result(), tmp_path / "out")
