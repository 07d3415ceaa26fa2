"""One process or many: who am I, and what do the others have."""

from typing import Any

import torch.distributed as dist


def rank() -> int:
    """Give this process's number; 0 leads and is the only one to write."""
    return dist.get_rank() if dist.is_available() and dist.is_initialized() else 0


def world() -> int:
    """Count the processes."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def gather(value: Any) -> list[Any]:
    """Give every process the values of all, in the order of their numbers."""
    if world() == 1:
        return [value]
    values: list[Any] = [None] * world()
    dist.all_gather_object(values, value)
    return values


def barrier() -> None:
    """Wait until all are here."""
    if world() > 1:
        dist.barrier()


def launch(accelerator: str, devices: int | str, nodes: int, strategy: str) -> None:
    """Start the other processes of a `ddp` run, each with this command, and join them; nothing to do for one process."""
    if strategy != "ddp" or world() > 1:
        return
    from lightning_fabric import Fabric

    Fabric(accelerator=accelerator, devices=devices, num_nodes=nodes, strategy="ddp").launch()
