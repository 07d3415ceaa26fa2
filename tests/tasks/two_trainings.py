"""What each of two gloo processes does in the tests of adversarial training: called by processes.py, its weights written to a folder."""

import sys
from pathlib import Path

import torch
import torch.distributed as dist

sys.path.insert(0, str(Path(__file__).parents[1]))
from toy_adversaries import run
from toys import ToyPictures

from medimg.errors import NumericError
from medimg.settings import Trainer
from medimg.training import ranks


def main(folder):
    folder = Path(folder)
    dist.init_process_group("gloo")
    rank = ranks.rank()
    settings = Trainer(epochs=3, batch_size=4, accelerator="cpu", devices=2, strategy="ddp")
    for name, options in (("plain", {"noisy": False}), ("noisy", {})):
        weights, _, _ = run(folder / name, settings=settings, **options)
        torch.save({"weights": weights}, folder / f"{name}-{rank}.pt")
    broken = ToyPictures(5)
    broken.image[:] = float("inf") if rank else 1.0
    try:
        run(folder / "broken", settings=settings, pictures=broken, noisy=False)
        fault = ""
    except NumericError as found:
        fault = str(found)
    (folder / f"{rank}.txt").write_text(fault)
    ranks.barrier()
    dist.destroy_process_group()
