import numpy as np
import pytest
import torch
from scipy import ndimage
from torchvision.transforms import functional as tv

from medimg.data.loader import draw
from medimg.transforms.augment import Augment, adjust, move, sharpen

ALL = {"rotate_deg": 15, "scale": 0.1, "translate": 0.1, "contrast": 0.2, "brightness": 0.2, "sharpness": 0.5, "noise": 0.05}
EVERYTHING = Augment(flip_horizontal=True, flip_vertical=True, **ALL)


def batch(count=3, channels=1, size=32, seed=0):
    return torch.rand(count, channels, size, size, generator=torch.Generator().manual_seed(seed))


def smooth(size=48):
    """A picture without sharp edges and dark at its border, so that two ways of resampling agree."""
    y, x = np.mgrid[:size, :size] / size - 0.5
    plane = np.exp(-((x - 0.1) ** 2 + (y + 0.05) ** 2) / 0.02) + 0.5 * np.exp(-((x + 0.15) ** 2 + (y - 0.1) ** 2) / 0.01)
    return torch.from_numpy(plane.astype(np.float32))[None, None]


class Drawn(Augment):
    """An augmentation whose numbers are given instead of drawn."""

    def draw(self, count, random):
        return {kind: np.broadcast_to(np.asarray(value, float), (count, *np.shape(value))) for kind, value in self.given.items()}


def applied(image, **given):
    change = Drawn()
    object.__setattr__(change, "given", given)
    return change(image, draw(0))


def test_the_same_generator_gives_the_same_bits():
    one, other = (EVERYTHING(batch(), draw(1, 2, 3)) for _ in range(2))
    assert torch.equal(one, other)
    assert not torch.equal(one, EVERYTHING(batch(), draw(1, 2, 4)))


def test_nothing_is_drawn_from_a_global_generator():
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    expected = torch.rand(1), np.random.rand()  # noqa: NPY002
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    EVERYTHING(batch(), draw(0))
    assert (torch.rand(1), np.random.rand()) == expected  # noqa: NPY002


def test_the_batch_that_came_in_is_not_changed():
    image = batch()
    before = image.clone()
    EVERYTHING(image, draw(0))
    assert torch.equal(image, before)


@pytest.mark.parametrize("channels", [1, 3])
def test_type_shape_and_channels_are_kept(channels):
    out = EVERYTHING(batch(channels=channels), draw(0))
    assert out.dtype == torch.float32
    assert out.shape == (3, channels, 32, 32)
    assert out.isfinite().all()


def test_no_strength_is_the_picture_itself():
    assert torch.equal(Augment()(batch(), draw(0)), batch())


@pytest.mark.parametrize("kind", [*ALL, "flip_horizontal", "flip_vertical"])
def test_each_kind_changes_pictures_on_its_own(kind):
    assert not torch.equal(Augment(**{kind: ALL.get(kind, True)})(batch(), draw(0)), batch())


def test_a_mirrored_picture_is_torch_flip():
    for kind, axis in (("flip_horizontal", 3), ("flip_vertical", 2)):
        torch.testing.assert_close(applied(batch(), **{kind: 1.0}), batch().flip(axis), atol=1e-5, rtol=0)


def test_about_half_of_the_pictures_are_mirrored():
    flips = Augment(flip_horizontal=True).draw(2000, draw(0))["flip_horizontal"]
    assert set(flips) == {0.0, 1.0}
    assert flips.mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_quarter_turn_is_rot90_up_to_the_border(turns):
    turned = applied(batch(), rotate_deg=90.0 * turns)
    nearest = min((torch.rot90(batch(), way * turns, (2, 3)) for way in (1, -1)), key=lambda exact: float((exact - turned).abs().sum()))
    torch.testing.assert_close(turned[..., 1:-1, 1:-1], nearest[..., 1:-1, 1:-1], atol=1e-4, rtol=0)


@pytest.mark.parametrize("angle", [7.0, -25.0])
def test_a_rotation_is_that_of_scipy(angle):
    ours = applied(smooth(), rotate_deg=angle)[0, 0].numpy()
    theirs = ndimage.rotate(smooth()[0, 0].numpy(), angle, reshape=False, order=1)
    np.testing.assert_allclose(ours, theirs, atol=0.01)


def test_a_rotation_is_that_of_torchvision():
    theirs = tv.rotate(smooth(), 20, interpolation=tv.InterpolationMode.BILINEAR)
    torch.testing.assert_close(applied(smooth(), rotate_deg=20.0), theirs, atol=1e-3, rtol=0)


@pytest.mark.parametrize("share", [0.25, -0.2])
def test_a_scale_above_nought_makes_things_larger(share):
    ours = applied(smooth(), scale=share)
    theirs = tv.affine(smooth(), 0, [0, 0], 1 + share, [0.0, 0.0], interpolation=tv.InterpolationMode.BILINEAR)
    torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=0)
    assert float(ours.sum()) == pytest.approx(float(smooth().sum()) * (1 + share) ** 2, rel=0.02)


def test_a_shift_moves_by_that_share_of_the_side():
    image = torch.zeros(1, 1, 32, 32)
    image[0, 0, 16, 16] = 1
    moved = np.argwhere(applied(image, translate=np.array([0.25, -0.125]))[0, 0].numpy() > 0.5)[0]
    assert sorted(abs(moved - 16)) == [4, 8]


def test_what_is_moved_in_is_nought():
    assert (applied(torch.ones(1, 1, 32, 32), translate=np.array([0.25, 0.0]))[0, 0, :, -7:] == 0).all()


def test_contrast_and_brightness_are_their_formulas():
    image = batch().numpy().astype(np.float64)
    contrast, brightness = np.array([0.3, -0.2, 0.0]), np.array([0.1, 0.0, -0.4])
    mean = image.mean(axis=(1, 2, 3), keepdims=True)
    column = [values.reshape(3, 1, 1, 1) for values in (contrast, brightness)]
    expected = mean + (image - mean) * (1 + column[0]) + mean * column[1]
    np.testing.assert_allclose(adjust(batch(), contrast, brightness).numpy(), expected, atol=1e-5)


def test_contrast_is_that_of_torchvision():
    image = batch(1) * 0.5 + 0.2
    torch.testing.assert_close(adjust(image, np.array([0.3])), tv.adjust_contrast(image, 1.3), atol=1e-5, rtol=0)


def test_sharpness_is_the_difference_from_scipys_mean():
    amount = np.array([0.7, -0.5, 0.0])
    planes = batch()[:, 0].numpy()
    soft = np.stack([ndimage.uniform_filter(plane, 3, mode="nearest") for plane in planes])
    expected = planes + (planes - soft) * amount.reshape(3, 1, 1)
    np.testing.assert_allclose(sharpen(batch(), amount)[:, 0].numpy(), expected, atol=1e-5)


def test_noise_is_normal_and_as_strong_as_drawn():
    image = torch.ones(4, 1, 128, 128)
    change = Augment(noise=0.2)
    level = change.draw(4, draw(9))["noise"]
    noise = (change(image, draw(9)) - image).numpy().reshape(4, -1)
    np.testing.assert_allclose(noise.std(axis=1), level, rtol=0.03)
    np.testing.assert_allclose(noise.mean(axis=1), 0, atol=0.01)
    assert abs(np.corrcoef(noise[0], noise[1])[0, 1]) < 0.05


@pytest.mark.parametrize(("kind", "strength"), ALL.items())
def test_drawn_numbers_stay_within_the_strength_and_differ_between_pictures(kind, strength):
    values = Augment(**{kind: strength}).draw(500, draw(0))[kind]
    assert abs(values).max() <= strength
    assert abs(values).max() > 0.95 * strength
    assert len(np.unique(values)) == values.size


@pytest.mark.parametrize("choose", [1, 2, 5])
def test_exactly_so_many_kinds_are_chosen_for_each_picture(choose):
    params = Augment(**ALL, choose=choose).draw(300, draw(0))
    active = np.stack([np.abs(values).reshape(300, -1).max(axis=1) > 0 for values in params.values()])
    assert (active.sum(axis=0) == choose).all()
    assert (abs(active.mean(axis=1) - choose / len(ALL)) < 0.12).all()


def test_choosing_more_than_there_are_applies_all():
    one, other = (Augment(contrast=0.2, noise=0.1, choose=choose).draw(5, draw(0)) for choose in (None, 7))
    assert all((one[kind] == other[kind]).all() for kind in one)


def test_half_precision_around_a_step_does_not_move_pictures():
    """In bf16 the coordinates of a map are off by half a pixel at 224."""
    expected = EVERYTHING(batch(), draw(4))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(EVERYTHING(batch(), draw(4)), expected)


def test_an_identity_map_leaves_the_picture_alone():
    maps = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]]).expand(3, -1, -1)
    torch.testing.assert_close(move(batch(), maps), batch(), atol=1e-5, rtol=0)


def test_sequences_are_dropped_as_often_as_asked_and_never_all_of_a_case():
    image = batch(2000, channels=3, size=4) + 0.1
    image[:500, 1:] = 0
    out = Augment(sequence_dropout=0.4)(image, draw(0))
    present = out.flatten(2).any(dim=2)
    assert present.any(dim=1).all()
    assert present[:500, 0].all()
    assert torch.equal(out[present], image[present])
    expected = 1 - 0.4 + 0.4**3 / 3  # the last one stays
    assert float(present[500:].float().mean()) == pytest.approx(expected, abs=0.03)


def test_a_plane_that_is_missing_stays_blank_whatever_else_is_varied():
    image = batch(8, channels=2)
    image[:, 1] = 0
    out = EVERYTHING(image, draw(0))
    assert not out[:, 1].any()
    assert torch.equal(out[:, :1], EVERYTHING(image, draw(0))[:, :1])
    assert not torch.equal(out[:, :1], image[:, :1])
