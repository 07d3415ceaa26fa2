"""Pages are written whole or not at all, and lead back to their folder."""

import pytest
from jinja2 import UndefinedError

from medimg.report.quality.pages import Pages
from medimg.report.quality.words import Words


def test_a_page_that_cannot_be_filled_leaves_the_old_one(tmp_path):
    pages = Pages(tmp_path, Words("en"))
    values = {"title": "June", "listed": [], "names": ["a.html"], "page": 1}
    path = pages.write("worklist/a.html", "quality/worklist.html", **values)
    assert 'href="../report.html"' in path.read_text(encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(UndefinedError):
        pages.write("worklist/a.html", "quality/worklist.html", title="July")
    assert [one.name for one in path.parent.iterdir()] == ["a.html"]
    assert path.read_bytes() == before


def test_pages_carry_their_language_and_the_style_of_all_reports(tmp_path):
    pages = Pages(tmp_path, Words("zh"))
    text = pages.write("a.html", "quality/worklist.html", title="六月", listed=[], names=[], page=1).read_text(encoding="utf-8")
    assert 'lang="zh-CN"' in text
    assert "--ink: #1a1c1e" in text
    assert "default-src 'none'" in text
    assert 'href="report.html"' in text


def test_pages_of_earlier_reports_are_removed_and_nothing_else(tmp_path):
    earlier = Pages(tmp_path, Words("en"))
    values = {"title": "June", "listed": [], "names": ["a.html"], "page": 1}
    for name in ("worklist/a.html", "worklist/b.html", "films/c.html"):
        earlier.write(name, "quality/worklist.html", **values)
    (tmp_path / "films" / "c.jpg").touch()
    (tmp_path / "notes.html").touch()
    now = Pages(tmp_path, Words("en"))
    now.write("worklist/a.html", "quality/worklist.html", **values)
    now.remove_others(("films", "worklist"))
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["a.html", "c.jpg", "notes.html"]
