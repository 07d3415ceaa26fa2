"""The command line: verbs, one screen for every mistake, one table of exit codes. Nothing heavy is imported before it is needed."""

import errno
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from medimg.cli.parser import parse
from medimg.cli.screen import tell_bug, tell_faults
from medimg.errors import Interrupted, MedimgError, RunError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 bug, 2 wrong input, 3 inputs refused, 4 nothing to do, 5 gate failed."""
    words = list(sys.argv[1:] if argv is None else argv)
    debug, as_json = "--debug" in words, "--json" in words
    try:
        with _terminable():
            command = parse(words)
            return int(command.verb(command) or 0)
    except SystemExit as end:  # --help and --version
        return int(end.code or 0)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        sys.stdout = None
        return 0
    except KeyboardInterrupt:
        return tell_faults(Interrupted(signal.SIGINT, "interrupted."), as_json=as_json)
    except (MedimgError, Interrupted) as fault:
        if debug:
            raise
        return tell_faults(fault, as_json=as_json)
    except Exception as fault:
        if debug:
            raise
        if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT):
            full = RunError("the disk is full. Make room (medimg cache show tells what is kept), and give the command again.")
            return tell_faults(full, as_json=as_json)
        return tell_bug(fault, as_json=as_json)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the command like any fault, so that files and children are left in order; training has its own way."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _: FrameType | None) -> None:
        raise Interrupted(number, "ended by SIGTERM.")

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
