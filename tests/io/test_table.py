"""CSV as spreadsheets write it."""

import logging

import pandas as pd
import pytest

from medimg.errors import ManifestError
from medimg.io.table import closest, lines, read_parts, read_table, separator


def test_lines_are_counted_as_a_spreadsheet_does(tmp_path):
    (tmp_path / "a.csv").write_bytes(b" image , label\r\n\r\na,NA\r\n,\r\nb, 1.0 \r\n")
    table = read_table(tmp_path / "a.csv")
    assert table.index.tolist() == [3, 5]
    assert table.to_dict("list") == {"image": ["a", "b"], "label": ["NA", "1.0"]}


def test_separators_inside_quotes_do_not_count():
    assert separator('"a;b;c",d\n') == ","
    assert separator("a;b\n1,5;2") == ";"
    assert separator("alone") == ","


def test_a_column_twice_and_binary_data_are_faults(tmp_path):
    (tmp_path / "a.csv").write_text("image,label,label\n1,2,3\n")
    with pytest.raises(ManifestError, match="column label occurs twice"):
        read_table(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_bytes(bytes(range(128, 256)) * 5)
    with pytest.raises(ManifestError, match="neither UTF-8 nor GB18030"):
        read_table(tmp_path / "b.csv")
    (tmp_path / "c.csv").write_text("a,b\n1,2,3,4\n")
    with pytest.raises(ManifestError, match="not a table"):
        read_table(tmp_path / "c.csv")


def test_accents_of_windows_are_not_taken_for_chinese(tmp_path):
    (tmp_path / "a.csv").write_bytes("Müller;Sjögren\nà,é\n".encode("cp1252"))
    assert list(read_table(tmp_path / "a.csv").columns) == ["Müller", "Sjögren"]
    (tmp_path / "b.csv").write_bytes("标签;a\n好,é\n".encode("gb18030"))
    assert list(read_table(tmp_path / "b.csv").columns) == ["标签", "a"]


def test_a_guessed_encoding_is_said_without_the_path(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(logging.getLogger("medimg.io.table"), "warning", lambda text, *words: told.append(text % words))
    for encoding, name in (("gb18030", "GB18030"), ("cp1252", "Windows Latin"), ("utf-8", None), ("utf-16", None)):
        told.clear()
        (tmp_path / "a.csv").write_bytes(("标签,a\n" if encoding != "cp1252" else "Müller,a\n").encode(encoding))
        read_table(tmp_path / "a.csv", "labels")
        assert len(told) == (name is not None)
        assert all(f"the labels is not UTF-8 and was read as {name}" in text and str(tmp_path) not in text for text in told)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("rows", [1, 3, 4, 100])
def test_a_table_read_in_parts_is_the_same_table(tmp_path, rows, encoding):
    text = "image;标签\r\n\r\n" + "".join(f' a{k} ;"x;\n{k}"\r\n' for k in range(5)) + ";\r\nb;好\r\n"
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    whole, parts = read_table(tmp_path / "a.csv"), [*read_parts(tmp_path / "a.csv", rows=rows)]
    pd.testing.assert_frame_equal(pd.concat(parts), whole, check_index_type=False)
    assert len(whole) == 6
    assert max(map(len, parts)) <= rows


def test_short_rows_are_filled_with_nothing(tmp_path):
    (tmp_path / "a.csv").write_text("a,b,c\n1\n")
    assert read_table(tmp_path / "a.csv").to_dict("records") == [{"a": "1", "b": "", "c": ""}]


def test_words_for_people():
    assert closest("Patient-ID", ["patient_id", "image"]) == "; did you mean patient_id?"
    assert closest("zzz", ["patient_id"]) == ""
    assert closest("image", ["diagnose", "file"]) == closest("age", ["image"]) == ""
    assert lines([3]) == "line 3"
    assert lines(range(12)) == "lines 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 ..."
