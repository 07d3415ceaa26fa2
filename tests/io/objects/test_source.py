import pytest
from film_objects import write_film

from medimg.errors import UnreadableImage
from medimg.io.objects.source import read_source


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Rows"])
def test_a_film_without_what_objects_name_is_refused(tmp_path, keyword):
    path = write_film(tmp_path / "film.dcm")
    _without(path, keyword)
    with pytest.raises(UnreadableImage, match=rf"a1: the header lacks {keyword}, .*Export the file again\."):
        read_source(path, name="a1")


def _without(path, keyword):
    import pydicom

    ds = pydicom.dcmread(path)
    delattr(ds, keyword)
    pydicom.dcmwrite(path, ds)


def test_no_dicom_file_is_refused_without_quoting_it(tmp_path):
    (tmp_path / "Smith.dcm").write_bytes(b"Smith^John" * 40)
    with pytest.raises(UnreadableImage) as refused:
        read_source(tmp_path / "Smith.dcm", name="a1")
    assert "Smith" not in str(refused.value)
    assert str(refused.value).startswith("a1: its header cannot be read")


@pytest.mark.parametrize(("keyword", "value"), [("StudyDate", "20261399"), ("PatientBirthDate", "1.1.1970"), ("StudyTime", "noon")])
def test_a_date_that_is_none_is_emptied(tmp_path, keyword, value):
    assert read_source(write_film(tmp_path / "film.dcm", **{keyword: value}), name="a1")[keyword].value == ""
    assert read_source(write_film(tmp_path / "film.dcm"), name="a1")[keyword].value


@pytest.mark.parametrize(("written", "read"), [("M", "M"), ("female", "F"), ("W", "O"), ("", "")])
def test_sex_is_one_that_dicom_knows(tmp_path, written, read):
    assert read_source(write_film(tmp_path / "film.dcm", PatientSex=written), name="a1").PatientSex == read
