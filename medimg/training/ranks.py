"""One process or many: who am I, and what do the others have. Asks nothing of torch in a process that has not imported it."""

import sys
from typing import Any


def _group() -> Any:
    """The module that knows the other processes; None where there are none."""
    dist = sys.modules.get("torch.distributed")
    return dist if dist is not None and dist.is_available() and dist.is_initialized() else None


def rank() -> int:
    """Give this process's number; 0 leads and is the only one to write."""
    group = _group()
    return int(group.get_rank()) if group else 0


def world() -> int:
    """Count the processes."""
    group = _group()
    return int(group.get_world_size()) if group else 1


def gather(value: Any) -> list[Any]:
    """Give every process the values of all, in the order of their numbers."""
    if world() == 1:
        return [value]
    values: list[Any] = [None] * world()
    _group().all_gather_object(values, value)
    return values


def barrier() -> None:
    """Wait until all are here."""
    if world() > 1:
        _group().barrier()


def launch(accelerator: str, devices: int | str, nodes: int, strategy: str) -> None:
    """Start the other processes of a `ddp` run, each with this command, and join them; nothing to do for one process."""
    if strategy != "ddp" or world() > 1:
        return
    from lightning_fabric import Fabric

    Fabric(accelerator=accelerator, devices=devices, num_nodes=nodes, strategy="ddp").launch()
