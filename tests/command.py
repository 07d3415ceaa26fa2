"""The command line as a user meets it: exit code, what it prints, and that a fault fits on one screen."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from in_place import no_children

from medimg.cli import main
from medimg.report import figures

SCREEN = 24


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def text(self):
        """All words of the answer with single spaces, so that line breaks do not matter."""
        return " ".join((self.out + self.err).split())

    @property
    def json(self):
        return json.loads(self.out)


def medimg(*words, children=False):
    """Run `medimg words...` in this process, which draws coarsely and reads the files itself unless there shall be children."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), no_children() as patch:
        if children:
            patch.undo()
        patch.setattr(figures, "DPI", 30)
        code = main([str(word) for word in words])
    return Answer(code, out.getvalue(), err.getvalue())


def refused(*words, code=2):
    """Run a wrong command; returns the text of its answer, which must be one screen without a traceback."""
    answer = medimg(*words)
    assert answer.code == code, answer
    assert "Traceback" not in answer.out + answer.err
    assert len((answer.out + answer.err).splitlines()) <= SCREEN
    return answer.text
