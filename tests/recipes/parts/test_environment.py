"""How a run computes, chosen for its network."""

import json
import subprocess
from dataclasses import asdict, replace

import pytest

from medimg.errors import ConfigError
from medimg.recipes.parts import environment
from medimg.recipes.parts.environment import machine_for, settle_machine, tell_differences
from medimg.settings import Data, Model, Settings, Trainer
from medimg.training import machine

SMALL = Settings(data=Data(manifest="x.csv", size=16), model=Model(name="resnet10t"), trainer=Trainer(accelerator="cpu"))


@pytest.fixture(autouse=True)
def fast_in_half(monkeypatch):
    monkeypatch.setattr(machine, "_cpu_facts", lambda: {"flags": "avx512_bf16"})


def test_half_precision_is_left_where_a_network_strides_past_its_planes():
    assert machine_for(SMALL).precision == "fp32"
    assert machine_for(replace(SMALL, data=replace(SMALL.data, size=32))).precision == "bf16"


def test_half_precision_asked_for_there_is_refused_with_the_way_out():
    with pytest.raises(ConfigError, match=r"layer4\.0\.conv1.*trainer\.precision=fp32"):
        machine_for(replace(SMALL, trainer=replace(SMALL.trainer, precision="bf16")))


def test_the_state_of_the_checkout_is_recorded_and_an_installed_package_has_none(tmp_path, monkeypatch):
    package = tmp_path / "medimg" / "__init__.py"
    monkeypatch.setattr(environment.medimg, "__file__", str(package))
    assert environment._git() is None
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", str(tmp_path), *who, "commit", "-q", "--allow-empty", "-m", "one"], check=True)
    head = subprocess.run(["git", "-C", str(tmp_path), "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert head.startswith(environment._git())


def test_what_another_machine_had_otherwise_is_told_and_nothing_else(tmp_path, capsys):
    here = machine_for(SMALL)
    stored = {"versions": environment._versions(), "machine": asdict(here)}
    (tmp_path / "environment.json").write_text(json.dumps(stored))
    tell_differences(tmp_path, here, "this run began elsewhere")
    assert capsys.readouterr().err == ""
    tell_differences(tmp_path, replace(here, accelerator="gpu", precision="bf16", threads=99), "this run began elsewhere")
    told = capsys.readouterr().err
    assert told == "this run began elsewhere, so the last bits may differ: accelerator: cpu then, gpu now; precision: fp32 then, bf16 now\n"


def test_other_threads_are_told_where_a_simulation_goes_on_and_taken_over_where_a_training_does(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(machine.Machine, "settle", lambda self: None)
    threads = machine_for(SMALL).threads
    stored = {"versions": environment._versions(), "machine": asdict(replace(machine_for(SMALL), threads=threads + 1))}
    (tmp_path / "environment.json").write_text(json.dumps(stored))
    assert settle_machine(replace(SMALL, recipe="simulate"), tmp_path).threads == threads
    assert capsys.readouterr().err.endswith(f"the last bits may differ: threads: {threads + 1} then, {threads} now\n")
    assert settle_machine(SMALL, tmp_path).threads == threads + 1
    assert capsys.readouterr().err == ""
