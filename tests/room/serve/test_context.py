"""What lies around an image, checked by hand."""

from dataclasses import replace

from medimg.room.serve.context import around
from medimg.room.store import Item


def slices(sequence, positions, series="", frame=-1):
    name = series or sequence
    return [
        Item(f"id{name}{z}", f"{name}{z:g}", "p", "study", name, sequence, z, frame, f"/{name}/{z}", "", "pool") for z in positions
    ]  # fmt: skip


FLAIR = slices("FLAIR", (0, 5, 10, 15))


def test_slices_are_in_the_order_of_the_body_whatever_the_order_of_the_table():
    found = around(FLAIR[2], [FLAIR[3], FLAIR[0], FLAIR[2], FLAIR[1]])
    assert found.slices == ("FLAIR0", "FLAIR5", "FLAIR10", "FLAIR15")
    assert found.at == 2


def test_other_sequences_are_found_by_their_place_in_mm():
    t2 = slices("T2", (1, 6.5, 10.5, 24))
    found = around(FLAIR[0], FLAIR + t2)
    assert found.others == {"T2": ("T21", "T26.5", "T210.5", "")}


def test_nothing_farther_than_4_mm_is_called_the_same_place():
    assert around(FLAIR[0], [*FLAIR[:1], *slices("T2", (4,))]).others == {"T2": ("T24",)}
    assert around(FLAIR[0], [*FLAIR[:1], *slices("T2", (4.1,))]).others == {}


def test_of_two_series_of_a_sequence_the_one_that_shows_more_places_is_taken():
    sagittal, axial = slices("T2", (9, 60), series="sag"), slices("T2", (1, 6, 11, 16), series="ax")
    assert around(FLAIR[1], FLAIR + sagittal + axial).others == {"T2": ("ax1", "ax6", "ax11", "ax16")}


def test_another_study_of_the_patient_is_not_the_same_place():
    before = [replace(item, study="before", token="x" + item.token) for item in slices("T2", (0, 5))]
    assert around(FLAIR[0], FLAIR + before).others == {}


def test_without_positions_nothing_is_claimed_to_be_near():
    lost = [replace(item, slice_mm=None) for item in FLAIR]
    found = around(lost[1], lost + slices("T2", (0, 5)))
    assert (found.slices, found.at, found.others) == (("FLAIR5",), 0, {})


def test_frames_of_one_file_are_a_stack():
    frames = [replace(item, slice_mm=None, frame=number) for number, item in enumerate(reversed(FLAIR))]
    assert around(frames[0], frames).slices == ("FLAIR15", "FLAIR10", "FLAIR5", "FLAIR0")


def test_without_a_series_an_image_stands_alone():
    alone = [replace(item, series="") for item in FLAIR]
    assert around(alone[0], alone).slices == ("FLAIR0",)
