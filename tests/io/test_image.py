"""What a file is, is told by its content."""

import fakes
import numpy as np
import pytest

from medimg.errors import UnreadableImage
from medimg.io import read_image
from medimg.io.image import kind_of


def test_names_do_not_matter(tmp_path):
    pixels = fakes.ramp(high=255, dtype=np.uint8)
    assert kind_of(fakes.png(tmp_path / "a.dcm", pixels)) == "png"
    assert kind_of(fakes.jpeg(tmp_path / "a.png", pixels)) == "jpeg"
    assert kind_of(fakes.tiff(tmp_path / "a.jpg", pixels)) == "tiff"
    assert kind_of(fakes.chest_film(tmp_path / "noname")) == "dicom"


def test_a_file_that_is_both_tiff_and_dicom_is_dicom(tmp_path):
    path = fakes.chest_film(tmp_path / "a.dcm")
    path.write_bytes(b"II*\0" + path.read_bytes()[4:])
    assert kind_of(path) == "dicom"
    assert read_image(path).white == 4095


@pytest.mark.parametrize(("content", "reason"), [(b"", "the file is empty"), (b"image,patient_id\n", "neither DICOM, PNG, JPEG nor TIFF")])
def test_other_files_are_refused_by_the_name_given(tmp_path, content, reason):
    (tmp_path / "Mustermann.txt").write_bytes(content)
    with pytest.raises(UnreadableImage, match=f"^row 12: {reason}") as caught:
        read_image(tmp_path / "Mustermann.txt", name="row 12")
    assert "Mustermann" not in str(caught.value)


def test_a_missing_file_is_told_without_its_path(tmp_path):
    with pytest.raises(UnreadableImage, match=r"^image: the file cannot be opened") as caught:
        read_image(tmp_path / "Mustermann.dcm")
    assert "Mustermann" not in str(caught.value)
