"""Several processes of one run, as torchrun would start them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def start(folder, world, cases, batch_size):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = Path(__file__).with_name("two_processes.py")
    common = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(world), "OMP_NUM_THREADS": "1"}
    started = [
        subprocess.Popen([sys.executable, str(script), str(folder), str(cases), str(batch_size)], env={**common, "RANK": str(rank)})
        for rank in range(world)
    ]
    try:
        assert [process.wait(180) for process in started] == [0] * world
    finally:
        for process in started:
            process.kill()
    return folder


@pytest.fixture(scope="session")
def two_processes(tmp_path_factory):
    """A folder of answers of two processes: 21 cases in batches of 4."""
    return start(tmp_path_factory.mktemp("two"), 2, 21, 4)
