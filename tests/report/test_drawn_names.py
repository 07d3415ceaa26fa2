"""Chinese names in figures: in their own letters where a font has them, otherwise as numbers that the report explains; never boxes."""

import shutil
import warnings

import pytest
from fonts import chinese_font, only_matplotlibs

from medimg.report import write_report
from medimg.report.drawn_names import families, key_to_numbers, label_of
from medimg.report.figures import draw_figures, write_figures
from medimg.report.folder import RunFolder, read_run

NAMES = {"goitre": "甲状腺", "nodule": "甲状腺结节", "north": "北院"}


@pytest.fixture
def chinese(runs, tmp_path):
    """A run with Chinese names for two of its classes and one of its sites."""
    run = shutil.copytree(runs["multiclass"], tmp_path / "run", ignore=shutil.ignore_patterns("figures"))
    for path in [*run.rglob("*.csv"), *run.rglob("*.json")]:
        text = path.read_text(encoding="utf-8")
        for old, new in NAMES.items():
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    return run


def titles(run):
    return {axis.get_title(loc="left") for axis in draw_figures(read_run(run))["roc"].axes}


def no_boxes(run):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph")
        assert write_figures(run)


def test_without_a_font_names_are_numbers_that_the_captions_explain(chinese, monkeypatch):
    only_matplotlibs(monkeypatch)
    no_boxes(chinese)
    assert titles(chinese) == {"hyperthyroidism", "(1)", "(2)", "reduced uptake"}
    text = write_report(chinese).read_text(encoding="utf-8")
    told = "Drawn as numbers, as no font of this machine has their letters: (1) 甲状腺结节, (2) 甲状腺"
    assert text.count(f"guessing. {told}.</figcaption>") == 1
    assert text.count(f"{told}, (3) 北院.</figcaption>") == 1
    (labels,) = [axis.get_yticklabels() for axis in draw_figures(read_run(chinese))["forest"].axes]
    assert {"class (1)", "class (2)"} <= {label.get_text() for label in labels}


def test_with_a_font_names_are_drawn_as_they_are(chinese, tmp_path, monkeypatch):
    chinese_font(tmp_path / "c.ttf", monkeypatch)
    assert families(read_run(chinese)) == ["DejaVu Sans", "Tiny Chinese"]
    assert titles(chinese) == {"hyperthyroidism", "甲状腺结节", "甲状腺", "reduced uptake"}
    no_boxes(chinese)
    assert key_to_numbers(read_run(chinese), ["甲状腺"]) == ""
    assert "(1) 北院" in key_to_numbers(read_run(chinese))


def test_a_combination_is_numbered_label_by_label(tmp_path, monkeypatch):
    only_matplotlibs(monkeypatch)
    run = RunFolder(tmp_path, evaluation={"classes": ["goitre", "结节", "肿大"]})
    assert label_of(run)("goitre|肿大") == "goitre + (2)"
    assert label_of(run)("reduced_uptake") == "reduced uptake"


def test_names_of_known_letters_need_no_key(runs):
    assert key_to_numbers(read_run(runs["multiclass"])) == ""
    assert families(read_run(runs["multiclass"])) == ["DejaVu Sans"]
