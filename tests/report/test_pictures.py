"""Pictures go into the report as bare pixels."""

import base64
import io

import numpy as np
from PIL import Image, PngImagePlugin

from medimg.report.pictures import data_uri


def decoded(uri):
    assert uri.startswith("data:image/png;base64,")
    return base64.b64decode(uri.split(",", 1)[1])


def test_a_picture_is_made_small_and_loses_the_text_of_its_file(tmp_path):
    told = PngImagePlugin.PngInfo()
    told.add_text("Patient", "Mustermann")
    Image.new("L", (900, 600)).save(tmp_path / "a.png", pnginfo=told)
    data = decoded(data_uri(tmp_path / "a.png"))
    assert b"Mustermann" not in data
    assert Image.open(io.BytesIO(data)).size == (320, 213)


def test_a_montage_may_stay_as_wide_as_it_is(tmp_path):
    Image.new("L", (900, 600)).save(tmp_path / "a.png")
    assert Image.open(io.BytesIO(decoded(data_uri(tmp_path / "a.png", 2000)))).size == (900, 600)


def test_a_small_picture_keeps_its_pixels_and_colours(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert (np.asarray(Image.open(io.BytesIO(decoded(data_uri(tmp_path / "a.png"))))) == pixels).all()


def test_a_file_that_is_no_picture_is_left_out(tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    assert data_uri(tmp_path / "a.png") is None
    assert data_uri(tmp_path / "b.png") is None
