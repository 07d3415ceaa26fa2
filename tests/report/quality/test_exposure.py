"""Spread of the exposure by room: known numbers, grey where films are few, marked where it is wide."""

import numpy as np

from medimg.report.quality.exposure import exposure_table, signed
from medimg.report.quality.words import Words

RNG = np.random.default_rng(0)
ROOMS = {"DR1": list(RNG.normal(0, 1, 100)), "CR1": list(RNG.normal(0, 4, 100)), "DR9": [-1.0, 0.0, 1.0]}


def table(language="en"):
    return exposure_table({"deviation_index": ROOMS, "exposure_index": {"DR1": [200.0, 250.0, 300.0]}}, Words(language))


def test_rooms_stand_in_alphabetical_order_with_their_numbers():
    rows = {row[0].text: row for row in table().rows}
    assert list(rows) == ["CR1", "DR1", "DR9"]
    assert [cell.text for cell in rows["DR9"][1:6]] == ["3", "+0.0", "−0.5 to +0.5", "1.00", "0.00"]
    assert (rows["DR1"][7].text, rows["DR1"][7].small, rows["CR1"][7].text) == ("250", "225 to 275", "–")


def test_a_wide_spread_is_marked_and_few_films_are_grey():
    rows = {row[0].text: row for row in table().rows}
    assert ("bad" in rows["CR1"][4].look, rows["CR1"][4].small) == (True, "▲ over 2.5")
    assert "bad" not in rows["DR1"][4].look
    assert "grey" in rows["DR9"][2].look
    assert "grey" not in rows["DR1"][2].look


def test_without_a_deviation_index_there_is_no_table():
    assert not exposure_table({}, Words("zh"))
    assert signed(-1.26) == "−1.3"
