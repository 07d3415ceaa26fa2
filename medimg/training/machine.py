"""What this machine does best: device, precision, memory format and threads, chosen once and stored with the run."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from medimg.errors import ConfigError
from medimg.io.workers import available_cpus
from medimg.settings import Trainer

_LIGHTNING = {"fp32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}
_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Machine:
    """How the numbers are computed; the same values give the same bits on the same machine."""

    accelerator: str  # cpu or gpu
    precision: str  # fp32, bf16, fp16
    memory_format: str  # contiguous or channels_last
    threads: int
    deterministic: bool
    device_name: str

    @property
    def lightning_precision(self) -> str:
        """Lightning's word for the precision."""
        return _LIGHTNING[self.precision]

    @property
    def dtype(self) -> torch.dtype:
        """The type of the inner products."""
        return _TYPES[self.precision]

    @property
    def channels_last(self) -> bool:
        """Whether pictures lie in memory with their channels last."""
        return self.memory_format == "channels_last"

    @property
    def device(self) -> torch.device:
        """Where this process computes."""
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if self.accelerator == "gpu" else torch.device("cpu")

    def settle(self) -> None:
        """Set threads, determinism and whole products in fp32 for this process."""
        torch.set_num_threads(self.threads)
        if self.accelerator == "gpu" and self.deterministic:
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(self.deterministic, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined] # guards kernels that read before they write; costs 2 % of a step
        torch.backends.cudnn.benchmark = not self.deterministic
        torch.backends.cudnn.allow_tf32 = False  # fp32 is asked for where 10 bits of a product are too few

    def differences(self, other: dict[str, object]) -> list[str]:
        """Name what another machine (as stored) had otherwise."""
        own = asdict(self)
        return [f"{key}: {other[key]} then, {own[key]} now" for key in own if key in other and other[key] != own[key]]


def look(trainer: Trainer, processes: int = 1) -> Machine:
    """Choose what was left open as `auto`: bf16 and channels_last where the processor multiplies bf16 by itself.

    Threads are the cores, dealt to so many `processes`.
    """
    gpu = torch.cuda.is_available() if trainer.accelerator == "auto" else trainer.accelerator == "gpu"
    if gpu and not torch.cuda.is_available():
        raise ConfigError(
            "trainer.accelerator=gpu: no CUDA device is seen here. Use trainer.accelerator=cpu, or auto; nvidia-smi lists devices."
        )
    fast = torch.cuda.is_bf16_supported(including_emulation=False) if gpu else _cpu_has_bf16()
    precision = trainer.precision if trainer.precision != "auto" else "bf16" if fast else "fp32"
    layout = trainer.memory_format if trainer.memory_format != "auto" else "channels_last"
    local = trainer.devices if isinstance(trainer.devices, int) and not gpu else 1
    threads = trainer.threads or max(1, available_cpus() // (local * processes))
    name = torch.cuda.get_device_name() if gpu else _cpu_name()
    return Machine("gpu" if gpu else "cpu", precision, layout, threads, trainer.deterministic, name)


def _cpu_facts() -> dict[str, str]:
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return {}
    pairs = (line.split(":", 1) for line in path.read_text().split("\n\n")[0].splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def _cpu_has_bf16() -> bool:
    flags = _cpu_facts().get("flags", "").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _cpu_name() -> str:
    return _cpu_facts().get("model name", "cpu")
