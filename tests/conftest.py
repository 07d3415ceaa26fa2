"""Every test gets a home of its own, so that keys, caches and cohorts never mix with the user's."""

import pytest


@pytest.fixture(autouse=True)
def medimg_home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MEDIMG_HOME", str(folder))
    return folder
