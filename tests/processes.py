"""Several processes of one run, as torchrun would start them, but for loading their modules once: they are forked after that."""

import contextlib
import os
import runpy
import signal
import socket
import subprocess
import sys
import traceback


def start(script, world, *words):
    """Call main(*words) of a script in `world` processes that know of each other, and wait for all to end well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(world), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, __file__, *map(str, (script, world, *words))], env=common, start_new_session=True)
    try:
        assert process.wait(180) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _forked(rank, main, words):
    """Start one of the processes; returns its id."""
    child = os.fork()
    if child == 0:
        os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank)}
        try:
            main(*words)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


if __name__ == "__main__":
    called = runpy.run_path(sys.argv[1])["main"]
    children = [_forked(rank, called, sys.argv[3:]) for rank in range(int(sys.argv[2]))]
    codes = [os.waitpid(child, 0)[1] for child in children]
    sys.exit(any(codes))
