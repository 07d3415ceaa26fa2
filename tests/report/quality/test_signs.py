"""Verdicts are told apart by shape and letter, not by colour alone."""

import re

import pytest

from medimg.report.quality.signs import ORDER, SHAPES, sign
from medimg.report.quality.words import Words


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_verdict_has_its_own_shape_with_letter_and_its_word(language):
    words = Words(language)
    looks = {(SHAPES[verdict], words(f"letter_{verdict}")) for verdict in ORDER}
    assert len(looks) == len(ORDER) == len(SHAPES)
    for verdict in ORDER:
        for told in (True, False):
            assert words(verdict) in sign(verdict, words, told)
        assert re.search(rf">{re.escape(words(f'letter_{verdict}'))}</text>", sign(verdict, words))
