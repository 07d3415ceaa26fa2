import numpy as np
import pytest

from medimg.phantoms.head import Head, draw_build


@pytest.fixture(scope="module")
def head():
    rng = np.random.default_rng(3)
    return Head(draw_build(rng, 50), rng)


def test_shells_lie_inside_one_another(head):
    for z in (-20, 10, 40):
        shapes = head.shapes(z, 240, 96)
        assert (shapes["hull"] <= shapes["cranium"] + 1e-3).all()
        assert (shapes["cranium"] < shapes["skin"]).all()
        assert (shapes["depth"] <= shapes["hull"] + 1).all()


def test_inside_of_the_skull_has_the_size_of_human_ones():
    def millilitres(k):
        rng = np.random.default_rng(k)
        head = Head(draw_build(rng, 50), rng)
        return sum(float((head.shapes(z, 240, 48)["hull"] > 0).sum()) * 5.0**2 * 8 for z in range(-64, 96, 8)) / 1000

    assert 1250 < np.mean([millilitres(k) for k in range(6)]) < 1650


def test_neighbouring_slices_agree(head):
    a, b, far = (head.shapes(z, 240, 96)["depth"] > 0 for z in (10, 11.5, 50))
    assert (a ^ b).mean() < 0.03 < (a ^ far).mean()


def test_older_brains_have_wider_ventricles():
    def area(age):
        total = 0
        for k in range(4):
            rng = np.random.default_rng(k)
            one = Head(draw_build(rng, age), rng)
            total += (one.shapes(18, 240, 64)["ventricle"] > 0).sum()
        return total

    assert area(80) > 1.3 * area(20)


def test_same_stream_gives_the_same_head():
    def depth():
        rng = np.random.default_rng(7)
        return Head(draw_build(rng, 40), rng).shapes(5, 240, 48)["depth"]

    np.testing.assert_array_equal(depth(), depth())


def test_window_holds_the_whole_head_and_leaves_air_out():
    rng = np.random.default_rng(4)
    head = Head(draw_build(rng, 40), rng)
    for z in (-34, 10, 58):
        window = head.window(z, 240, 96)
        outside = np.ones((96, 96), bool)
        outside[window] = False
        assert not (head.shapes(z, 240, 96)["skin"][outside] > -2).any()
        assert outside.any()
