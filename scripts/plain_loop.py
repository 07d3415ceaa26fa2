"""What a short loop of one's own reaches on a run's folds and images: timm, AdamW, cosine, last epoch, fp32; medimg minus that, paired.

Usage: plain_loop.py RUN [--flips] [--seeds 1 2]        stopped, the same command goes on with the next fold

Network, learning rate, epochs, batch and images are the run's. Left out: warm-up, averaged weights, the choice of an epoch, decay left
off norms and biases, augmentation (`--flips`: left and right at random). For two classes and timm's networks with their own classifier.
Its per-case tables lie in RUN/plain_loop/, which `compare` takes as a run; its thresholds come from the run's validation parts too.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd
import timm
import torch
from folds_of_a_run import answers, folds, judge_beside, read_cases
from paired import tell
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def train(cases, rows, seed, flips):
    """Give the network after its last epoch."""
    model, task, trainer = (cases.config[key] for key in ("model", "task", "trainer"))
    torch.manual_seed(seed)
    network = timm.create_model(model["name"], num_classes=1, in_chans=model["channels"], drop_rate=model["dropout"]).to(DEVICE)
    optimizer = torch.optim.AdamW(network.parameters(), lr=task["lr"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, trainer["epochs"])
    alone = len(rows) % trainer["batch_size"] == 1  # a picture alone has no batch statistics
    batches = DataLoader(TensorDataset(cases.image[rows], cases.label[rows]), trainer["batch_size"], shuffle=True, drop_last=alone)
    for _ in range(trainer["epochs"]):
        network.train()
        for x, y in batches:
            if flips:
                x = torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x.flip(-1), x)
            loss = F.binary_cross_entropy_with_logits(network(x.to(DEVICE))[:, 0], y.to(DEVICE))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    return network


@torch.inference_mode()
def probabilities(network, image, batch=64):
    network.eval()
    return torch.cat([network(part.to(DEVICE))[:, 0].double().sigmoid().cpu() for part in image.split(batch)]).numpy()


def answers_of(path, cases, parts, seed, fold, flips):
    """Give the answers of one fold by part, trained now or found in `path`."""
    if not path.is_file():
        network = train(cases, parts["train"], seed, flips)
        tables = []
        for part in ("val", "test"):
            facts, probability = cases.table.iloc[parts[part].numpy()], probabilities(network, cases.image[parts[part]])
            tables.append(answers(facts, cases.classes, probability, seed, fold).assign(part=part))
        pd.concat(tables).to_csv(path.with_suffix(".part"), index=False)
        path.with_suffix(".part").replace(path)
        print(f"seed {seed} fold {fold}: trained on {len(parts['train'])}", file=sys.stderr, flush=True)
    found = pd.read_csv(
        path, dtype=dict.fromkeys(("id", "patient", "site", "label"), str), keep_default_na=False, float_precision="round_trip"
    )
    return [(part, rows.drop(columns="part")) for part, rows in found.groupby("part")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("--flips", action="store_true", help="mirror training images at random")
    parser.add_argument("--seeds", nargs="+", type=int, help="only these seeds of the run (all)")
    arguments = parser.parse_args()
    run, cases = arguments.run, read_cases(arguments.run)
    model = cases.config["model"]
    if not timm.is_model(model["name"]) or model["head"] != "linear" or model["weights"] or len(cases.classes) != 2:
        sys.exit(f"{run.name}: two classes and a network of timm's with its own classifier and random weights are needed.")
    torch.set_num_threads(cases.machine["threads"])
    folder = run / ("plain_loop_flips" if arguments.flips else "plain_loop")
    (folder / "folds").mkdir(parents=True, exist_ok=True)
    told: dict[str, list[pd.DataFrame]] = {"val": [], "test": []}
    for seed, fold, parts, _ in folds(run, cases, only_seeds=arguments.seeds):
        for part, answered in answers_of(folder / "folds" / f"seed{seed}_fold{fold}.csv", cases, parts, seed, fold, arguments.flips):
            told[part].append(answered)
    print(f"plain loop: {judge_beside(run, folder, told)['headline']['text']}")
    tell(run, folder, "medimg", "plain loop")


if __name__ == "__main__":
    main()
