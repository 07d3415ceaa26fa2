"""Every text that the page asks for is there in both languages, with the same blanks."""

import re
from importlib.resources import files

from medimg.room.serve.words import LANGUAGES, texts
from medimg.room.store import SKIPS

PAGE = files("medimg.room") / "page"
SOURCES = {one.name: one.read_text(encoding="utf-8") for one in PAGE.iterdir() if one.name.endswith((".js", ".html"))}
PREFIXES = ("badge_", "mode_", "window_")


def test_both_languages_have_the_same_keys_and_blanks():
    assert set(texts()) == set(LANGUAGES)
    english, chinese = (texts()[language] for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", chinese[key])), key
        assert re.search("[一-鿿]", chinese[key]) or key in ("language", "progress"), key


def test_every_word_of_the_page_is_known_and_every_known_word_is_used():
    source = "\n".join(SOURCES.values())
    asked = set(re.findall(r'(?:say|tell|alarm)\("(\w+)"', source)) | set(re.findall(r'data-word="(\w+)"', source))
    known = texts()["en"]
    assert not {key for key in asked if key not in known}
    assert not {key for key in known if key not in source and not key.startswith(PREFIXES) and key not in SKIPS}


def test_the_page_has_no_inline_script_or_style_and_names_no_other_host():
    html = SOURCES["index.html"]
    assert not re.search(r"<style|style=|\son\w+=|javascript:|<script(?![^>]*src=)", html)
    for name, text in SOURCES.items():
        assert not re.search(r"https?://(?!www\.w3\.org)", text), name
        assert "innerHTML" not in text, name
