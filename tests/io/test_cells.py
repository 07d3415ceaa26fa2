"""Cells of a manifest."""

import fakes
import pandas as pd

from medimg.io.cells import rows_of


def test_paths_are_made_absolute_and_backslashes_are_forgiven(tmp_path):
    fakes.png(tmp_path / "sub" / "a.png", fakes.ramp())
    table = pd.DataFrame({"image": ["sub\\a.png", "sub/../sub/a.png"], "patient_id": ["1", "2"]}, dtype=str)
    faults = []
    rows = rows_of(table, pd.Series(["x", "y"]), tmp_path, faults, "label")
    assert rows["path"].tolist() == [str(tmp_path / "sub" / "a.png")] * 2
    assert not faults


def test_decimal_commas_are_numbers_and_frames_are_whole(tmp_path):
    fakes.png(tmp_path / "a.png", fakes.ramp())
    table = pd.DataFrame({"image": "a.png", "patient_id": "1", "slice_mm": ["3,5", "", "x"], "frame": ["1.0", "", "0.5"]}, dtype=str)
    faults = []
    rows = rows_of(table, pd.Series(["x"] * 3), tmp_path, faults, "label")
    assert rows["slice_mm"].tolist()[0] == 3.5
    assert rows["frame"].tolist() == [1, -1, -1]
    assert len(faults) == 2
