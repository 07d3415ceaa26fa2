"""The end of a process that works: a child killed with SIGKILL, and what it had told by then; or what comes near to that without one."""

import os
import signal
import time
from itertools import islice


class Killed(BaseException):
    """The end of a process that leaves no time to clean up, as far as one can be had within a test's own process."""

    @classmethod
    def here(cls, *_, **__):
        raise cls


def killed(work, told, wait):
    """Fork a child that calls work(tell), kill it `wait` seconds after it told `told` lines; returns all lines, and whether it was done.

    `tell(text)` hands a line over at once. A child that fails by itself raises here.
    """
    read, write = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(read)
            work(lambda text: os.write(write, f"{text}\n".encode()))
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        lines = list(islice(pipe, told))
        time.sleep(wait)
        os.kill(child, signal.SIGKILL)
        lines += pipe.readlines()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), f"the child ended by itself with {status}"
    return [line.decode().strip() for line in lines], status == 0
