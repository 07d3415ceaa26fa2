"""The report and a film's page in a real browser: nothing is asked for, nothing is complained about."""

import pytest
from report.test_browser import CHROMIUM, visit


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_load_without_a_request_or_a_complaint(folders, tmp_path, language):
    film = next((folders[language] / "films").glob("*.html"))
    for place, path in enumerate((folders[language] / "report.html", film)):
        profile = tmp_path / str(place)
        profile.mkdir()
        shown, console, asked = visit(f"file://{path}", profile)
        assert "medimg" in shown
        assert not console
        assert not asked
