"""Train a run again with a bare PyTorch loop, and compare case by case: does Lightning, with its replaced parts, change anything?

Usage: bare_loop.py RUN [--folds 0 1 ...] [--seeds 1 2 ...] [--tolerance 1e-3]

From the same initial weights, batch order, augmentation draws, precision and pictures; loop, optimiser groups, schedule, averaging of
weights, choice of the best epoch and scoring are written out here once more. For two classes, optimiser adam or adamw, schedule cosine
or constant. Prints the largest difference of a test probability and both AUROCs for each network; exit code 1 above the tolerance.
"""

import argparse
import copy
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import timm
import torch
from folds_of_a_run import folds, read_cases
from sklearn.metrics import roc_auc_score
from torch.nn import functional as F

from medimg.data.loader import draw, epoch_batches
from medimg.evaluate.calibration import least_log_loss
from medimg.tasks.classify import AUGMENT, NETWORK
from medimg.transforms.augment import Augment

TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def logits_of(network, image, machine):
    network.eval()
    with torch.inference_mode(), torch.autocast("cpu", TYPES[machine["precision"]], enabled=machine["precision"] != "fp32"):
        return network(shaped(image, machine)).float()[:, 0]


def shaped(image, machine):
    return image.contiguous(memory_format=torch.channels_last) if machine["memory_format"] == "channels_last" else image


def rate(step, steps, task):
    """Give the share of the learning rate: linear warm-up, then half a cosine down to nothing, or constant."""
    warm = round(task["warmup"] * steps)
    if step < warm:
        return (step + 1) / (warm + 1)
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))) if task["schedule"] == "cosine" else 1.0


def train(config, machine, image, label, parts, seed):
    """Give the test probabilities of the network with the least validation loss."""
    task, trainer, model = config["task"], config["trainer"], config["model"]
    torch.manual_seed(seed)
    network = timm.create_model(model["name"], num_classes=1, in_chans=model["channels"], drop_rate=model["dropout"])
    if machine["memory_format"] == "channels_last":
        network = network.to(memory_format=torch.channels_last)
    decayed = [p for p in network.parameters() if p.ndim > 1]
    plain = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": task["weight_decay"]}, {"params": plain, "weight_decay": 0.0}]
    optimizer = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[task["optimizer"]](groups, lr=task["lr"], fused=True)
    average = copy.deepcopy(network) if task["ema"] else None
    augment = Augment(**config["augment"])
    rows, size = parts["train"], trainer["batch_size"]
    steps = len(epoch_batches(len(rows), size, seed, 0)) * trainer["epochs"]
    best, answer, step = math.inf, None, 0
    for epoch in range(trainer["epochs"]):
        for k, batch in enumerate(epoch_batches(len(rows), size, seed, epoch)):
            network.train()
            x, y = image[rows[batch]], label[rows[batch]]
            if augment != Augment():
                x = augment(x, draw(seed, AUGMENT, epoch, k, 0))
            torch.manual_seed(int(draw(seed, NETWORK, epoch, k, 0).integers(2**62)))
            for group in optimizer.param_groups:
                group["lr"] = task["lr"] * rate(step, steps, task)
            with torch.autocast("cpu", TYPES[machine["precision"]], enabled=machine["precision"] != "fp32"):
                logits = network(shaped(x, machine))
            loss = F.binary_cross_entropy_with_logits(
                logits.float()[:, 0], y, reduction="none"
            ).mean()  # rounds as medimg does, also in short batches
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            if average is not None:
                share = 1 - min(task["ema"], (1 + step) / (10 + step))
                for old, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
                    old.lerp_(new, share) if old.is_floating_point() else old.copy_(new)
        judged = average or network
        scores = torch.cat([logits_of(judged, image[part], machine) for part in parts["val"].split(size)])
        raw, truth = scores.double().sigmoid().numpy()[:, None], label[parts["val"]].numpy()[:, None] > 0.5
        loss = least_log_loss(truth, raw, "binary")
        if loss < best:
            best = loss
            answer = torch.cat([logits_of(judged, image[part], machine) for part in parts["test"].split(size)]).double().sigmoid()
    return answer.numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--folds", type=int, nargs="*")
    parser.add_argument("--seeds", type=int, nargs="*")
    parser.add_argument("--tolerance", type=float, default=1e-3)
    arguments = parser.parse_args()
    cases = read_cases(arguments.run)
    torch.set_num_threads(cases.machine["threads"])
    torch.use_deterministic_algorithms(cases.machine["deterministic"], warn_only=True)
    positive, worst, areas = cases.classes[1], 0.0, []
    for seed, fold, parts, ours in folds(arguments.run, cases, arguments.folds, arguments.seeds):
        bare = train(cases.config, cases.machine, cases.image, cases.label, parts, seed)
        ids = list(cases.table["id"].iloc[parts["test"].numpy()])
        here = ours.set_index("id").loc[ids, f"p_{positive}"].to_numpy()
        truth = cases.label[parts["test"]].numpy()
        far, both = float(np.abs(bare - here).max()), (roc_auc_score(truth, here), roc_auc_score(truth, bare))
        areas.append((seed, *both))
        worst = max(worst, far)
        print(
            f"seed {seed} fold {fold}: {len(ids)} cases, largest difference {far:.2e}; AUROC medimg {both[0]:.4f}, bare {both[1]:.4f}",
            flush=True,
        )
    for seed, rows in pd.DataFrame(areas, columns=["seed", "medimg", "bare"]).groupby("seed"):
        print(f"seed {seed}: mean AUROC medimg {rows['medimg'].mean():.4f}, bare {rows['bare'].mean():.4f}")
    print(f"largest difference {worst:.2e}, tolerance {arguments.tolerance:g}")
    return 0 if worst <= arguments.tolerance else 1


if __name__ == "__main__":
    sys.exit(main())
