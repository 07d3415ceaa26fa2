"""DICOM in: every file of a corpus of odd ones against its reference, and our own answers where they are known."""

import csv
import hashlib

import fakes
import numpy as np
import pytest

from medimg.errors import UnreadableImage
from medimg.io.dicom import read_dicom, read_frames, read_stored

NEEDS_MORE = {
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.203",
}  # 12-bit extended, HTJ2K: no decoder in the extra


def corner_cases(folder):
    with open(folder / "dicom_corner" / "manifest.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_decodable_corner_file_gives_the_reference_pixels(real_data):
    same, lacking = 0, []
    for row in corner_cases(real_data):
        if row["decode"] != "ok":
            continue
        try:
            pixels = read_frames(real_data / "dicom_corner" / row["image"])
        except UnreadableImage as fault:
            lacking.append((row["transfer_syntax"], str(fault)))
            continue
        assert "x".join(map(str, pixels.shape)) == row["shape"], row["image"]
        assert (float(pixels.min()), float(pixels.max())) == pytest.approx((float(row["min"]), float(row["max"])), rel=1e-6), row["image"]
        assert hashlib.sha1(pixels.tobytes()).hexdigest()[:16] == row["pixel_sha1"], row["image"]
        same += 1
    assert same >= 146
    for syntax, told in lacking:
        assert syntax in NEEDS_MORE
        assert syntax in told
        assert "medimg[dicom]" in told


def test_every_undecodable_corner_file_is_refused_and_never_crashes(real_data):
    refused = 0
    for row in corner_cases(real_data):
        if row["decode"] != "ok":
            with pytest.raises(UnreadableImage, match=r"^row 7: "):
                read_dicom(real_data / "dicom_corner" / row["image"], name="row 7")
            refused += 1
    assert refused == 39


def test_every_decodable_corner_file_becomes_a_grey_image_or_asks_for_a_frame(real_data):
    for row in corner_cases(real_data):
        if row["decode"] == "ok" and row["transfer_syntax"] not in NEEDS_MORE:
            frames = int(row["frames"] or 1)
            image = read_dicom(real_data / "dicom_corner" / row["image"], frames - 1 if frames > 1 else None)
            assert image.pixels.dtype == np.float32
            assert image.pixels.shape == (int(row["rows"]), int(row["columns"]))
            assert np.isfinite(image.pixels).all()
            assert image.white is None or 0 <= image.pixels.min() <= image.pixels.max() <= image.white, row["image"]


def test_the_real_film_without_preamble_is_inverted_on_the_fixed_scale(real_data):
    path = real_data / "chest_qc" / "dicom" / "dcm-CRMONO1.dcm"
    stored, _, _ = read_stored(path)
    image = read_dicom(path)
    assert image.white == 1023
    np.testing.assert_array_equal(image.pixels, 1023 - stored.astype(np.float32))


def test_the_real_scintigram_keeps_its_counts(real_data):
    image = read_dicom(real_data / "nm_thyroid" / "dicom" / "thy001.dcm")
    assert (image.unit, image.white, image.pixels.max(), image.pixels.sum()) == ("counts", None, 86, 199862)
    assert image.spacing_mm == pytest.approx((1.1988, 1.1988), abs=1e-4)


def test_an_unknown_decoder_is_told_with_syntax_and_extra(tmp_path, monkeypatch):
    path = fakes.chest_film(tmp_path / "a.dcm")

    class Missing:
        is_available = False

    monkeypatch.setattr("medimg.io.dicom.get_decoder", lambda syntax: Missing())
    with pytest.raises(UnreadableImage, match=r"transfer syntax 1.2.840.10008.1.2.1 \(Explicit VR Little Endian\) needs .*medimg\[dicom\]"):
        read_dicom(path)


def test_a_multi_frame_file_asks_which_frame_and_checks_the_answer(tmp_path):
    path = fakes.dicom(tmp_path / "a.dcm", np.stack([fakes.ramp(), fakes.ramp()[::-1]]))
    with pytest.raises(UnreadableImage, match=r"holds 2 frames. Say which in the column frame \(0 to 1\)"):
        read_dicom(path)
    with pytest.raises(UnreadableImage, match="frame 2 does not exist"):
        read_dicom(path, 2)
    np.testing.assert_array_equal(read_dicom(path, 1).pixels, fakes.ramp()[::-1])


def test_error_texts_hold_no_identity(tmp_path):
    folder = tmp_path / "Mustermann"
    folder.mkdir()
    for path in (fakes.truncated(fakes.chest_film(folder / "P1.dcm", patient="P777")), fakes.absurd(folder / "b.dcm")):
        with pytest.raises(UnreadableImage) as caught:
            read_dicom(path)
        assert not [secret for secret in (*fakes.SECRETS, "P777", str(tmp_path)) if secret in str(caught.value)]


def test_a_damaged_value_is_neither_warned_of_nor_logged(tmp_path, caplog, recwarn):
    path = fakes.chest_film(tmp_path / "a.dcm", WindowWidth="100")
    path.write_bytes(path.read_bytes().replace(b"100 ", b"Erik").replace(fakes.STUDY_DATE.encode(), b"Erika-77"))
    with caplog.at_level("DEBUG"):
        assert read_dicom(path, voi=True).white == 4095
    assert "Erik" not in caplog.text + "".join(str(warning.message) for warning in recwarn)
