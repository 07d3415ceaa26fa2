import numpy as np
import pytest

from medimg.phantoms.head import Head, draw_build
from medimg.phantoms.tissue import TISSUES, tissues


@pytest.fixture(scope="module")
def slice_share():
    rng = np.random.default_rng(3)
    head = Head(draw_build(rng, 50), rng)
    return tissues(head, head.shapes(20, 240, 96), 192)


def test_shares_are_between_nothing_and_everything(slice_share):
    share, _ = slice_share
    assert share.min() > -1e-4
    assert share.sum(0).max() < 1 + 1e-3
    assert share[:, :5, :5].sum() == 0


def test_every_part_of_a_brain_slice_is_there_in_plausible_amount(slice_share):
    share, _ = slice_share
    area = dict(zip(TISSUES, share.sum((1, 2)) * (240 / 192) ** 2 / 100, strict=True))  # cm2
    assert 30 < area["grey"] < 120
    assert 30 < area["white"] < 130
    assert 3 < area["csf"] < 45
    assert area["fat"] > 5
    assert area["bone"] > 5
    assert area["eye"] == 0


def test_eyes_are_on_low_slices_only():
    rng = np.random.default_rng(3)
    head = Head(draw_build(rng, 50), rng)
    areas = []
    for z in (-45, -35, -25, -15, -5):
        share, _ = tissues(head, head.shapes(z, 240, 96), 192)
        areas.append(share[TISSUES.index("eye")].sum() * (240 / 192) ** 2)
    assert 200 < max(areas) < 1200  # mm2
