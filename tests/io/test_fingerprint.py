"""An image's id follows its pixels and frame, nothing else."""

import hashlib

import fakes
import numpy as np
import pydicom

from medimg.io.fingerprint import read_facts


def test_the_id_is_what_the_contract_says(tmp_path):
    pixels = fakes.ramp()
    facts = read_facts(str(fakes.png(tmp_path / "a.png", pixels)))
    digest = hashlib.sha256(b"(16, 16) <u2 " + pixels.tobytes())
    assert facts.pixel_sha256 == digest.hexdigest()
    digest.update(b"frame 0")
    assert facts.id == digest.hexdigest()[:16]


def test_byte_order_and_compression_do_not_matter_and_shape_type_and_frame_do(tmp_path):
    path = fakes.chest_film(tmp_path / "a.dcm", bits=12)
    plain = read_facts(str(path))
    data = pydicom.dcmread(path)
    data.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
    data.save_as(tmp_path / "b.dcm")
    assert read_facts(str(tmp_path / "b.dcm")) == plain
    assert read_facts(str(path), 0) == plain
    other = {
        read_facts(str(fakes.png(tmp_path / "c.png", p))).id
        for p in (fakes.ramp(8, 32), fakes.ramp(), fakes.ramp(high=255, dtype=np.uint8))
    }
    assert len(other) == 3
    stack = str(fakes.dicom(tmp_path / "d.dcm", np.zeros((2, 8, 8), np.uint8)))
    first, second = read_facts(stack, 0), read_facts(stack, 1)
    assert first.pixel_sha256 == second.pixel_sha256
    assert first.id != second.id


def test_the_default_frame_has_the_id_of_the_frame_it_is(tmp_path):
    path = str(fakes.scintigram(tmp_path / "a.dcm"))
    assert read_facts(path) == read_facts(path, 1)


def test_the_hash_of_a_header_follows_what_values_and_spacing_depend_on(tmp_path):
    """Windows, dates and coding do not matter; files without a header have none."""

    def told(**tags):
        return read_facts(str(fakes.scintigram(tmp_path / "a.dcm", **tags))).header_sha256

    plain = told()
    assert plain == told() == told(WindowCenter=5, WindowWidth=10, StudyDate="20200101")
    others = [{"spacing_mm": 3.0}, {"RescaleSlope": 2}, {"RescaleIntercept": 1}, {"PhotometricInterpretation": "MONOCHROME1"}]
    assert len({plain, *(told(**tags) for tags in others)}) == 5
    assert told(RescaleSlope="2") == told(RescaleSlope="2.0")
    assert read_facts(str(fakes.png(tmp_path / "a.png", fakes.ramp()))).header_sha256 == ""
