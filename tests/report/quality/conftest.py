"""One folder of judged films for all tests of their report: built-in films with images, and many of which only values are there."""

import shutil

import pytest
from report.quality.made_out import built_in, of_values, write_out

from medimg.report.quality import write_report


@pytest.fixture(scope="session")
def judged():
    pytest.importorskip("contourpy")
    return built_in(4) + of_values(160, months=5)


@pytest.fixture(scope="session")
def folders(judged, tmp_path_factory):
    """The same films in a folder for each language, with the report written."""
    made = {language: write_out(tmp_path_factory.mktemp(f"films_{language}"), judged) for language in ("en", "zh")}
    for language, folder in made.items():
        write_report(folder, language)
    return made


@pytest.fixture
def folder(folders, tmp_path):
    """A copy to be spoilt."""
    return shutil.copytree(folders["en"], tmp_path / "films")
