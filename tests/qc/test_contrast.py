"""Grey, contrast, noise and polarity of films whose grey values are known."""

import numpy as np
import pytest
from qc.shapes import GREY, Pose, by_name, frontal, frontal_masks, grey, lateral, lateral_masks
from scipy import ndimage

from medimg.qc.film import Film
from medimg.qc.registry import measure

FIELD = (0, 0, 500, 500)


def seen(pixels, masks=None, view="PA"):
    return by_name(measure(Film(view, masks or frontal_masks(), pixels, FIELD, 0.8)))


def span(picture):
    return float(np.subtract(*np.percentile(picture, [99, 1])))


def test_lung_grey_and_contrast_are_those_drawn():
    picture = grey(frontal_masks(), noise=0.01)
    found = seen(picture)
    assert found["lung_grey"].value == pytest.approx(GREY["lung_r"], abs=0.003)
    gates = found["organ_contrast"].gates
    for organ, of in (
        ("mediastinum", frontal_masks()["mediastinum"]),
        ("heart", frontal_masks()["heart"]),
        ("spine", frontal_masks()["spine"]),
    ):
        expected = (np.median(picture[of]) - np.median(picture[frontal_masks()["lung_r"]])) / span(picture)
        assert gates[f"contrast_{organ}"] == pytest.approx(expected, rel=0.01)
    assert found["organ_contrast"].value == min(gates[f"contrast_{organ}"] for organ in ("mediastinum", "heart", "spine"))


def test_a_lateral_film_is_judged_by_its_heart():
    found = by_name(measure(lateral()))
    assert found["organ_contrast"].gates["contrast_heart"] == pytest.approx((0.75 - 0.25) / span(lateral().pixels), rel=0.02)
    assert found["polarity"].value == 1


@pytest.mark.parametrize("inverted", [False, True])
def test_polarity_of_a_lateral_is_told_across_the_domes_though_its_lungs_are_as_bright_as_the_heart(inverted):
    masks = lateral_masks()
    picture = grey(masks)
    rows = np.arange(len(picture))[:, None]
    lowest = np.where(masks["lung"], rows, 0).max(axis=0)
    picture[masks["lung"] & (rows < np.median(np.nonzero(masks["lung"])[0]))] = picture[masks["heart"]].max() + 0.05
    picture[rows > np.where(lowest, lowest, len(picture))] = 0.8
    found = by_name(measure(Film("LAT", masks, 1 - picture if inverted else picture, FIELD, 0.8)))["polarity"]
    assert found.value == (0 if inverted else 1)
    assert abs(found.gates["difference"]) > 0.3


def test_polarity_of_a_lateral_that_ends_with_its_lungs_is_told_by_the_heart():
    masks, (rows, _) = lateral_masks(), np.nonzero(lateral_masks()["lung"])
    picture, cut = grey(masks), (0, 0, int(rows.max()) + 1, 500)
    for pixels, value in ((picture, 1), (1 - picture, 0)):
        assert by_name(measure(Film("LAT", masks, pixels, cut, 0.8)))["polarity"].value == value


@pytest.mark.parametrize("sigma", [0.005, 0.02, 0.05])
def test_noise_is_the_standard_deviation_over_the_difference(sigma):
    picture = grey(frontal_masks(), blur=0, noise=sigma)
    found, middle = seen(picture), np.median(picture[frontal_masks()["mediastinum"]])
    assert found["noise"].value == pytest.approx(sigma / (middle - GREY["lung_r"]), rel=0.03)


def test_ribs_vessels_and_slopes_are_no_noise():
    picture = grey(frontal_masks(), blur=0, noise=0.01)
    rows, columns = np.mgrid[:500, :500]
    structures = 0.1 * np.sin(2 * np.pi * rows / 25) + 0.0005 * columns + 0.05 * np.sin(2 * np.pi * (rows + columns) / 18)
    plain, with_structures = seen(picture)["noise"], seen((picture + structures).astype(np.float32))["noise"]
    sigma = [value.value * value.gates["difference"] * span(p) for value, p in ((plain, picture), (with_structures, picture + structures))]
    assert sigma[1] == pytest.approx(sigma[0], rel=0.06)


def test_of_an_inverted_film_only_polarity_differs():
    picture = grey(frontal_masks())
    whole, found = seen(picture), seen(1 - picture)
    assert (whole["polarity"].value, found["polarity"].value) == (1, 0)
    assert found["polarity"].gates["difference"] < -0.5
    for name in ("lung_grey", "organ_contrast", "noise", "retrocardiac_visibility", "sharpness", "annotation_over_lung"):
        assert found[name].value == pytest.approx(whole[name].value, rel=1e-4), name


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_bit_depth_moves_nothing_by_more_than_its_step(bits):
    picture = grey(frontal_masks())
    coarse = (np.rint(picture * (2**bits - 1)) / (2**bits - 1)).astype(np.float32)
    before, after = seen(picture), seen(coarse)
    for name in ("lung_grey", "organ_contrast", "noise", "polarity", "retrocardiac_visibility"):
        assert after[name].value == pytest.approx(before[name].value, rel=0.05 if bits == 8 else 0.02, abs=1 / 2**bits)


def behind_the_heart(amplitude, period, noise=0.01, slope=0.0, seed=1):
    """A film without edges that shows stripes of a period in pixels on a slope of grey."""
    rows = np.arange(500.0)[:, None]
    picture = 0.5 + amplitude * np.sin(2 * np.pi * rows / period) + slope * rows + np.zeros((500, 500))
    return (picture + np.random.default_rng(seed).normal(0, noise, picture.shape)).astype(np.float32)


@pytest.mark.parametrize("slope", [0.0, 0.001])
def test_noise_alone_behind_the_heart_is_one(slope):
    values = [seen(behind_the_heart(0, 30, slope=slope, seed=seed))["retrocardiac_visibility"].value for seed in range(4)]
    assert np.mean(values) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("amplitude", "period"), [(0.02, 25), (0.05, 30), (0.1, 40)])
def test_vertebrae_behind_the_heart_show_by_their_gradient(amplitude, period):
    value = seen(behind_the_heart(amplitude, period))["retrocardiac_visibility"].value
    width, turn = 0.004 * 500, 2 * np.pi / period
    signal = (amplitude * turn * np.exp(-((turn * width) ** 2) / 2)) ** 2 / 2
    assert value == pytest.approx(np.sqrt(1 + signal / (0.01**2 / (4 * np.pi * width**4))), rel=0.06)


def test_a_heart_beside_the_spine_has_nothing_behind_it():
    masks = frontal_masks()
    masks["heart"] = np.roll(masks["heart"], 100, axis=1)
    assert seen(grey(frontal_masks()), masks)["retrocardiac_visibility"].reason == "the heart does not lie over the spine"


@pytest.mark.parametrize("name", ["lung_grey", "organ_contrast", "polarity", "noise", "sharpness", "annotation_over_lung"])
@pytest.mark.parametrize("view", ["PA", "LAT"])
def test_pixels_that_are_missing_constant_or_no_numbers_give_reasons(name, view):
    masks = frontal_masks() if view == "PA" else lateral_masks()
    broken = grey(masks)
    broken[250, 250] = np.nan
    for pixels, reason in (
        (None, "without grey values"),
        (np.full((500, 500), 0.4, dtype=np.float32), "same grey value"),
        (broken, "not numbers"),
    ):
        value = seen(pixels, masks, view)[name]
        assert value.value is None
        assert reason in value.reason


def test_grey_outside_the_field_does_not_count():
    picture = grey(frontal_masks())
    dark = picture.copy()
    dark[:, :20] = np.nan
    found = by_name(measure(Film("PA", frontal_masks(), dark, (0, 20, 500, 500), 0.8)))
    assert found["lung_grey"].value == pytest.approx(seen(picture)["lung_grey"].value, abs=0.001)


def test_smoothing_lowers_noise_but_the_mean_grey_stays():
    picture = grey(frontal_masks(), blur=0, noise=0.03)
    smooth = ndimage.gaussian_filter(picture, 1.0)
    assert seen(smooth)["noise"].value < 0.3 * seen(picture)["noise"].value
    assert seen(smooth)["lung_grey"].value == pytest.approx(seen(picture)["lung_grey"].value, abs=0.005)


def test_a_finer_film_has_the_same_contrast():
    fine = by_name(measure(frontal(Pose(spacing=0.4, shape=(1000, 1000)))))["organ_contrast"].value
    assert fine == pytest.approx(by_name(measure(frontal()))["organ_contrast"].value, rel=0.02)
