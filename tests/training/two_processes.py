"""What each of several gloo processes does in the tests of score and ranks: called by processes.py, answers written to a folder."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch.distributed as dist

sys.path.insert(0, str(Path(__file__).parents[1]))
from toys import MACHINE, ToyPictures, network

from medimg.errors import NumericError
from medimg.training import ranks
from medimg.training.score import score


def main(folder, cases, batch_size):
    folder = Path(folder)
    dist.init_process_group("gloo")
    rank = ranks.rank()
    for layout in ("contiguous", "channels_last"):
        logits = score(network(), ToyPictures(int(cases)), replace(MACHINE, memory_format=layout), batch_size=int(batch_size))
        np.save(folder / f"{layout}-{rank}.npy", logits)
    broken = ToyPictures(int(cases))
    broken.image[-1] = float("nan")
    try:
        score(network(), broken, MACHINE, batch_size=int(batch_size))
        fault = ""
    except NumericError as found:
        fault = str(found)
    ranks.barrier()
    told = {"rank": rank, "world": ranks.world(), "gathered": ranks.gather({"rank": rank}), "fault": fault}
    (folder / f"{rank}.json").write_text(json.dumps(told))
    dist.destroy_process_group()
