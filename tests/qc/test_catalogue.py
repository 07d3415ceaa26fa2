"""The catalogue says of every metric what its function gives."""

import pytest
from qc.shapes import frontal, lateral

from medimg.qc.catalogue import METRICS
from medimg.qc.film import ORGANS, STUDY, VIEWS
from medimg.qc.metric import OF_MASKS
from medimg.qc.registry import measure, metrics

STORED = {
    "ExposureIndex": 250, "TargetExposureIndex": 300, "DeviationIndex": -0.5, "KVP": 120, "DistanceSourceToDetector": 1800,
    "ExposureTime": 9, "LungPixels": 100, "LungAtEnds": 1, "LungOutsideWindow": 2,
}  # fmt: skip
TAG = {"PA": "PA", "AP": "AP", "LAT": "LL"}


def drawn(view):
    stored = STORED | {"ViewPosition": TAG[view]}
    if view == "LAT":
        return lateral(apart=(6.0, 10.0), stored=stored)
    return frontal(view=view, stored=stored, trust=dict.fromkeys(ORGANS["PA"], 0.9))


@pytest.mark.parametrize("view", VIEWS)
def test_measured_units_and_gates_are_those_that_rules_may_ask_for(view):
    for value in measure(drawn(view)):
        metric = METRICS[value.metric]
        assert value.value is not None or value.metric == "mask_trust", value
        assert value.unit in metric.units
        assert set(value.gates) <= set(metric.gates), value.metric


def test_every_gate_is_measured_on_some_film():
    seen = {(value.metric, gate) for view in VIEWS for value in measure(drawn(view)) for gate in value.gates}
    empty = {organ: mask & False for organ, mask in drawn("PA").masks.items()}
    seen |= {("organs_missing", f"missing_{organ}") for organ in (*empty, *ORGANS["LAT"])}
    otherwise = frontal(stored={"ViewPosition": "PA", "PredictedView": "LAT"})
    seen |= {(value.metric, gate) for value in measure(otherwise) for gate in value.gates}
    told = {(name, gate) for name, metric in METRICS.items() for gate in metric.own_gates}
    lateral_trust = {("mask_trust", f"trust_{organ}") for organ in ORGANS["LAT"]}
    assert told - seen - lateral_trust == set()


def test_measures_of_masks_have_the_gates_of_masks():
    assert set(OF_MASKS) <= set(METRICS["tilt"].gates)
    assert METRICS["exposure_time"].gates == ()


def test_a_study_s_metric_is_known_and_never_measured_on_a_film():
    assert metrics()["views_present"].views == (STUDY,)
    assert "views_present" not in {value.metric for view in VIEWS for value in measure(drawn(view))}
