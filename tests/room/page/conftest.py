"""One Chromium for all tests of the page."""

import pytest
from room.page.visits import ARGUMENTS, CHROMIUM
from room.serve.rooms import filled


@pytest.fixture(scope="session")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def store(tmp_path):
    with filled(tmp_path / "active" / "labels.sqlite", patients=8) as store:
        yield store
