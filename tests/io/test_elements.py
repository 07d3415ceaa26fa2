"""Header values, or nothing."""

import pytest
from pydicom import Dataset

from medimg.io.elements import functional, items, number, numbers, text


@pytest.fixture
def data():
    data = Dataset()
    data.SeriesDescription, data.WindowCenter, data.ImageType = " a \0", ["1.5", "2"], ["ORIGINAL", "PRIMARY"]
    data.add_new("EchoTime", "DS", "")
    data.add_new("FlipAngle", "SH", "steep")
    return data


def test_values_are_plain(data):
    assert text(data, "SeriesDescription") == "a"
    assert text(data, "ImageType") == "ORIGINAL"
    assert numbers(data, "WindowCenter") == [1.5, 2]
    assert number(data, "WindowCenter") == 1.5


def test_absent_empty_and_nonsense_are_nothing(data):
    assert text(data, "ProtocolName") == text(None, "ProtocolName") == ""
    assert number(data, "EchoTime") is number(data, "FlipAngle") is number(data, "RepetitionTime") is None
    assert items(data, "SeriesDescription") == items(data, "VOILUTSequence") == []


def test_a_frames_own_group_comes_before_the_shared_one(data):
    own, shared = Dataset(), Dataset()
    own.MREchoSequence, shared.MREchoSequence = [Dataset()], [Dataset()]
    own.MREchoSequence[0].EffectiveEchoTime, shared.MREchoSequence[0].EffectiveEchoTime = 1.0, 2.0
    data.PerFrameFunctionalGroupsSequence, data.SharedFunctionalGroupsSequence = [own], [shared]
    assert number(functional(data, 0, "MREchoSequence"), "EffectiveEchoTime") == 1
    assert number(functional(data, 5, "MREchoSequence"), "EffectiveEchoTime") == 2
    assert functional(data, 0, "PixelMeasuresSequence") is None
