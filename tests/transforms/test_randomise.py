from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from medimg.data.loader import draw
from medimg.transforms.randomise import Randomise

NOTHING = Randomise(**{field.name: 0.0 for field in fields(Randomise) if field.name not in ("mirror", "share", "shrink")}, share=1.0)
GEOMETRY = {"rotate_deg": 30.0, "scale": 0.4, "stretch": 0.3, "shear": 0.2, "translate": 0.2, "bend": 0.05}
LOOK = {"gamma": 1.0, "window": 0.3, "shade": 0.4, "detail": 1.0, "blur_px": 2.0, "noise": 0.1, "contrast": 0.5, "brightness": 0.3}


def films(count=3, size=32, seed=0):
    """Films that are bright where the first organ is, with a second organ inside it; framed, as a network is given them."""
    generator = torch.Generator().manual_seed(seed)
    mask = torch.zeros(count, 2, size, size)
    mask[:, 0, 8:24, 10:26] = 1
    mask[:, 1, 12:20, 12:16] = 1
    image = 0.2 + 0.6 * mask[:, :1] + 0.02 * torch.rand(count, 1, size, size, generator=generator)
    image = torch.nn.functional.pad(image[..., 1:-1, 1:-1], (1, 1, 1, 1), mode="replicate")
    return image, mask, torch.ones(count, 2, dtype=torch.bool)


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_same_generator_gives_the_same_bits_and_another_does_not():
    change = Randomise(mirror=(1, 0))
    assert same(change(*films(), draw(1, 2)), change(*films(), draw(1, 2)))
    assert not same(change(*films(), draw(1, 2)), change(*films(), draw(1, 3)))


def test_nothing_is_drawn_from_a_global_generator_and_what_came_in_stays():
    given = films()
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    Randomise()(*given, draw(0))
    assert torch.rand(1) == expected
    assert same(given, films())


def test_no_strength_is_the_film_itself():
    for found, given in zip(NOTHING(*films(), draw(0)), films(), strict=True):
        torch.testing.assert_close(found, given, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", [*GEOMETRY, *LOOK])
def test_each_kind_changes_films_on_its_own(kind):
    image, mask, known = replace(NOTHING, **{kind: (GEOMETRY | LOOK)[kind]})(*films(8), draw(0))
    assert float((image - films(8)[0]).abs().max()) > 0.01
    assert torch.allclose(mask, films(8)[1], atol=1e-5) == (kind in LOOK)
    assert known.all()


@pytest.mark.parametrize("seed", range(5))
def test_masks_go_where_their_organs_go(seed):
    image, mask, _ = replace(NOTHING, **GEOMETRY)(*films(), draw(seed))
    outlined = mask[:, :1] > 0.5
    assert 0 <= float(mask.min()) < float(mask.max()) <= 1
    assert float(((image > 0.5) == outlined).float().mean()) > 0.98


def test_smaller_masks_are_shares_of_the_same_places():
    image, mask, known = (torch.nn.functional.interpolate(planes, scale_factor=4.0) if planes.ndim == 4 else planes for planes in films())
    whole, halved = (replace(NOTHING, **GEOMETRY, shrink=shrink)(image, mask, known, draw(1)) for shrink in (1, 2))
    assert torch.equal(whole[0], halved[0])
    assert float((torch.nn.functional.avg_pool2d(whole[1], 2) - halved[1]).abs().mean()) < 0.005
    exact = replace(NOTHING, shrink=2)(*films(), draw(1))[1]
    torch.testing.assert_close(exact, torch.nn.functional.avg_pool2d(films()[1], 2), atol=1e-5, rtol=0)


def test_half_of_the_films_are_given_less_than_half_of_every_range():
    change = replace(NOTHING, gamma=1.0, rotate_deg=1.0)
    numbers = change.draw(4000, draw(0))
    for kind in ("gamma", "rotate_deg"):
        below = float((np.abs(numbers[kind]) < 0.5).mean())
        assert below == pytest.approx((1 + np.log(2)) / 2, abs=0.03)  # of a product of two even numbers
    assert np.corrcoef(np.abs(numbers["gamma"]), np.abs(numbers["rotate_deg"]))[0, 1] > 0.3  # strong together


def test_all_beyond_the_exposed_field_is_black_and_no_organ():
    image, mask, _ = replace(NOTHING, collimate=0.4)(torch.ones(50, 1, 64, 64), torch.ones(50, 2, 64, 64), films(50)[2], draw(0))
    assert torch.equal(image.expand(-1, 2, -1, -1), mask)
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    rows, columns = (mask[:, 0].amax(dim=axis) for axis in (2, 1))
    assert torch.equal(mask[:, 0], rows[:, :, None] * columns[:, None])  # a rectangle
    assert float(rows.mean()) < 0.9
    assert float(rows[:, 26:38].min()) == 1  # no more than 0.4 from either border


def test_shapes_are_drawn_far_beyond_the_realistic():
    areas = torch.cat([replace(NOTHING, **GEOMETRY)(*films(8), draw(seed))[1][:, 0].sum(dim=(1, 2)) for seed in range(24)]) / 256
    assert areas.min() < 0.6
    assert areas.max() > 1.5


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_each_kind_is_left_out_of_the_other_films(share):
    numbers = Randomise(share=share).draw(2000, draw(0))
    for kind in GEOMETRY | LOOK:
        assert np.abs(numbers[kind]).reshape(2000, -1).max(axis=1).astype(bool).mean() == pytest.approx(share, abs=0.05)


def test_half_of_the_films_are_mirrored_and_their_organs_renamed():
    change = replace(NOTHING, mirror=(1, -1))
    image, mask, known = change(*films(200, 32), draw(0))
    turned = ~known[:, 1]
    assert float(turned.float().mean()) == pytest.approx(0.5, abs=0.1)
    given = films(200, 32)
    torch.testing.assert_close(image[turned], given[0][turned].flip(-1), atol=1e-5, rtol=0)
    assert torch.equal(mask[turned][:, 0], given[1][turned][:, 1].flip(-1))
    assert torch.equal(mask[~turned], given[1][~turned])
    assert not mask[turned][:, 1].any()


def test_polarity_is_kept():
    for seed in range(20):
        image, mask, _ = replace(NOTHING, **(LOOK | {"shade": 0.1, "detail": 1.5}))(*films(), draw(seed))
        inside, outside = (image[where].mean() for where in (mask[:, :1] > 0, mask[:, :1] == 0))
        assert inside > outside


def test_half_precision_around_a_step_does_not_move_films():
    expected = Randomise()(*films(), draw(4))
    with torch.autocast("cpu", torch.bfloat16):
        assert same(Randomise()(*films(), draw(4)), expected)
