"""A run that judges sequences together scores a manifest: no single image tells where it belongs."""

import csv
import io

import fakes
import numpy as np
import pandas as pd
from command import medimg, refused


def test_a_manifest_without_labels_is_scored_by_place_and_by_patient(here, fused):
    manifest = fakes.brain(here[0] / "new", patients=4, first=70, seed=11)
    rows = [{key: value for key, value in row.items() if key != "label"} for row in csv.DictReader(manifest.open())]
    answer = medimg("predict", fused, fakes.table(manifest, rows))
    assert answer.code == 0, answer
    table = pd.read_csv(io.StringIO(answer.out), keep_default_na=False)
    assert len(table) == 4 * 3 + 4
    assert (table["image"] != "").sum() == 12
    assert table["image"][0].count("+") == 2
    assert np.allclose(table["p_a"] + table["p_b"], 1, atol=1e-5)
    assert set(table["decided"]) <= {"a", "b"}
    assert sorted(table["patient"][table["image"] == ""]) == sorted(set(table["patient"]))


def test_single_images_are_not_scored_by_a_fused_run(here, fused):
    assert "it needs a manifest that tells sequence and place" in refused("predict", fused, here[1].parent / "P000" / "FLAIR0.dcm")
