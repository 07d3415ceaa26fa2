"""How numbers and texts are written, and what is kept back."""

import doctest
import math

import pytest

from medimg.report import words
from medimg.report.words import HIDDEN, interval, number, plain, scrub


def test_the_examples_hold():
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    "path",
    ["/home/meier/a.dcm", "~/a", "../x/y.csv", "./x", "C:\\\\Users\\meier", "\\\\\\\\server\\share", "file:///srv/a", "D:/films/1.dcm"],
)
def test_paths_are_left_out_of_any_sentence(path):
    for text in (path, f"cannot read {path}, go on", f"({path})", f"key={path}", f'"{path}"'):
        assert scrub(text) == text.replace(path, HIDDEN)


@pytest.mark.parametrize("text", ["val/auroc", "encephalitis/glioma paper, table 3", "1/0", "images/s", "phantom:thyroid@1", "0.5"])
def test_other_texts_stay_as_they_are(text):
    assert scrub(text) == text


def test_an_address_loses_its_scheme():
    assert scrub("see https://example.org/a") == "see example.org/a"


def test_a_configuration_keeps_its_values_and_loses_files_people_and_machines():
    given = {
        "data": {"manifest": "films/manifest.csv", "label": "lesion", "root_dir": "x"},
        "hostname": "pc",
        "user": "m",
        "lr": [0.1, "/a"],
    }
    assert plain(given) == {"data": {"manifest": HIDDEN, "label": "lesion"}, "lr": [0.1, HIDDEN]}


def test_what_is_no_number_is_a_dash():
    assert [number(value) for value in (None, math.nan, math.inf, True, "x")] == ["–"] * 5
    assert interval({"low": 0.1, "high": None}) == ""
