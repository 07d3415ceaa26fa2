import signal
import subprocess
import sys

from medimg.io.claim import claimed

HOLD = """
import sys, time
from pathlib import Path
from medimg.io.claim import claimed

with claimed(Path(sys.argv[1])) as mine:
    print(mine, flush=True)
    time.sleep(600)
"""


def test_a_file_is_claimed_by_one_process_and_free_once_that_is_killed(tmp_path):
    path = tmp_path / "open" / "r0_f0.lock"
    with claimed(path) as mine, claimed(path) as again:
        assert mine
        assert not again
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == "True\n"
    with claimed(path) as mine:
        assert not mine
    other.send_signal(signal.SIGKILL)
    other.communicate()
    with claimed(path) as mine, claimed(tmp_path / "another", wait=True) as another:
        assert mine
        assert another
