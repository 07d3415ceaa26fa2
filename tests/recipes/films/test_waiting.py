"""The queue of files gives back what was put into it, each file once."""

import os

from medimg.io.film_reader import FilmFile
from medimg.io.film_sources import Found
from medimg.recipes.films.waiting import Waiting


def test_files_come_back_as_they_were_in_their_order_each_once():
    odd = os.fsdecode(b"/data/\xc4\xe3.dcm")
    found = [
        Found(0, "b.dcm", FilmFile("/data/b.dcm"), 12, 5),
        Found(1, "?.dcm", FilmFile(odd, {"view": "PA"}, {"heart": "h.png"}), 3, 4, drawn=((7, 8),)),
    ]
    waiting = Waiting()
    for one in (*found, found[0]):
        waiting.put(one)
    assert len(waiting) == 2
    assert list(waiting) == found
    assert [one.key for one in waiting] == [one.key for one in found]
