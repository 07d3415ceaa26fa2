"""What is installed is what is tested: the wheel brings its configurations and works away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import medimg

ROOT = Path(medimg.__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    if not (ROOT / "pyproject.toml").is_file():
        pytest.skip("this is no checkout")
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = out.glob("*.whl")
    return path


@pytest.mark.slow
def test_the_wheel_holds_every_configuration_and_every_data_file(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    files = [path for folder in ("configs", "medimg") for path in (ROOT / folder).rglob("*") if path.is_file()]
    wanted = {path.relative_to(ROOT).as_posix() for path in files if path.suffix in {".yaml", ".html", ".css", ".csv", ".py"}}
    assert len(wanted) > 60
    assert {name if name.startswith("medimg/") else f"medimg/{name}" for name in wanted} - held == set()


@pytest.mark.slow
def test_the_installed_wheel_works_away_from_the_checkout(wheel, tmp_path):
    place = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", "--target", str(place), str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(place), "PYTHONSAFEPATH": "1"}

    def run(*words):
        return subprocess.run([sys.executable, "-m", "medimg", *words], cwd=tmp_path, env=environment, capture_output=True, text=True)

    listed = run("list", "--json")
    assert listed.returncode == 0, listed.stderr
    assert str(place / "medimg" / "configs") in listed.stdout
    assert "thyroid_spect" in listed.stdout
    assert run("show", "encephalitis_glioma").stdout.splitlines()[0].endswith(str(place / "medimg" / "configs"))
    assert "did you mean 'seed'" in run("train", "experiment=thyroid_spect", "sed=3").stderr
