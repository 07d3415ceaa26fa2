"""The report as a whole, in both languages: complete, alone in its folder, silent about paths, and clear about what it is not."""

import re

import pytest
from report.parsed_page import Page
from report.quality.made_out import of_values, write_out

from medimg.errors import ConfigError
from medimg.report.quality import write_report
from medimg.report.quality.folder import read_out
from medimg.report.quality.people import Beside

SAID = {
    "en": ("Fail rates are not reject rates", "Research use only", "Rates by room", "Worklist", "p-charts", "Deviation index by room"),
    "zh": ("不合格率不等于废片率", "仅供研究使用", "按机房统计的不合格率", "待处理清单", "p 控制图", "各机房偏差指数"),
}


@pytest.mark.parametrize("language", ["en", "zh"])
class TestEveryPage:
    def test_asks_nothing_of_the_network_and_links_only_to_files_that_are_there(self, folders, language):
        folder = folders[language]
        pages = [folder / "report.html", *sorted((folder / "films").glob("*.html"))]
        assert len(pages) == 5
        for path in pages:
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"https?:|@import|url\((?!#)", re.sub(r"base64,[^\"]*", "", text), re.IGNORECASE)
            page = Page(text)
            assert not {"script", "iframe", "object", "form", "base"} & set(page.tags)
            links = [value for name, value in page.attributes if name in ("src", "href") and not value.startswith("data:")]
            for link in links:
                assert link[1:] in page.ids if link.startswith("#") else (path.parent / link).is_file(), link

    def test_says_what_it_is_and_what_it_is_not(self, folders, language):
        text = (folders[language] / "report.html").read_text(encoding="utf-8")
        assert [said for said in SAID[language] if said not in text] == []
        assert "chest-1" in text
        assert "2025-01" in text
        assert f'lang="{"en" if language == "en" else "zh-CN"}"' in text

    def test_uses_each_id_once_and_names_no_path(self, folders, language):
        text = (folders[language] / "report.html").read_text(encoding="utf-8")
        ids = Page(text).ids
        assert len(ids) == len(set(ids))
        assert str(folders[language]) not in text

    def test_shows_every_film_with_its_thumbnail_where_there_is_an_image(self, folders, language):
        text = (folders[language] / "report.html").read_text(encoding="utf-8")
        assert all(film in text for film in read_out(folders[language]).ids)
        assert text.count("data:image/jpeg") == 4


def test_the_same_folder_gives_the_same_bytes(folder):
    first = {path: path.read_bytes() for path in folder.rglob("*.html")}
    write_report(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*.html")} == first
    assert not list(folder.rglob("*.part"))


def test_people_are_shown_beside_us(folder):
    text = write_report(folder, human={"film": [Beside("reader-1", 40, 6, 8)]}).read_text(encoding="utf-8")
    assert "reader-1, n = 40" in text
    assert "15.0 %" in text
    assert "20.0 %" in text


def test_rates_are_told_by_what_is_asked_for(folder):
    text = write_report(folder, by=("view",)).read_text(encoding="utf-8")
    assert "Rates by view" in text
    assert "Rates by operator" not in text
    assert "p-charts" in text, "months are charted whatever rates are told by"


def test_one_month_and_few_films_are_said(tmp_path):
    text = write_report(write_out(tmp_path / "out", of_values(8, months=1))).read_text(encoding="utf-8")
    assert "There are not films of two months" in text
    assert "Fewer than 30 films" in text


def test_a_folder_without_a_film_has_a_report(tmp_path):
    text = write_report(write_out(tmp_path / "out", []), "zh").read_text(encoding="utf-8")
    assert "没有可判定的胸片" in text
    assert "没有不合格、待复核或临界的胸片" not in text


def test_films_that_cannot_be_judged_give_no_rate(tmp_path):
    text = write_report(write_out(tmp_path / "out", of_values(2, months=1, lung_area=0.01))).read_text(encoding="utf-8")
    assert "No film could be judged" in text
    assert "2 to be looked at" in text


def test_a_damaged_film_costs_its_page_only(folder):
    damaged = next((folder / "films").glob("*.json"))
    damaged.write_text("{")
    (folder / "films" / f"{damaged.stem}.html").unlink()
    text = write_report(folder).read_text(encoding="utf-8")
    assert damaged.stem in text
    assert f"films/{damaged.stem}.html" not in text


def test_films_without_a_month_are_told(tmp_path):
    made = of_values(12, months=3)
    made = [({**facts, "month": "" if place < 2 else facts["month"]}, *rest) for place, (facts, *rest) in enumerate(made)]
    text = write_report(write_out(tmp_path / "out", made)).read_text(encoding="utf-8")
    assert "Films without a month are in no chart: 2." in text


def test_names_are_escaped(tmp_path):
    made = [({**facts, "StationName": "<b>DR</b>"}, values, verdict, film) for facts, values, verdict, film in of_values(4)]
    text = write_report(write_out(tmp_path / "out", made)).read_text(encoding="utf-8")
    assert "<b>DR</b>" not in text
    assert "&lt;b&gt;DR" in text


def test_another_language_is_refused(folder):
    with pytest.raises(ConfigError, match="choose en or zh"):
        write_report(folder, "fr")


def test_where_no_file_is_a_film_the_report_says_why_and_nothing_of_fails(tmp_path):
    text = write_report(write_out(tmp_path / "out", [])).read_text(encoding="utf-8")
    assert "No film could be judged. Files skipped: 3, cut short (2), not DICOM (1)." in text
    assert "Each with its reason in skipped.csv." in text
    assert [said for said in ("No film fails", "Fail rates</h2>", 'id="worklist"', "Deviation index", "unknown") if said in text] == []
