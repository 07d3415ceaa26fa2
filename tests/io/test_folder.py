"""Files of a folder."""

import os

import fakes
import pytest

from medimg.io.folder import list_files, survey_all
from medimg.io.home import cache_dir
from medimg.io.workers import Refused


def test_all_files_are_listed_in_order_without_own_tables(tmp_path):
    for name in ("b/2", "b/1", "a", "out/manifest.csv", "b/manifest.csv", "b/labels.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found, refused = list_files(tmp_path, ("manifest.csv",), [tmp_path / "b" / "labels.csv"])
    assert [os.path.relpath(path, tmp_path) for path in found] == ["a", "b/1", "b/2"]
    assert not refused


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_locked_folder_is_listed(tmp_path):
    (tmp_path / "locked").mkdir(mode=0)
    assert "cannot be read" in list_files(tmp_path, ())[1][0][1]


def test_what_is_remembered_holds_no_identity(tmp_path):
    path = fakes.mr_slice(tmp_path / "a.dcm", patient="P4711", text=f"FLAIR {fakes.NAME}")
    (tmp_path / "b.txt").write_text("x")
    first = survey_all([str(path), str(tmp_path / "b.txt")], {})
    assert isinstance(first[1], Refused)
    (store,) = cache_dir("index").glob("survey-*.sqlite")
    for secret in (*fakes.SECRETS, "P4711", "Klinikum", fakes.uid("P4711", "study"), str(tmp_path)):
        assert secret.encode() not in store.read_bytes()
    again = survey_all([str(path), str(tmp_path / "b.txt")], {})
    assert again[1].reason == first[1].reason
    assert again[0]["sop"] == first[0]["sop"]
