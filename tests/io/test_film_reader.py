"""One film from its file: grey, way round, facts; and every file that is no film has its reason."""

import fakes
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from medimg.errors import UnreadableImage
from medimg.io.film_reader import FilmFile, read_film

UPRIGHT = {"PatientOrientation": ["L", "F"]}


def read(path, **told):
    return read_film(FilmFile(str(path), told.pop("told", {}), told.pop("masks", {})))


def refused(path, **told):
    with pytest.raises(UnreadableImage) as fault:
        read(path, **told)
    return fault.value.code, str(fault.value)


def whole_window(bits):
    return {"WindowCenter": str(2 ** (bits - 1)), "WindowWidth": str(2**bits)}


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("look", ["MONOCHROME1", "MONOCHROME2"])
def test_grey_is_the_same_for_every_depth_and_look(tmp_path, bits, look):
    dark = fakes.ramp(24, 20, 0, 2**bits - 1, np.uint8 if bits == 8 else np.uint16)
    stored = dark if look == "MONOCHROME2" else (2**bits - 1 - dark).astype(dark.dtype)
    film = read(fakes.chest_film(tmp_path / "a.dcm", stored, bits=bits, photometric=look, **whole_window(bits), **UPRIGHT))
    np.testing.assert_allclose(film.pixels, dark / (2**bits - 1), atol=1e-6)
    assert film.window == (0.0, 2**bits - 1)
    assert film.notes == ()


@pytest.mark.parametrize(("look", "shape", "turned"), [
    ("MONOCHROME1", "INVERSE", True), ("MONOCHROME1", "IDENTITY", True), ("MONOCHROME1", None, True), ("MONOCHROME2", "INVERSE", True),
    ("MONOCHROME2", "IDENTITY", False), ("MONOCHROME2", None, False),
])  # fmt: skip
def test_a_film_is_inverted_once_whatever_says_so(tmp_path, look, shape, turned):
    film = read(fakes.chest_film(tmp_path / "a.dcm", photometric=look, PresentationLUTShape=shape, **whole_window(12), **UPRIGHT))
    assert (film.pixels[0, 0] > film.pixels[-1, -1]) == turned
    assert (film.pixels.min(), film.pixels.max()) == (0, 1)


@pytest.mark.parametrize("window", [
    {}, {"WindowCenter": "nan", "WindowWidth": "400"}, {"WindowCenter": "100", "WindowWidth": "0"},
    {"WindowCenter": "100", "WindowWidth": "-5"}, {"WindowCenter": "60000", "WindowWidth": "100"},
])  # fmt: skip
def test_a_window_that_is_not_plausible_gives_way_to_percentiles_and_is_noted(tmp_path, window):
    pixels = fakes.ramp(40, 40, 1000, 2000)
    film = read(fakes.chest_film(tmp_path / "a.dcm", pixels, photometric="MONOCHROME2", **window, **UPRIGHT))
    low, high = np.percentile(pixels, [0.5, 99.5])
    np.testing.assert_allclose(film.pixels, np.clip((pixels - low) / (high - low), 0, 1), atol=0.003)
    assert film.notes[0].startswith("window_refused:")
    assert film.window is None


def test_a_narrow_window_says_between_which_values_it_keeps_detail(tmp_path):
    film = read(fakes.chest_film(tmp_path / "a.dcm", photometric="MONOCHROME2", WindowCenter="2000", WindowWidth="1001", **UPRIGHT))
    assert film.window == (1499.0, 2500.0)


def test_signed_values_with_rescale(tmp_path):
    pixels = fakes.ramp(24, 20, -2048, 2047, np.int16)
    tags = {"RescaleSlope": "2", "RescaleIntercept": "100", "WindowCenter": "100", "WindowWidth": "8192"}
    film = read(fakes.chest_film(tmp_path / "a.dcm", pixels, photometric="MONOCHROME2", **tags, **UPRIGHT))
    np.testing.assert_allclose(film.pixels, (pixels + 2048) / 4095, atol=2e-3)


def test_constant_film_is_read_and_noted(tmp_path):
    film = read(fakes.chest_film(tmp_path / "a.dcm", np.full((24, 20), 900, np.uint16), **UPRIGHT))
    assert "constant" in film.notes
    assert film.field == (0, 0, 24, 20)
    assert np.isfinite(film.pixels).all()


@pytest.mark.parametrize("turn", [
    (["L", "F"], lambda x: x), (["R", "F"], lambda x: x[:, ::-1]), (["R", "H"], lambda x: x[::-1, ::-1]), (["F", "L"], lambda x: x.T),
])  # fmt: skip
def test_turned_and_mirrored_films_stand_upright_with_their_masks(tmp_path, turn):
    letters, stored = turn
    pixels, mask = fakes.ramp(30, 20), np.zeros((30, 20), np.uint8)
    mask[3:9, 2:7] = 255
    path = fakes.chest_film(tmp_path / "a.dcm", stored(pixels), photometric="MONOCHROME2", PatientOrientation=letters, **whole_window(12))
    film = read(path, masks={"heart": str(fakes.png(tmp_path / "m.png", np.ascontiguousarray(stored(mask))))})
    np.testing.assert_allclose(film.pixels, pixels / 4095, atol=1e-6)
    np.testing.assert_array_equal(film.masks["heart"], mask > 0)
    assert (letters == ["L", "F"]) == (not any(note.startswith("turned") for note in film.notes))


def test_facts_for_rules_and_groups(tmp_path):
    tags = {"ExposureIndex": "400", "TargetExposureIndex": "300", "KVP": "120", "PatientAge": "006M", "OperatorsName": "Doe^J"}
    film = read(fakes.chest_film(tmp_path / "a.dcm", **tags, **UPRIGHT))
    assert film.exposure == {"ExposureIndex": 400.0, "TargetExposureIndex": 300.0, "KVP": 120.0, "ViewPosition": "PA"}
    assert film.facts["age"] == 0.5
    assert film.facts["month"] == "2024-02"
    assert film.ids["operator"] == "Doe^J"
    assert film.spacing_mm == pytest.approx(0.2)
    kept = " ".join(map(str, (film.facts, film.exposure, film.notes)))
    assert not [secret for secret in (*fakes.SECRETS, "Doe") if secret in kept]


def test_age_comes_from_dates_where_it_is_not_told(tmp_path):
    assert read(fakes.chest_film(tmp_path / "a.dcm", **UPRIGHT)).facts["age"] == pytest.approx(71.95, abs=0.01)


def test_without_spacing_there_are_no_millimetres(tmp_path):
    film = read(fakes.chest_film(tmp_path / "a.dcm", ImagerPixelSpacing=None, **UPRIGHT))
    assert film.spacing_mm is None
    assert "spacing_unknown" in film.notes


def view_code(value, meaning):
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "SCT", meaning
    return Sequence([code])


def test_view_by_its_code_where_the_position_is_empty(tmp_path):
    code = view_code("399173006", "left lateral")
    film = read(fakes.chest_film(tmp_path / "a.dcm", view="", ViewCodeSequence=code, PatientOrientation=["P", "F"]))
    assert film.view == "LAT"


def read_any(path):
    return read_film(FilmFile(str(path), any_view=True))


@pytest.mark.parametrize(("letters", "view"), [(["L", "F"], "PA"), (["F", "R"], "PA"), (["P", "F"], "LAT"), (["H", "A"], "LAT")])
def test_a_view_that_is_not_told_is_that_of_the_patients_orientation_where_any_will_do(tmp_path, letters, view):
    film = read_any(fakes.chest_film(tmp_path / "a.dcm", view="", PatientOrientation=letters))
    assert film.view == view
    assert "view_by_orientation" in film.notes


def test_a_view_that_nothing_tells_is_left_open_where_any_will_do(tmp_path):
    film = read_any(fakes.chest_film(tmp_path / "a.dcm", view=""))
    assert (film.view, "view_by_orientation" in film.notes) == ("", False)
    np.testing.assert_array_equal(film.pixels, read(fakes.chest_film(tmp_path / "b.dcm", view="PA")).pixels)


@pytest.mark.parametrize("other", [
    {"view": "LLD"}, {"view": "RLO"}, {"view": "OBLIQUE"}, {"view": "", "ViewCodeSequence": view_code("399268001", "decubitus")},
])  # fmt: skip
def test_a_film_of_another_view_is_none_whatever_its_orientation(tmp_path, other):
    path = fakes.chest_film(tmp_path / "a.dcm", PatientOrientation=["L", "F"], **other)
    with pytest.raises(UnreadableImage, match="view is not told"):
        read_any(path)


def test_a_manifest_says_the_view_and_the_difference_is_noted(tmp_path):
    film = read(fakes.chest_film(tmp_path / "a.dcm", view="PA"), told={"view": "LAT", "site": "north"})
    assert film.view == "LAT"
    assert "view_differs:PA" in film.notes
    assert film.facts["site"] == "north"
    assert film.exposure["ViewPosition"] == "PA"


def test_a_view_that_a_manifest_misspells_is_answered_with_its_column(tmp_path):
    for path in (fakes.chest_film(tmp_path / "a.dcm", view="PA"), fakes.png(tmp_path / "a.png", fakes.ramp(24, 20, 0, 255, np.uint8))):
        with pytest.raises(UnreadableImage, match=r"the manifest's column view says 'frontal'. Write PA, AP, LAT.") as fault:
            read(path, told={"view": "frontal"})
        assert fault.value.code == "not_applicable"


def test_pictures_only_with_a_manifest(tmp_path):
    path = fakes.png(tmp_path / "a.png", fakes.ramp(24, 20, 0, 255, np.uint8))
    code, why = refused(path)
    assert code == "not_dicom"
    assert "Give a manifest.csv with the columns image, patient_id and view." in why
    assert read(path, told={"view": "PA"}).pixels.max() == 1


@pytest.mark.parametrize(("tags", "words"), [
    ({"modality": "MR"}, "modality MR"), ({"BodyPartExamined": "HAND"}, "body part HAND"),
    ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"), ({"view": ""}, "view is not told"),
    ({"PresentationIntentType": "FOR PROCESSING"}, "for processing"),
])  # fmt: skip
def test_other_images_are_not_applicable(tmp_path, tags, words):
    code, why = refused(fakes.chest_film(tmp_path / "a.dcm", **tags))
    assert code == "not_applicable"
    assert words in why


def test_several_frames_colour_and_reports_are_not_applicable(tmp_path):
    frames = fakes.chest_film(tmp_path / "a.dcm", np.zeros((3, 8, 8), np.uint16))
    colour = fakes.chest_film(tmp_path / "b.dcm", np.zeros((8, 8, 3), np.uint8), photometric="RGB", bits=8)
    report = fakes.without_pixels(tmp_path / "c.dcm")
    assert [refused(path)[0] for path in (frames, colour, report)] == ["not_applicable"] * 3


def test_a_body_part_written_freely_is_not_quoted(tmp_path):
    assert "Erika" not in refused(fakes.chest_film(tmp_path / "a.dcm", BodyPartExamined="Erika's foot"))[1]


def test_what_is_no_dicom(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("no film at all " * 40)
    assert [refused(tmp_path / name)[0] for name in ("empty", "text")] == ["not_dicom"] * 2
    assert refused(tmp_path / "absent")[0] == "io_error"


def test_absurd_sizes_are_refused_before_decoding(tmp_path):
    assert refused(fakes.absurd(tmp_path / "a.dcm"))[0] == "io_error"


def test_a_file_cut_off_tells_bytes(tmp_path):
    code, why = refused(fakes.truncated(fakes.chest_film(tmp_path / "a.dcm"), keep=0.8))
    assert code == "truncated"
    assert "960" in why


def test_a_file_without_transfer_syntax_is_repaired_where_its_pixels_fit(tmp_path):
    whole = fakes.chest_film(tmp_path / "a.dcm", **UPRIGHT)
    expected = read(whole)
    film = read(fakes.without_syntax(whole))
    np.testing.assert_array_equal(film.pixels, expected.pixels)
    assert film.facts["repaired"] is True
    assert "repaired" in film.notes


def test_and_else_refused(tmp_path):
    cut = fakes.truncated(fakes.without_syntax(fakes.chest_film(tmp_path / "a.dcm")), keep=0.9)
    assert refused(cut)[0] == "no_transfer_syntax"


def test_a_syntax_without_decoder_says_what_to_install(tmp_path, monkeypatch):
    path = fakes.chest_film(tmp_path / "a.dcm")
    monkeypatch.setattr("medimg.io.dicom.get_decoder", lambda uid: type("None", (), {"is_available": False, "available_plugins": ()}))
    code, why = refused(path)
    assert code == "decoder_missing"
    assert "medimg[dicom]" in why


def test_masks_of_another_size_are_refused(tmp_path):
    mask = fakes.png(tmp_path / "m.png", np.zeros((5, 5), np.uint8))
    assert "5 x 5" in refused(fakes.chest_film(tmp_path / "a.dcm"), masks={"heart": str(mask)})[1]


SYNTAXES = {
    "implicit": "1.2.840.10008.1.2", "explicit": "1.2.840.10008.1.2.1", "deflated": "1.2.840.10008.1.2.1.99", "RLE": "1.2.840.10008.1.2.5",
    "JPEG-LS": "1.2.840.10008.1.2.4.80", "JPEG 2000": "1.2.840.10008.1.2.4.90",
}  # fmt: skip


DECODERS = {SYNTAXES["RLE"]: {"pylibjpeg"}, SYNTAXES["JPEG-LS"]: {"pyjpegls"}, SYNTAXES["JPEG 2000"]: {"gdcm", "pillow", "pylibjpeg"}}


@pytest.mark.parametrize("syntax", SYNTAXES.values(), ids=SYNTAXES)
def test_every_lossless_coding_gives_the_same_film_and_id(tmp_path, syntax):
    path = fakes.chest_film(tmp_path / "a.dcm", fakes.ramp(64, 48), photometric="MONOCHROME2", **whole_window(12), **UPRIGHT)
    plain, data = read(path), dcmread(path)
    if data.file_meta.TransferSyntaxUID != syntax and syntax.startswith(("1.2.840.10008.1.2.4", "1.2.840.10008.1.2.5")):
        data.compress(syntax, generate_instance_uid=False)
    data.file_meta.TransferSyntaxUID = syntax
    data.save_as(path, enforce_file_format=True, implicit_vr=syntax == SYNTAXES["implicit"], little_endian=True)
    film = read(path)
    np.testing.assert_array_equal(film.pixels, plain.pixels)
    assert film.id == plain.id
    assert plain.decoder == "numpy"
    assert film.decoder in DECODERS.get(syntax, {"numpy"})


def test_a_film_larger_than_the_grid_keeps_aspect_spacing_and_field(tmp_path):
    pixels = np.zeros((2200, 1650), np.uint16)
    pixels[200:2000, 150:1500] = fakes.ramp(1800, 1350, 500, 4000)
    edges = {"ShutterUpperHorizontalEdge": "200", "ShutterLeftVerticalEdge": "150"}
    edges |= {"ShutterLowerHorizontalEdge": "2001", "ShutterRightVerticalEdge": "1501", "ShutterShape": "RECTANGULAR"}
    film = read(fakes.chest_film(tmp_path / "a.dcm", pixels, photometric="MONOCHROME2", **whole_window(12), **edges, **UPRIGHT))
    assert film.pixels.shape == film.stored.shape == (1024, 768)
    assert film.spacing_mm == pytest.approx(0.2 * 2200 / 1024, rel=1e-3)
    np.testing.assert_allclose(film.field, np.array([200, 150, 2000, 1500]) * 1024 / 2200, atol=0.5)
    assert (film.lowest, film.highest) == pytest.approx((500, 4000), abs=2)
