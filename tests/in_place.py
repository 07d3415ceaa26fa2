"""Files read in this process instead of in children, which take a second each to start: for tests that are not about children."""

from contextlib import contextmanager

import pytest

from medimg.io import workers


def read_here(function, items, *, memory_mb=4096, **limits):
    """What `in_children` yields, one item after the other; an item that would crash a child crashes this process."""
    call = workers._found(function)
    for place, item in enumerate(items):
        kind, value = workers._called(call, item, memory_mb)
        yield place, workers.Refused(*value) if kind == "refused" else value


@contextmanager
def no_children():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "in_children", read_here)
        yield patch
