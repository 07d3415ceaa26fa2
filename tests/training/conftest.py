from pathlib import Path

import pytest
from processes import start


@pytest.fixture(scope="session")
def two_processes(tmp_path_factory):
    """A folder of answers of two processes: 21 cases in batches of 4."""
    folder = tmp_path_factory.mktemp("two")
    start(Path(__file__).with_name("two_processes.py"), 2, folder, 21, 4)
    return folder
