"""Faults and their exit codes."""

import pytest

from medimg import errors


@pytest.mark.parametrize(
    ("fault", "code"),
    [(errors.ConfigError("a"), 2), (errors.ManifestError("a"), 2), (errors.RunError("a"), 2), (errors.NothingToDo("a"), 4),
     (errors.LeakError("a"), 5), (errors.NumericError("a"), 5)],
)  # fmt: skip
def test_each_kind_of_fault_has_its_exit_code(fault, code):
    assert fault.exit_code == code
    assert isinstance(fault, errors.MedimgError)


@pytest.mark.parametrize(("number", "code"), [(2, 130), (15, 143)])
def test_a_signal_is_no_fault_that_anything_could_take_for_its_own(number, code):
    stop = errors.Interrupted(number, "stopped")
    assert (stop.exit_code, stop.faults, str(stop)) == (code, ["stopped"], "stopped")
    assert not isinstance(stop, Exception)


def test_several_faults_are_one_list():
    fault = errors.ConfigError("a is wrong", "b is wrong")
    assert fault.faults == ["a is wrong", "b is wrong"]
    assert str(fault) == "a is wrong\nb is wrong"
