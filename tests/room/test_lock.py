import json
import os
import subprocess
import sys

import pytest

from medimg.errors import RunError
from medimg.room.lock import holder, only_one

HOLD = """
import sys, time
from pathlib import Path
from medimg.room.lock import only_one
with only_one(Path(sys.argv[1])) as hold:
    hold.tell("http://127.0.0.1:4711")
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "LOCK")], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_is_told_where_the_page_is_open(other, tmp_path):
    with pytest.raises(RunError, match=f"open at http://127.0.0.1:4711 .process {other.pid} on"), only_one(tmp_path / "LOCK"):
        pass
    assert holder(tmp_path / "LOCK")["url"] == "http://127.0.0.1:4711"


def test_a_killed_process_holds_nothing(other, tmp_path):
    other.kill()
    other.wait()
    assert holder(tmp_path / "LOCK") == {}
    with only_one(tmp_path / "LOCK"):
        assert json.loads((tmp_path / "LOCK").read_text())["pid"] == os.getpid()
    assert (tmp_path / "LOCK").read_text() == ""


def test_what_another_machine_left_counts_until_it_is_removed(tmp_path):
    path = tmp_path / "LOCK"
    path.write_text(json.dumps({"host": "reading-station-2", "pid": 7, "url": "http://127.0.0.1:1"}))
    assert holder(path)["pid"] == 7
    with pytest.raises(RunError, match=r"reading-station-2.*remove"), only_one(path):
        pass
    path.unlink()
    with only_one(path):
        pass


def test_a_damaged_lock_file_keeps_nobody_out(tmp_path):
    (tmp_path / "LOCK").write_text("{not json")
    with only_one(tmp_path / "LOCK"):
        pass
