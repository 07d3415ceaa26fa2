"""Paths fit by their ends only where one image alone does."""

import pandas as pd
import pytest

from medimg.room.exchange.match import Matcher
from medimg.room.exchange.row import Row

ITEMS = pd.DataFrame(
    {
        "item": ["i0", "i1", "i2", "i3"],
        "token": ["t0", "t1", "t2", "t3"],
        "pixel_sha256": ["aa", "bb", "bb", ""],
        "path": ["one/scan.dcm", "two/scan.dcm", "two/other.dcm", ""],
    }
)


@pytest.mark.parametrize(
    ("row", "item", "why"),
    [
        ({"image": "one/scan.dcm"}, "i0", ""),
        ({"image": "/data/two/scan.dcm"}, "i1", ""),
        ({"image": "other.dcm"}, "i2", ""),
        ({"image": "scan.dcm"}, "", "fits 2 images"),
        ({"image": "can.dcm"}, "", "no image has image can.dcm"),
        ({"image": "xone/scan.dcm"}, "", "no image has"),
        ({"pixel_sha256": "aa"}, "i0", ""),
        ({"pixel_sha256": "bb"}, "", "fits 2 images; name the token"),
        ({"token": "t1", "pixel_sha256": "bb"}, "i1", ""),
        ({"pixel_sha256": "bb", "image": "two/scan.dcm"}, "i1", ""),
        ({"pixel_sha256": "bb", "image": "scan.dcm"}, "", "pixel_sha256 bb fits 2 images; name the token"),
        ({"pixel_sha256": "cc", "image": "other.dcm"}, "", "image name an image with other pixels"),
        ({"pixel_sha256": "bb", "image": "one/scan.dcm"}, "", "image name an image with other pixels"),
        ({"token": "t9", "image": "other.dcm"}, "i2", ""),
        ({"token": "t0", "image": "two/scan.dcm"}, "", "token and image name different images"),
        ({}, "", "no image is named"),
    ],
)
def test_row_finds_its_image_or_the_reason_why_not(row, item, why):
    found, told = Matcher(ITEMS).find(Row("line 2", **row))
    assert found == item
    assert why in told
    assert bool(told) is not bool(found)
