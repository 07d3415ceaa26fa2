"""What a user can get wrong, each with its way out, and the one table of exit codes."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class MedimgError(Exception):
    """One or more faults a user can mend; each fault is a sentence: what, which value, what to do."""

    exit_code = 2

    def __init__(self, *faults: str) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(faults))


class ConfigError(MedimgError):
    """A key, value or file of the configuration cannot be used."""


class ManifestError(MedimgError):
    """The table of images does not say what is needed, or says it twice."""


class UnreadableImage(MedimgError):
    """An image file cannot be turned into numbers with a known meaning; `code` is the word for it in tables of skipped files.

    Codes: not_dicom, io_error, truncated, no_transfer_syntax, decoder_missing, not_applicable.
    """

    def __init__(self, *faults: str, code: str = "io_error") -> None:
        super().__init__(*faults)
        self.code = code


class RunError(MedimgError):
    """A run folder is missing, unfinished, damaged or does not fit what is asked of it."""


class NothingToDo(MedimgError):
    """Everything asked for is done already, or waits for a person."""

    exit_code = 4


class GateFailed(MedimgError):
    """A safety check of medimg stopped the run; results would have been wrong."""

    exit_code = 5


class LeakError(GateFailed):
    """Something of the test data is known to what learns."""


class NumericError(GateFailed):
    """A loss, a weight or a probability is not a finite number."""


class Interrupted(BaseException):
    """A signal ended the run after its state was saved; the same command goes on.

    No Exception, as KeyboardInterrupt is none: what catches the faults of a file, a rule or a network must let it through.
    """

    def __init__(self, signal_number: int, *faults: str) -> None:
        self.faults = list(faults)
        self.exit_code = 128 + signal_number
        super().__init__("\n".join(faults))


@contextmanager
def told_if_stopped(text: str) -> Iterator[None]:
    """Let a signal that ends the block end it with `text`: what is kept, and how to go on."""
    try:
        yield
    except (KeyboardInterrupt, Interrupted) as stop:
        raise Interrupted(stop.exit_code - 128 if isinstance(stop, Interrupted) else signal.SIGINT, text) from None
