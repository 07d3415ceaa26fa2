"""Full depth goes out, and the first window is a sensible one."""

import numpy as np
import pytest

from medimg.errors import UnreadableImage
from medimg.io.image import Image
from medimg.room.serve.pixels import Plane, Shelf, encode, first_window, grey

RAMP = np.arange(48, dtype=np.float32).reshape(6, 8)
TYPES = {"uint16": "<u2", "int16": "<i2", "float32": "<f4"}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (RAMP, "uint16"),
        (RAMP * 1394, "uint16"),
        (RAMP - 1024, "int16"),
        (RAMP / 3, "float32"),
        (RAMP - 40000, "float32"),
        (RAMP * 2000, "float32"),
    ],
)
def test_every_value_arrives_as_it_was_read(values, kind):
    plane = encode(Image(values, "grey", (0.5, 0.75)))
    assert plane.headers["X-Type"] == kind
    assert plane.headers["X-Shape"] == "6,8"
    assert plane.headers["X-Spacing"] == "0.5,0.75"
    np.testing.assert_array_equal(np.frombuffer(plane.body, TYPES[kind]).reshape(6, 8).astype(np.float32), values)
    assert [float(end) for end in plane.headers["X-Range"].split(",")] == [values.min(), values.max()]


@pytest.mark.parametrize("values", [np.full((4, 4), np.nan), np.array([[1, np.inf]]), np.zeros((0, 4))])
def test_an_image_without_numbers_cannot_be_shown(values):
    with pytest.raises(UnreadableImage) as fault:
        encode(Image(values.astype(np.float32), "grey"))
    assert fault.value.code == "not_applicable"  # not io_error: it will not be better later


def test_the_first_window_leaves_out_the_brightest_half_percent():
    pixels = np.arange(1000, dtype=np.float32).reshape(20, 50)
    pixels[0, :3] = 60000
    centre, width = first_window(pixels, "grey")
    assert centre + width / 2 < 1000
    assert first_window(pixels, "hu") == (40, 400)
    assert first_window(pixels, "counts") == (30000, 60000)


def test_an_image_of_one_value_has_a_window_all_the_same():
    centre, width = first_window(np.full((4, 4), 7, np.float32), "grey")
    assert centre == 7
    assert width > 0


def test_grey_is_linear_and_clipped():
    shown = grey(np.array([-1000, 0, 50, 100, 1e9], np.float32), 50, 100)
    assert shown.tolist() == [0, 0, 128, 255, 255]


def test_the_shelf_keeps_the_newest_within_its_limit():
    shelf, made = Shelf(limit=250), []

    def get(token):
        return shelf.get(token, lambda: made.append(token) or Plane(b"x" * 100, {}))

    for token in ("a", "b", "a", "c", "a", "b"):
        get(token)
    assert made == ["a", "b", "c", "b"]
