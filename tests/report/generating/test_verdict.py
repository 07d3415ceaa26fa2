"""What the numbers on generated images come to."""

import pandas as pd
import pytest

from medimg.report.folder import RunFolder
from medimg.report.generating.verdict import ALIKE, APART, UNKNOWN, verdict
from medimg.report.limits import limits

LIKE = {
    "group": "reduced_uptake", "generated": 100, "kid": 0.02, "kid_real": 0.01, "kid_real_high": 0.15, "coverage": 0.95,
    "coverage_real": 0.976, "reason": "",
}  # fmt: skip
UNLIKE = LIKE | {"group": "nodule", "kid": 6.9, "coverage": 0.03}


def taught(low, high, real_low=0.88, real_high=0.95):
    areas = (("real", 0.92, real_low, real_high), ("generated", (low + high) / 2, low, high))
    return pd.DataFrame([{"trained_on": name, "auroc": area, "low": at, "high": to} for name, area, at, to in areas])


def run(tmp_path, *rows, **tables):
    return RunFolder(tmp_path, tables={"generated": pd.DataFrame(rows), **tables})


def test_images_that_are_told_from_real_ones_are_not_to_be_taken_for_patients(tmp_path):
    folder = run(tmp_path, LIKE, UNLIKE, real_test=taught(0.65, 0.77))
    learned, distance, coverage, end = verdict(folder)
    assert learned == (
        "A network taught by generated images alone reaches an AUROC of 0.71 (0.65 to 0.77) on real test images; "
        "one taught by real images 0.92 (0.88 to 0.95)."
    )
    assert distance == (
        "The distance from real images (KID) is above that between two halves of the real patients in 1 of 2 groups, "
        "furthest in nodule: 6.90, between real ones up to 0.15."
    )
    assert coverage.startswith("Fewest real images have a generated one near in nodule: 3 %, where 98 % would have one")
    assert end == APART
    assert ("Likeness of generated images", " ".join(verdict(folder))) in limits(folder)


@pytest.mark.parametrize(
    "worse", [{"kid": 0.2}, {"coverage": 0.8}], ids=["a distance beyond that of real halves", "patients that are left out"]
)
def test_one_measure_is_enough(worse, tmp_path):
    assert verdict(run(tmp_path, LIKE | worse))[-1] == APART
    assert verdict(run(tmp_path, LIKE))[-1] == ALIKE


def test_networks_differ_only_where_their_intervals_do(tmp_path):
    assert verdict(run(tmp_path, LIKE, real_test=taught(0.65, 0.87)))[-1] == APART
    assert verdict(run(tmp_path, LIKE, real_test=taught(0.80, 0.90)))[-1] == ALIKE
    assert "not shown better than guessing" in verdict(run(tmp_path, LIKE, real_test=taught(0.45, 0.60)))[0]


def test_what_was_not_measured_is_no_verdict(tmp_path):
    few = LIKE | dict.fromkeys(("kid", "kid_real", "kid_real_high", "coverage", "coverage_real"))
    assert verdict(run(tmp_path, few)) == [UNKNOWN]
    assert "in none of 1 group (1 more: too few real patients to tell)." in verdict(run(tmp_path, LIKE, few | {"group": "nodule"}))[0]
    lost = taught(0.65, 0.77).assign(auroc=[0.92, None])
    assert verdict(run(tmp_path, few, real_test=lost)) == [UNKNOWN]


def test_a_run_without_generated_images_has_none(tmp_path):
    assert verdict(run(tmp_path)) == verdict(run(tmp_path, {"group": "normal", "generated": 0.0} | {"reason": "3 images only"})) == []
