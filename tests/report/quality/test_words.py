"""Texts of the report: each in both languages, with the same places to fill, and none that is missing."""

import re

import pytest

from medimg.errors import ConfigError
from medimg.qc.rules import EVIDENCE, GROUPS, LANGUAGES
from medimg.report.quality.film_page import FACTS
from medimg.report.quality.words import Words, texts

PLACE = re.compile(r"\{(\w+)\}")


def test_every_text_is_there_in_both_languages_with_the_same_places():
    assert len(texts()) > 100
    for key, told in texts().items():
        assert set(told) == set(LANGUAGES), key
        assert all(isinstance(text, str) and text.strip() for text in told.values()), key
        assert sorted(PLACE.findall(told["en"])) == sorted(PLACE.findall(told["zh"])), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_told_by_name_has_a_text(language):
    words = Words(language)
    for kind, names in {"fact": FACTS, "evidence": EVIDENCE}.items():
        assert not [name for name in names if f"{kind}_{name}" not in texts()]
    assert all(words(group) for group in GROUPS)
    assert words.organ("left_kidney") == "left kidney"


def test_another_language_is_refused():
    with pytest.raises(ConfigError, match="choose en or zh"):
        Words("de")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.013, "frac", "1.3 %"), (-0.02, "frac", "−2.0 %"), (-4.26, "deg", "−4.3°"), (8.0, "ribs", "8 ribs"), (0.466, "ratio", "0.47"),
     (3.26, "mm", "3.3 mm"), (1803.0, "mm", "1803 mm"), (2.0, "count", "2"), (1.0, "bool", "yes"), (0.0, "bool", "no"), (None, "mm", "–"),
     (float("nan"), "mm", "–"), (-2.3, "DI", "−2.3 DI"), (0.0, "frac", "0.0 %"), (0.31, "-", "0.31"), (120.0, "kV", "120 kV")],
)  # fmt: skip
def test_numbers_are_written_with_their_unit(value, unit, text):
    assert Words("en").value(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "limits", "text"),
    [
        (0.0097, "frac", (0.01, 0.03, None, None), "0.97 %"),
        (0.0099996, "frac", (0.01, 0.03, None, None), "0.99996 %"),
        (0.01, "frac", (0.01, 0.03, None, None), "1.0 %"),
        (3.04, "DI", (-3.0, -1.0, 1.0, 3.0), "3.04 DI"),
        (-1.04, "DI", (-3.0, -1.0, 1.0, 3.0), "−1.04 DI"),
        (20.3, "mm", (None, None, 10.0, 20.0), "20.3 mm"),
        (0.5996, "ratio", (0.4, 0.6, None, None), "0.5996"),
    ],
)
def test_a_number_beside_a_limit_does_not_look_like_it(value, unit, limits, text):
    assert Words("en").value(value, unit, limits) == text


def test_limits_are_short_and_exact():
    words = Words("zh")
    assert [words.limit(0.005, "frac"), words.limit(-3.0, "DI"), words.limit(0.45, "ratio")] == ["0.5%", "−3", "0.45"]
    assert words.value(9.0, "ribs") == "9 肋"


def test_notes_are_told_in_words_with_what_they_speak_of():
    assert Words("zh").note("view_differs:AP") == "文件头记录的体位不同（AP）"
    assert Words("en").note("patient_conflict") == "Its study has several patient ids"
    assert Words("en").note("a_new_note:x") == "A new note (x)"


def test_paths_are_not_told():
    assert "/data" not in Words("en").word("/data/station")
