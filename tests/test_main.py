"""`python -m medimg` is the command."""

import subprocess
import sys

import medimg


def test_the_module_is_the_command_with_its_exit_codes():
    told = subprocess.run([sys.executable, "-m", "medimg", "--version"], capture_output=True, text=True)
    assert (told.returncode, told.stdout.split()) == (0, ["medimg", medimg.__version__])
    assert subprocess.run([sys.executable, "-m", "medimg", "trian"], capture_output=True).returncode == 2
