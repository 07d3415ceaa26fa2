from dataclasses import replace

import numpy as np
import pytest

from medimg.phantoms.head import Head, draw_build
from medimg.phantoms.lesion import ENCEPHALITIS, GLIOMA, Focus, Lesion, _box, draw_lesion, heights, infiltrate, pusher
from medimg.phantoms.tissue import TISSUES, tissues

BALL = Lesion(
    foci=(Focus((30.0, 20.0, 20.0), (20.0, 20.0, 20.0), 1.0),),
    place="frontal",
    atypical=0.0,
    cortex=0.3,
    soft=0.3,
    patchy=0.1,
    core=0.6,
    necrosis=0.6,
    ring=1.0,
    speckle=0.0,
    lining=0.0,
    mass_mm=6.0,
    water=1.0,
)


@pytest.fixture(scope="module")
def cut():
    rng = np.random.default_rng(3)
    head = Head(draw_build(rng, 50), rng)
    return head, *tissues(head, head.shapes(20, 240, 96, pusher(BALL)), 192)


def draws(glioma, overlap=0.0, n=300):
    rng = np.random.default_rng(0)
    own, other = (GLIOMA, ENCEPHALITIS) if glioma else (ENCEPHALITIS, GLIOMA)
    return [draw_lesion(rng, own, other, glioma=glioma, overlap=max(overlap, 1e-3)) for _ in range(n)]


def test_illness_takes_the_place_of_tissue_and_adds_none(cut):
    _, share, fine = cut
    out, burden = infiltrate(BALL, share, fine, TISSUES)
    np.testing.assert_allclose(out.sum(0), share.sum(0), atol=1e-3)
    assert out.min() > -1e-4
    assert burden.sum() * (240 / 192) ** 2 > 300  # mm2
    far = (fine["x"] < -20) & (fine["y"] < 0)
    assert burden[far].max() < 0.05


def test_ring_of_enhancement_surrounds_the_necrosis(cut):
    _, share, fine = cut
    out, _ = infiltrate(BALL, share, fine, TISSUES)
    necrosis, enhancing = out[-2], out[-1]
    reach = np.hypot(fine["x"] - 30, fine["y"] - 20)
    assert np.average(reach, weights=necrosis + 1e-9) < np.average(reach, weights=enhancing + 1e-9)


def test_lesion_without_water_core_and_enhancement_changes_nothing(cut):
    _, share, fine = cut
    out, burden = infiltrate(replace(BALL, water=0.0, core=0.0, ring=0.0), share, fine, TISSUES)
    np.testing.assert_allclose(out[: len(TISSUES)], share, atol=1e-6)
    assert burden.max() == pytest.approx(0, abs=1e-6)


def test_mass_moves_tissue_away_but_never_the_skull():
    rng = np.random.default_rng(3)
    head = Head(draw_build(rng, 50), rng)
    before, after = head.shapes(20, 240, 96), head.shapes(20, 240, 96, pusher(BALL))
    np.testing.assert_array_equal(before["hull"], after["hull"])
    assert np.abs(before["depth"] - after["depth"]).max() > 2


def test_gliomas_push_more_and_encephalitis_has_more_foci_on_both_sides():
    glioma, other = draws(True), draws(False)
    assert np.mean([x.mass_mm for x in glioma]) > 2 * np.mean([x.mass_mm for x in other])

    def both(lesions):
        return np.mean([len({f.centre[0] > 0 for f in x.foci}) == 2 for x in lesions])

    assert both(other) > 2 * both(glioma)


def test_overlap_brings_the_two_diseases_together():
    def gap(overlap):
        return abs(np.mean([x.cortex for x in draws(False, overlap)]) - np.mean([x.cortex for x in draws(True, overlap)]))

    assert gap(0.45) < 0.5 * gap(0.0)


def test_one_patient_in_eight_shows_as_much_of_the_other_disease():
    rng = np.random.default_rng(1)
    drawn = [draw_lesion(rng, GLIOMA, ENCEPHALITIS, glioma=True, overlap=0.02, odd=0.12).atypical for _ in range(2000)]
    assert 0.10 < np.mean(np.array(drawn) >= 0.35) < 0.15
    assert max(drawn) < 1


def test_ill_part_is_cut_out_as_a_box():
    there = np.zeros((9, 7), bool)
    assert there[_box(there)].size == 0
    there[2:4, 5] = True
    assert _box(there) == (slice(2, 4), slice(5, 6))


def test_slices_of_a_tilted_head_still_cut_the_disease():
    low = replace(BALL, foci=(Focus((30.0, -75.0, 10.0), (8.0, 8.0, 8.0), 1.0),))
    rng = np.random.default_rng(0)
    build = replace(draw_build(rng, 50), pitch_deg=12.0)
    head = Head(build, rng)
    for height in heights(low, 4, build):
        x, y, z = head.points(height, 240, 120)
        assert np.sqrt((x - 30) ** 2 + (y + 75) ** 2 + (z - 10) ** 2).min() < 7


def test_slices_cut_the_disease_and_none_falls_between_two_foci():
    apart = replace(BALL, foci=(Focus((30.0, 0.0, -20.0), (8.0, 8.0, 8.0), 1.0), Focus((30.0, 0.0, 40.0), (8.0, 8.0, 8.0), 1.0)))
    at = heights(apart, 9)
    assert sorted(at) == list(at)
    assert len(set(at)) == 9
    assert all(min(abs(z + 20), abs(z - 40)) < 8 for z in at)
    for lesion in draws(False, 0.3):
        assert all(-34 <= z <= 58 for z in heights(lesion, 5))
