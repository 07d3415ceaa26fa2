"""Files are whole, and readable by every reader."""

import numpy as np
import pandas as pd
import pytest

from medimg.evaluate.files import markdown, write_json, write_table


def test_markdown_leaves_what_is_undefined_empty():
    table = pd.DataFrame({"metric": ["auroc"], "estimate": [np.nan], "n": [3]})
    assert markdown(table, "Title").splitlines() == ["# Title", "", "| metric | estimate | n |", "| --- | --- | --- |", "| auroc |  | 3 |"]


def test_json_never_holds_nan_and_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "metrics.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"a": np.nan})
    assert path.read_text() == '{\n "a": 1\n}\n'


def test_a_table_is_written_for_machines_and_for_readers(tmp_path):
    write_table(tmp_path / "tables", "x", pd.DataFrame({"p": [0.123456789123]}), "X", "a note")
    assert (tmp_path / "tables" / "x.csv").read_text() == "p\n0.123456789\n"
    assert (tmp_path / "tables" / "x.md").read_text() == "# X\n\na note\n\n| p |\n| --- |\n| 0.123 |\n"
    assert len(list((tmp_path / "tables").iterdir())) == 2
