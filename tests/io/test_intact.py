"""How long pixels are, and where they lie."""

import io

import pytest

from medimg.io.intact import check_deflated, expected_bytes


@pytest.mark.parametrize(
    ("values", "bits", "photometric", "size"), [(9, 1, "MONOCHROME2", 2), (10, 16, "MONOCHROME1", 20), (12, 8, "YBR_FULL_422", 8)]
)
def test_uncompressed_sizes(values, bits, photometric, size):
    assert expected_bytes(values, bits, photometric) == size


def test_other_files_are_not_deflated():
    assert not check_deflated(io.BytesIO(b"\0" * 2000), "image")
