"""The worklist: thumbnails without headers, links only to pages that are there, months of many films on pages of their own."""

import base64
import io

import pytest
from PIL import Image
from report.quality.made_out import of_values, write_out

from medimg.report.quality import tally, worklist, write_report
from medimg.report.quality.folder import read_out
from medimg.report.quality.pages import Pages
from medimg.report.quality.rules import RuleTexts
from medimg.report.quality.tally import Entry
from medimg.report.quality.words import Words


def test_a_thumbnail_is_small_and_bare(tmp_path):
    Image.new("L", (768, 500), 90).save(tmp_path / "a.jpg", comment=b"Mueller")
    uri = worklist.thumbnail(tmp_path / "a.jpg")
    content = base64.b64decode(uri.partition("base64,")[2])
    assert b"Mueller" not in content
    with Image.open(io.BytesIO(content)) as small:
        assert max(small.size) == worklist.SIDE
        assert small.size[1] / small.size[0] == pytest.approx(500 / 768, abs=0.01)
        assert abs(small.getpixel((5, 5)) - 90) < 4


def test_a_broken_or_missing_image_has_no_thumbnail(tmp_path):
    (tmp_path / "b.jpg").write_bytes(b"no image")
    assert worklist.thumbnail(tmp_path / "b.jpg") == worklist.thumbnail(tmp_path / "c.jpg") == ""


def test_a_card_tells_three_reasons_and_how_many_more(tmp_path):
    pages, texts = Pages(tmp_path, Words("en")), RuleTexts({}, Words("en"))
    facts = {"view": "PA", "month": "2026-01", "StationName": "", "operator": "op-1"}
    entry = Entry("f1", "fail", "D", ("C1_apex", "masks:O3_lung_area", "C3_base", "C4_mid", "C5_field"), 4, facts)
    made = worklist.card(entry, pages, texts, page=True)
    assert made.reasons == ("C1 apex", "not judged, as the masks are not to be trusted (O3 lung area)", "C3 base")
    assert (made.more, made.page, made.facts) == (2, "films/f1.html", ["PA", "2026-01", "op-1", "grade D"])
    assert worklist.card(entry, pages, texts, page=False).page == ""


@pytest.fixture
def many(tmp_path, monkeypatch):
    monkeypatch.setattr(tally, "LARGE", 50)
    monkeypatch.setattr(worklist, "PAGE", 5)
    folder = write_out(tmp_path / "out", of_values(80, months=2))
    (folder / "worklist").mkdir()
    (folder / "worklist" / "2019-01.html").write_text("of a report before")
    for name in read_out(folder).ids:
        (folder / "films" / f"{name}.html").write_text("of a report before")
    write_report(folder)
    return folder


def test_of_many_films_each_month_has_pages_with_every_film_to_be_looked_at(many):
    found = tally.tally(read_out(many), ())
    todo = {entry.film for entry in worklist.to_do(found.entries)}
    assert len(todo) > 10
    pages = sorted(path.name for path in (many / "worklist").iterdir())
    assert {"2025-01.html", "2025-01_2.html", "2025-02.html"} <= set(pages)
    texts = {name: (many / "worklist" / name).read_text(encoding="utf-8") for name in pages}
    for entry in worklist.to_do(found.entries):
        holding = [name for name, text in texts.items() if entry.film in text]
        assert len(holding) == 1
        assert holding[0].startswith(entry.facts["month"])
    report = (many / "report.html").read_text(encoding="utf-8")
    assert all(f'href="worklist/{name}"' in report for name in pages)
    passed = read_out(many).ids - todo
    assert not any((many / "films" / f"{film}.html").exists() for film in passed)
    assert passed
    assert not [film for film in passed if film in report]
