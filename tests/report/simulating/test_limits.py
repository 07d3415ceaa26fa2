"""What is said of a simulation's numbers before they are believed."""

import pytest

from medimg.report.simulating.limits import limits

RESULT = {"units": {"complete": True}, "repeats": 5, "curves": [], "notes": []}


@pytest.mark.parametrize(("noise", "heading"), [(0.0, "Perfect reader"), (0.1, "Reader who errs")])
def test_how_often_the_simulated_reader_errs_is_told(noise, heading):
    told = dict(limits(RESULT | {"noise": noise}, built_in=False))
    assert heading in told
    assert len({"Perfect reader", "Reader who errs"} & set(told)) == 1
    assert ("10 %" in told[heading]) == bool(noise)
