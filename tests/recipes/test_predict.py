"""New images through a finished run."""

from dataclasses import replace
from pathlib import Path

import fakes
import pandas as pd
import pytest
from command import medimg

from medimg.recipes import predict as module
from medimg.recipes.predict import _raw as raw
from medimg.recipes.predict import predict
from medimg.run.folder import stored_settings


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


def test_pictures_are_read_a_batch_at_a_time_with_the_same_answers(finished, tmp_path, monkeypatch):
    _, manifest, run = finished
    for k in range(5):
        (tmp_path / f"{k}.png").write_bytes((manifest.parent / "images" / f"p00{k}_0.png").read_bytes())
    fakes.truncated(tmp_path / "1.png")
    settings = stored_settings(run)
    whole, _ = predict(settings, run, [tmp_path])
    held = []
    monkeypatch.setattr(module, "_raw", lambda network, image, *rest: (held.append(len(image)), raw(network, image, *rest))[1])
    small = replace(settings, trainer=replace(settings.trainer, batch_size=2))
    table, refused = predict(small, run, [tmp_path])
    assert held == [2, 2]
    assert ["1.png" in reason for reason in refused] == [True]
    pd.testing.assert_frame_equal(table, whole, atol=1e-6)
