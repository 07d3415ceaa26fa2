"""Facts of the file: exposure, clipped pixels, technique."""

import numpy as np
import pytest
from qc.shapes import by_name, frontal

from medimg.qc.exposure import count_clipped
from medimg.qc.registry import measure


def told(stored):
    return by_name(measure(frontal(pixels=False, stored=stored)))


@pytest.mark.parametrize(
    ("stored", "value"),
    [
        ({"ExposureIndex": 400, "TargetExposureIndex": 200}, 10 * np.log10(2)),
        ({"ExposureIndex": "250", "TargetExposureIndex": "250.0"}, 0.0),
        ({"DeviationIndex": -1.4}, -1.4),
        ({"ExposureIndex": 0, "TargetExposureIndex": 250, "DeviationIndex": 2}, 2.0),
        ({"ExposureIndex": 300, "TargetExposureIndex": None, "DeviationIndex": "0.5"}, 0.5),
    ],
)
def test_deviation_index_is_computed_before_the_tag_is_read(stored, value):
    assert told(stored)["deviation_index"].value == pytest.approx(value, abs=1e-9)


def test_a_tag_that_contradicts_the_exposure_shows_in_the_gate():
    found = told({"ExposureIndex": 500, "TargetExposureIndex": 250, "DeviationIndex": 0.0})["deviation_index"]
    assert found.gates["tag_difference"] == pytest.approx(10 * np.log10(2))


@pytest.mark.parametrize(
    "stored", [{}, {"ExposureIndex": 300}, {"DeviationIndex": "n/a"}, {"DeviationIndex": np.nan}, {"DeviationIndex": [1, 2]}]
)
def test_a_file_without_exposure_is_not_judged(stored):
    found = told(stored)["deviation_index"]
    assert found.value is None
    assert not found.applicable


def test_clipped_pixels_are_counted_once():
    stored = np.array([[0, 0, 5, 10], [100, 200, 4095, 4095], [50, 60, 70, 0]])
    lungs = np.array([[True, True, True, True], [True, True, True, False], [True, True, True, False]])
    counts = count_clipped(stored, lungs, 0, 4095, window=(8, 150))
    assert counts == {"LungPixels": 10, "LungAtEnds": 3, "LungOutsideWindow": 2}
    found = told(counts)["clipped_lung"]
    assert found.value == pytest.approx(0.5)
    assert found.gates["clipped_at_ends"] == pytest.approx(0.3)
    assert told(count_clipped(stored, lungs, 0, 4095))["clipped_lung"].value == pytest.approx(0.3)


def test_lungs_that_were_not_counted_or_counted_wrongly_have_reasons():
    assert not told({})["clipped_lung"].applicable
    assert told({"LungPixels": 0, "LungAtEnds": 0})["clipped_lung"].applicable
    assert "contradict" in told({"LungPixels": 5, "LungAtEnds": 6})["clipped_lung"].reason


def test_each_setting_is_a_metric_of_its_own():
    found = told({"KVP": "117", "DistanceSourceToDetector": 1800})
    assert (found["tube_voltage"].value, found["source_distance"].value) == (117, 1800)
    assert found["exposure_time"].reason == "the file does not tell ExposureTime"
    assert not found["exposure_time"].applicable
