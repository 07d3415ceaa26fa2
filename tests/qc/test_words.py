"""Reasons and notes have words in every language, once."""

import pytest

from medimg.qc.rules import LANGUAGES
from medimg.qc.words import NOTES, REASONS, say
from medimg.report.quality.words import texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_note_is_told_in_words_of_its_own(language):
    told = [say(code, language) for code in (*REASONS, *NOTES)]
    assert all(told)
    assert len(set(told)) == len(told)


def test_what_stands_behind_the_colon_is_kept_and_an_unknown_code_is_told_as_it_is():
    assert say("masks:O5", "en") == "not judged, as the masks are not to be trusted (O5)"
    assert say("view_differs:AP", "zh").endswith("（AP）")
    assert say("some_new_note:x", "en") == "some new note (x)"


def test_notes_have_no_second_text_in_the_report():
    assert [key for key in texts() if key.startswith("note_")] == []
