"""Several processes of one run, as torchrun would start them."""

import os
import socket
import subprocess
import sys


def start(script, world, *words):
    """Run a script in `world` processes that know of each other, and wait for all to end well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(world), "OMP_NUM_THREADS": "1"}
    started = [
        subprocess.Popen([sys.executable, str(script), *map(str, words)], env={**common, "RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(world)
    ]
    try:
        assert [process.wait(180) for process in started] == [0] * world
    finally:
        for process in started:
            process.kill()
