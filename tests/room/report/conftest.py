"""One history for all tests of the report."""

import histories
import pytest

from medimg.room.report import facts


@pytest.fixture(scope="session")
def history(tmp_path_factory):
    with histories.project(tmp_path_factory.mktemp("project")) as store:
        return store.history()


@pytest.fixture(scope="session")
def found(history):
    return facts(history, draws=200)
