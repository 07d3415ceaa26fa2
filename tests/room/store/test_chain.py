"""Hashes over records that are made by hand."""

import hashlib

from medimg.room.store.chain import broken, link, start


def chained(values, first="0"):
    rows, before = [], first
    for place, value in enumerate(values, 1):
        before = link(before, [place, value])
        rows.append((place, [place, value], before))
    return rows


def test_link_is_sha256_of_the_hash_before_and_the_values_as_json():
    assert link("ab", [1, "ö", None]) == hashlib.sha256('ab\n[1,"ö",null]'.encode()).hexdigest()


def test_start_depends_on_what_the_chain_belongs_to():
    assert start({"a": 1, "b": 2}) == start({"b": 2, "a": 1}) != start({"a": 1})


def test_untouched_chain_is_whole():
    assert broken("0", chained("abcd")) == []


def test_changed_missing_swapped_and_inserted_records_show():
    rows = chained("abcd")
    changed = [rows[0], (2, [2, "x"], rows[1][2]), *rows[2:]]
    assert broken("0", changed) == ["2 is not what was written, or one before it is not"]
    assert broken("0", [rows[0], *rows[2:]]) == ["2 missing before 3", "3 is not what was written, or one before it is not"]
    assert broken("0", [rows[1], rows[0], *rows[2:]])
    assert broken("0", [*rows, (5, [5, "x"], "f" * 64)])
    assert broken("other", rows)


def test_gap_of_several_is_told_with_both_ends():
    assert broken("0", chained("abcdef")[4:])[0] == "1 to 4 missing before 5"
