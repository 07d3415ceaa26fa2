"""Start one training program and tell, as JSON, the seconds to its first optimiser step and the peak memory of six; bench.py runs it.

Run:  python scripts/first_step.py medimg|bare|lightning START cpu|gpu [WORDS of medimg]     START: the time at which it was started
"""

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

STEPS, BATCH, CLASSES = 6, 32, 6


def main() -> None:
    name, start, accelerator, *words = sys.argv[1:]
    import torch
    from torch.optim.optimizer import register_optimizer_step_post_hook

    steps: list[float] = []

    def stepped(*_: object) -> None:
        if accelerator == "gpu":
            torch.cuda.synchronize()
        steps.append(time.time() - float(start))
        if len(steps) == STEPS:
            gpu_mb = torch.cuda.max_memory_allocated() / 2**20 if accelerator == "gpu" else 0
            print(json.dumps({"seconds": steps[0], "peak_mb": peak_mb(), "gpu_mb": gpu_mb}), flush=True)
            os._exit(0)

    register_optimizer_step_post_hook(stepped)
    if name == "medimg":
        from medimg.cli import main as medimg

        sys.exit(medimg(words))
    {"bare": bare, "lightning": lightning}[name](accelerator)


def peak_mb() -> float:
    """Give the most memory this program has held; getrusage would tell of the program that started it, where that held more."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def toy() -> tuple[Any, Any, Any]:
    """Give what is needed for six steps: the network of the comparison, and pictures without content."""
    import timm
    import torch

    network = timm.create_model("resnet18", num_classes=CLASSES, in_chans=1)
    count = STEPS * BATCH
    return network, torch.rand(count, 1, 128, 128), torch.randint(0, 2, (count, CLASSES)).float()


def bare(accelerator: str) -> None:
    """Train as a bare PyTorch script does: fp32, as the tensors lie."""
    import torch

    network, image, label = toy()
    device = torch.device("cuda" if accelerator == "gpu" else "cpu")
    network.to(device)
    optimizer = torch.optim.AdamW(network.parameters())
    for batch in torch.randperm(len(image)).split(BATCH):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(network(image[batch].to(device)), label[batch].to(device)).backward()
        optimizer.step()


def lightning(accelerator: str) -> None:
    """Train as the Lightning tutorial does, in its defaults."""
    import pytorch_lightning as pl
    import torch

    class Plain(pl.LightningModule):
        def __init__(self, network: Any) -> None:
            super().__init__()
            self.network = network

        def training_step(self, batch: Any, _: int) -> Any:
            return torch.nn.functional.binary_cross_entropy_with_logits(self.network(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.AdamW(self.parameters())

    network, image, label = toy()
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(image, label), batch_size=BATCH, shuffle=True)
    pl.Trainer(accelerator=accelerator, devices=1, max_epochs=1, enable_progress_bar=False, enable_model_summary=False).fit(
        Plain(network), loader
    )


if __name__ == "__main__":
    main()
