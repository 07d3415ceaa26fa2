"""New images through a finished run."""

from pathlib import Path

import fakes
import pytest
from command import medimg


def test_predicting_a_folder_with_a_broken_file_refuses_that_file_only(finished, tmp_path):
    _, manifest, run = finished
    for k in range(3):
        (tmp_path / f"{k}.png").write_bytes((manifest.parent / "images" / f"p00{k}_0.png").read_bytes())
    fakes.truncated(tmp_path / "1.png")
    answer = medimg("predict", run, tmp_path, "--json")
    assert answer.code == 3, answer
    assert [Path(row["image"]).name for row in answer.json["images"]] == ["0.png", "2.png"]
    assert len(answer.json["refused"]) == 1
    assert "1.png" in answer.json["refused"][0]
    for row in answer.json["images"]:
        assert row["p_a"] + row["p_b"] == pytest.approx(1)
        assert row["decided"] in ("a", "b")


def test_tables_of_medimg_in_a_folder_are_passed_over(finished, tmp_path):
    _, manifest, run = finished
    (tmp_path / "0.png").write_bytes((manifest.parent / "images" / "p000_0.png").read_bytes())
    (tmp_path / "manifest.csv").write_text("image,patient_id\n0.png,1\n")
    answer = medimg("predict", run, tmp_path, "--json")
    assert (answer.code, len(answer.json["images"])) == (0, 1)
