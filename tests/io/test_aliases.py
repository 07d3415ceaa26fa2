"""Canonical words."""

import pytest

from medimg.io.aliases import canonical, canonical_all


@pytest.mark.parametrize(
    ("kind", "value", "word"),
    [
        ("sequence", "T2-FLAIR", "FLAIR"), ("sequence", "t1 c+", "T1CE"), ("sequence", "T1_Gd", "T1CE"), ("sequence", "T1post", "T1CE"),
        ("sequence", "t2w", "T2"), ("sequence", "TOF", "TOF"), ("view", "Postero-Anterior", "PA"), ("view", "ap supine", "AP"),
        ("view", "LL", "LAT"), ("view", "", ""),
    ],
)  # fmt: skip
def test_known_words_are_mapped_and_others_kept(kind, value, word):
    assert canonical(kind, value) == word


def test_each_mapping_is_logged_once(caplog):
    with caplog.at_level("INFO"):
        assert canonical_all("sequence", ["flair", "FLAIR", "flair"]) == ["FLAIR"] * 3
    assert caplog.messages == ["sequence: 'flair' is read as FLAIR"]
