"""Faults and their exit codes."""

import pytest

from medimg import errors


@pytest.mark.parametrize(
    ("fault", "code"),
    [(errors.ConfigError("a"), 2), (errors.ManifestError("a"), 2), (errors.RunError("a"), 2), (errors.NothingToDo("a"), 4),
     (errors.LeakError("a"), 5), (errors.NumericError("a"), 5), (errors.Interrupted(15, "a"), 143), (errors.Interrupted(2), 130)],
)  # fmt: skip
def test_each_kind_of_fault_has_its_exit_code(fault, code):
    assert fault.exit_code == code
    assert isinstance(fault, errors.MedimgError)


def test_several_faults_are_one_list():
    fault = errors.ConfigError("a is wrong", "b is wrong")
    assert fault.faults == ["a is wrong", "b is wrong"]
    assert str(fault) == "a is wrong\nb is wrong"
