import pytest

pytest.importorskip("highdicom", reason="highdicom (medimg[dicom]) is not installed")

from medimg.io.objects import codes
from medimg.qc.catalogue import METRICS
from medimg.qc.film import FRONTAL_ORGANS, LATERAL_ORGANS
from medimg.qc.verdict import FAIL, NOT_APPLICABLE, PASS, REVIEW, UNEVALUABLE, WARN

VERDICTS = (PASS, WARN, FAIL, REVIEW, UNEVALUABLE, NOT_APPLICABLE)


def test_every_organ_has_a_code_of_snomed_and_a_name_of_its_own():
    named = {name: codes.organ(name) for name in {*FRONTAL_ORGANS, *LATERAL_ORGANS}}
    assert {code.scheme_designator for code, _, _ in named.values()} == {"SCT"}
    assert len({label for _, _, label in named.values()}) == len(named)
    assert {name for name, (_, side, _) in named.items() if side} == {name for name in named if name.endswith(("_r", "_l"))}


def test_every_metric_and_every_verdict_has_a_code_of_its_own():
    for made in ([codes.metric(name) for name in METRICS], [codes.verdict(name) for name in VERDICTS]):
        assert len({(code.scheme_designator, code.value) for code in made}) == len(made)
        assert all(len(code.meaning) <= 64 for code in made)


def test_every_unit_with_a_dimension_is_said_in_ucum():
    bare = {"frac", "-", "0-1", "DI", "bool"}
    for unit in {unit for metric in METRICS.values() for unit in metric.units}:
        assert (codes.unit(unit).value == "1") == (unit in bare), unit
