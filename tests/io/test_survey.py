"""A header boiled down for a scan."""

import fakes
import pytest

from medimg.errors import UnreadableImage
from medimg.io.survey import survey


def test_a_slice_gives_ids_position_and_evidence_and_no_free_text(tmp_path):
    found = survey(str(fakes.mr_slice(tmp_path / "a.dcm", z_mm=3, patient="P5", SeriesDescription=f"FLAIR {fakes.NAME}")))
    assert found["patient"] == "P5"
    assert found["frames"] == [(-1, 3.0, "")]
    assert found["evidence"][0]["word"] == "FLAIR"
    assert "Mustermann" not in str({key: value for key, value in found.items() if key not in ("patient", "accession", "site")})


def test_a_scintigram_gives_the_one_frame_and_its_view(tmp_path):
    assert survey(str(fakes.scintigram(tmp_path / "a.dcm")))["frames"] == [(1, None, "ANT")]
    assert survey(str(fakes.scintigram(tmp_path / "b.dcm", windows=1, detectors=1)))["frames"] == [(-1, None, "ANT")]
    assert survey(str(fakes.scintigram(tmp_path / "c.dcm", windows=1, detectors=1, DetectorInformationSequence=None)))["frames"] == [
        (-1, None, "")
    ]


def test_segmentations_are_no_images(tmp_path):
    with pytest.raises(UnreadableImage, match="SEG is made from images"):
        survey(str(fakes.dicom(tmp_path / "a.dcm", fakes.ramp(), Modality="SEG")))
