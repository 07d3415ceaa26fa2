"""What a run was made with: machine, versions and seeds, stored at its start and compared when it goes on."""

import json
import platform
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import medimg
from medimg.errors import ConfigError
from medimg.io import key_fingerprint
from medimg.models.backbones import build
from medimg.models.planes import strided_past
from medimg.recipes.parts.crew import is_worker
from medimg.recipes.parts.stages import write_json
from medimg.settings import Settings
from medimg.training import ranks
from medimg.training.machine import Machine, look

PACKAGES = ("torch", "torchvision", "pytorch-lightning", "timm", "numpy", "pandas", "scikit-learn", "pydicom", "pillow", "scipy")


def settle_machine(settings: Settings, run: Path) -> Machine:
    """Choose the machine's ways on the first start, take the stored ones afterwards, and say what differs."""
    path, here = run / "environment.json", machine_for(settings)
    if path.is_file():
        before = Machine(**json.loads(path.read_text())["machine"])
        usable = replace(before, device_name=here.device_name)
        if settings.recipe == "simulate":  # the number of its processes may change, and their threads with it
            usable = replace(usable, threads=here.threads)
        here = usable if here.accelerator == before.accelerator else here
        free = ["threads"] if settings.recipe == "simulate" and here.accelerator == "cpu" else []
        tell_differences(run, here, "this run began elsewhere", *free)
    elif ranks.rank() == 0:
        write_json(path, environment(settings, here))
    here.settle()
    ranks.barrier()
    return here


def tell_differences(run: Path, here: Machine, what: str, *more: str) -> None:
    """Say on stderr what was otherwise where a run began: versions, device, precision and `more`; nothing where all is the same."""
    stored = json.loads((run / "environment.json").read_text())
    versions, machine = stored["versions"], stored["machine"]
    unlike = [f"{name}: {versions.get(name)} then, {now} now" for name, now in _versions().items() if versions.get(name) != now]
    unlike += here.differences({name: machine[name] for name in ("accelerator", "precision", "device_name", *more)})
    if unlike and ranks.rank() == 0 and not is_worker():
        print(f"{what}, so the last bits may differ: {'; '.join(unlike)}", file=sys.stderr)


def machine_for(settings: Settings) -> Machine:
    """Choose the machine's ways for this network: half precision on a processor only where its gradients can be trusted."""
    here, model = look(settings.trainer, settings.active.processes if settings.recipe == "simulate" else 1), settings.model
    if here.accelerator == "gpu" or here.precision != "bf16":
        return here
    if settings.recipe == "chest_qc":  # on a processor, bf16 was not tried with these networks
        return replace(here, precision="fp32") if settings.trainer.precision == "auto" else here
    small = strided_past(build(model.name, outputs=2, channels=model.channels), settings.data.size, model.channels)
    if not small:
        return here
    if settings.trainer.precision == "bf16":
        raise ConfigError(
            f"trainer.precision=bf16: at data.size={settings.data.size} {model.name} strides past a plane ({small[0]}), and its "
            "gradients there are wrong in bf16 on a processor. Use trainer.precision=fp32 or auto, or a larger data.size."
        )
    return replace(here, precision="fp32")


def environment(settings: Settings, machine: Machine) -> dict[str, Any]:
    """Everything a reader needs to run it again; no path, no user, no host."""
    return {
        "medimg": medimg.__version__, "git": _git(), "versions": _versions(),
        "python": platform.python_version(), "system": platform.system(),
        "machine": asdict(machine), "processes": ranks.world(), "seeds": list(settings.every_seed), "split_seed": settings.split_seed,
        "key_fingerprint": key_fingerprint(), "started": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }  # fmt: skip


def _versions() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES}


def _git() -> str | None:
    folder = Path(medimg.__file__).parents[1]
    if not (folder / ".git").exists():
        return None
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=folder, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()
