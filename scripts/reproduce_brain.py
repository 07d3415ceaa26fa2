"""Tables 3 to 7 and figure 5 of the encephalitis/glioma paper, with intervals and paired differences.

python scripts/reproduce_brain.py --plan                       what it would cost here, after timing each network; trains nothing
python scripts/reproduce_brain.py                              the built-in cohort at a size for two cores; stopped, it goes on where it was
python scripts/reproduce_brain.py --profile paper              the paper's settings, for a GPU
python scripts/reproduce_brain.py --readers readers.csv        table 6: columns reader, image, answer (a class, or p of the last)
python scripts/reproduce_brain.py --only FLAIR/resnet50 -- data.manifest=FILE.csv 'seeds=[1,2,3]'

What stands after `--` goes to every run. Every cell of the tables is an ordinary run below OUT/<sequence>/<network>; tables.md and
figure_5.png lie in OUT. A table on the built-in cohort shows the method, not medicine; its figures stand beside the paper's, never in
their place.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import torch
from matplotlib.figure import Figure

from medimg.errors import RunError
from medimg.evaluate import compare, evaluate
from medimg.recipes.environment import machine_for
from medimg.recipes.networks import jobs, network_of
from medimg.recipes.one_network import total_steps
from medimg.recipes.supervised import load_for_check
from medimg.run.compose import compose

mpl.use("Agg")
SEQUENCES = ("FLAIR", "T1CE", "T2")
BACKBONES = ("alexnet", "resnet50", "inception_v3")
OTHERS = ("cnn_head_neck", "cnn_parkinson", "capsnet", "cnn_f")
COLOURS = {"alexnet": "#0072b2", "resnet50": "#d55e00", "inception_v3": "#009e73"}
PROFILES = {
    "quick": ["data.size=80", "trainer.epochs=8", "task.lr=0.001", "evaluate.explain=0"],
    "paper": ["profile=paper"],
    "smoke": ["profile=smoke", "data.size=80", "data.fold=[0]", "evaluate.explain=0"],
}
MEASURES = ("accuracy", "auroc", "f1")
PAPER = {  # accuracy, AUC, F1 as printed, in shares of one
    "FLAIR": {"alexnet": (0.7853, 0.86, 0.7843), "resnet50": (0.823, 0.94, 0.8622), "inception_v3": (0.8464, 0.91, 0.8481)},
    "T1CE": {"alexnet": (0.9282, 0.95, 0.9283), "resnet50": (0.9412, 0.97, 0.9423), "inception_v3": (0.9508, 0.98, 0.9508)},
    "T2": {"alexnet": (0.8122, 0.89, 0.8123), "resnet50": (0.8975, 0.95, 0.8982), "inception_v3": (0.8967, 0.95, 0.898)},
    "mean": {
        "alexnet": (0.8419, 0.90, 0.8413), "resnet50": (0.9009, 0.95, 0.9006), "inception_v3": (0.8980, 0.95, 0.8986),
        "cnn_head_neck": (0.8479, 0.90, 0.8433), "cnn_parkinson": (0.8239, 0.88, 0.8186), "capsnet": (0.8556, 0.91, 0.855),
        "cnn_f": (0.8341, 0.89, 0.8263), "reader 1": (0.8182, 0.89, 0.7322), "reader 2": (0.7333, 0.77, 0.6072),
    },
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One network on one sequence: a run of its own."""

    sequence: str
    network: str
    run: Path
    words: tuple[str, ...]

    @property
    def done(self) -> bool:
        return (self.run / "metrics.json").is_file() and (self.run / "report.html").is_file()


def cells(out: Path, profile: str, only: list[str], more: list[str]) -> list[Cell]:
    made = []
    for sequence in SEQUENCES:
        for network in (*BACKBONES, *OTHERS):
            if only and not any(f"{sequence}/{network}".startswith(name) or name == network for name in only):
                continue
            head = ["model.head=transfer"] if network in BACKBONES else []
            words = ["experiment=encephalitis_glioma", *PROFILES[profile], f"model={network}", *head, f"data.where={{sequence:{sequence}}}"]
            words.append("data.deal_over=[sequence]")
            made.append(Cell(sequence, network, out / sequence / network, (*words, f"title={sequence} {network}", *more)))
    return made


def steps_of(cell: Cell) -> int:
    """Optimiser steps of all trainings of a cell."""
    settings = compose(list(cell.words))
    cohort = load_for_check(settings)
    parts = [(seed, len(cohort.part(fold, member, "train"))) for seed, fold, member in jobs(settings, cohort)]
    return sum(total_steps(settings, images, seed, 1)[0] for seed, images in parts)


def seconds_a_step(cell: Cell) -> float:
    """The quickest of three steps of a cell's network here."""
    settings = compose(list(cell.words))
    machine = machine_for(settings)
    machine.settle()
    network = network_of(settings, "binary", ["a", "b"], seed=0).to(machine.device).train()
    size = settings.data.size
    image = torch.randn(settings.trainer.batch_size, settings.model.channels, size, size, device=machine.device)
    if machine.channels_last:
        network, image = network.to(memory_format=torch.channels_last), image.contiguous(memory_format=torch.channels_last)
    optimizer, spent = torch.optim.AdamW(network.parameters()), []
    for _ in range(3):
        start = time.perf_counter()
        with torch.autocast(machine.device.type, machine.dtype, enabled=machine.precision != "fp32"):
            loss = network(image).float().square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        float(loss)
        spent.append(time.perf_counter() - start)
    return min(spent)


def plan(todo: list[Cell]) -> None:
    step = {name: seconds_a_step(next(cell for cell in todo if cell.network == name)) for name in {cell.network for cell in todo}}
    total = 0.0
    for cell in todo:
        steps = steps_of(cell)
        minutes = 0.0 if cell.done else steps * step[cell.network] / 60
        total += minutes
        print(f"{cell.sequence:6} {cell.network:14} {steps:6} steps  {'done' if cell.done else f'{minutes:6.1f} min'}", flush=True)
    print(f"{len(todo)} cells, about {total:.0f} minutes of training steps here; scoring and evaluation come on top")


def train(cell: Cell) -> None:
    if cell.done:
        return
    start = time.time()
    command = [sys.executable, "-m", "medimg", "train", *cell.words]
    code = subprocess.run(command, env={**os.environ, "MEDIMG_RUN": str(cell.run)}, stdout=subprocess.DEVNULL).returncode
    if code not in (0, 3):
        sys.exit(f"{cell.sequence}/{cell.network} ended with exit code {code}; the same command goes on.")
    print(f"{cell.sequence}/{cell.network}: {(time.time() - start) / 60:.1f} min", flush=True)


def row_of(run: Path, metric: str, level: str = "image") -> dict[str, object]:
    """The row of a measure over all cases, first as the mean over folds."""
    rows = json.loads((run / "metrics.json").read_text())["rows"]
    fitting = [r for r in rows if r["metric"] == metric and r.get("level") == level and r.get("scope") == "all" and not r.get("calibrated")]
    fitting.sort(key=lambda r: r.get("aggregate") == "pooled")
    return fitting[0] if fitting else {}


def shown(row: dict[str, object]) -> str:
    if row.get("estimate") is None:
        return "undefined"
    within = f" ({row['low']:.3f} to {row['high']:.3f})" if row.get("low") is not None else ""
    return f"{row['estimate']:.3f}{within}"


def table(lines: list[dict[str, object]]) -> str:
    frame = pd.DataFrame(lines)
    head = "| " + " | ".join(frame.columns) + " |\n|" + "---|" * len(frame.columns)
    return "\n".join([head, *("| " + " | ".join(map(str, row)) + " |" for row in frame.itertuples(index=False))])


def per_sequence(done: list[Cell], sequence: str) -> list[dict[str, object]]:
    """Tables 3 to 5: slices as the paper counts, patients beside."""
    lines = []
    for cell in done:
        if cell.sequence != sequence or cell.network not in BACKBONES:
            continue
        paper = PAPER[sequence][cell.network]
        line: dict[str, object] = {"network": cell.network}
        for metric, printed in zip(MEASURES, paper, strict=True):
            line[f"{metric}, paper"], line[f"{metric}, slices"] = f"{printed:.3f}", shown(row_of(cell.run, metric))
        line["auroc, patients"] = shown(row_of(cell.run, "auroc", "patient"))
        lines.append(line)
    return lines


def means(done: list[Cell], names: tuple[str, ...]) -> list[dict[str, object]]:
    """Tables 6 and 7: the mean over the sequences that are done."""
    lines = []
    for name in names:
        own = [cell for cell in done if cell.network == name]
        if not own:
            continue
        line: dict[str, object] = {"network": name, "sequences": ", ".join(cell.sequence for cell in own)}
        for metric, printed in zip(MEASURES, PAPER["mean"].get(name, (None,) * 3), strict=True):
            values = [row_of(cell.run, metric).get("estimate") for cell in own]
            known = [float(value) for value in values if isinstance(value, float)]
            line[f"{metric}, paper"] = "–" if printed is None else f"{printed:.3f}"
            line[metric] = f"{sum(known) / len(known):.3f}" if len(known) == len(values) else "undefined"
        lines.append(line)
    return lines


def differences(done: list[Cell], against: str) -> list[dict[str, object]]:
    """Each network minus one of them, on the same slices with the same draws of patients."""
    lines = []
    for cell in done:
        other = next((c for c in done if (c.sequence, c.network) == (cell.sequence, against)), None)
        if other is None or cell.network == against:
            continue
        try:
            rows = compare(cell.run, other.run)["rows"]
        except RunError as fault:  # a reader who did not read every slice
            lines.append(
                {"sequence": cell.sequence, f"slice AUROC minus {against}": cell.network, "difference": str(fault).splitlines()[0]}
            )
            continue
        row = next(r for r in rows if r["metric"] == "auroc" and r["scope"] == "all" and not r["calibrated"])
        within = (
            f" ({row['low']:+.3f} to {row['high']:+.3f})" if row.get("low") is not None else f" ({row.get('undefined') or row['method']})"
        )
        told = "undefined" if row["difference"] is None else f"{row['difference']:+.3f}{within}"
        lines.append({"sequence": cell.sequence, f"slice AUROC minus {against}": cell.network, "difference": told})
    return lines


def reader_runs(path: Path, done: list[Cell], out: Path) -> list[Cell]:
    """Each reader as a run on the slices he or she answered; the answers stand where a network has its probabilities."""
    answers = pd.read_csv(path, dtype=str, keep_default_na=False)
    lacking = {"reader", "image", "answer"} - set(answers.columns)
    if lacking:
        sys.exit(f"{path}: no column {', '.join(sorted(lacking))}. It needs reader, image, answer.")
    made = []
    for cell in (cell for cell in done if cell.network == BACKBONES[1]):
        cohort = load_for_check(compose(list(cell.words)))
        for reader, own in answers.groupby("reader"):
            depth = len(Path(own["image"].iloc[0]).parts)
            names = cohort.rows.assign(image=["/".join(Path(path).parts[-depth:]) for path in cohort.rows["path"]])
            own = own.merge(names[["image", "id"]], on="image")
            if own.empty:
                continue
            if own["id"].duplicated().any():
                sys.exit(f"{path}: reader {reader} answers an image twice, or the names of images are not unique.")
            made.append(reader_run(out, cell, str(reader), dict(zip(own["id"], own["answer"], strict=True)), cohort.manifest.classes))
    return made


def reader_run(out: Path, cell: Cell, reader: str, answers: dict[str, str], classes: list[str]) -> Cell:
    run = out / "readers" / cell.sequence / reader.replace(" ", "_")
    (run / "predictions").mkdir(parents=True, exist_ok=True)
    read = pd.read_csv(cell.run / "predictions" / "test.csv", dtype={"id": str})
    read = read[read["id"].isin(answers) & (read["seed"] == read["seed"].min())]
    p = read["id"].map(answers).map(lambda said: float(said == classes[-1]) if said in classes else float(said))
    read = read.assign(**{f"p_{classes[-1]}": p, f"p_{classes[0]}": 1 - p}, fold=0, member=0)
    read.to_csv(run / "predictions" / "test.csv", index=False)
    (run / "cases.csv").write_bytes((cell.run / "cases.csv").read_bytes())
    asked = json.loads((cell.run / "evaluation.json").read_text())
    (run / "evaluation.json").write_text(json.dumps(asked | {"external": True, "title": reader}))  # nothing is learned from a reader
    key, entry = next(iter(json.loads((cell.run / "calibration.json").read_text()).items()))
    fixed = entry | {"temperature": 1.0, "thresholds": dict.fromkeys(entry["thresholds"], 0.5)}
    (run / "calibration.json").write_text(json.dumps({f"{key.split('/')[0]}/0": fixed}))
    evaluate(run)
    return Cell(cell.sequence, reader, run, ())


def figure_5(done: list[Cell], path: Path) -> None:
    """ROC curves of the backbones, a panel per sequence."""
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    for axis, sequence in zip(figure.subplots(1, 3), SEQUENCES, strict=True):
        axis.plot([0, 1], [0, 1], color="#767676", linestyle=":", linewidth=1)
        for cell in (cell for cell in done if cell.sequence == sequence and cell.network in COLOURS):
            curve = pd.read_csv(cell.run / "tables" / "roc.csv")
            axis.plot(curve["fpr"], curve["tpr"], color=COLOURS[cell.network], label=f"{cell.network} {shown(row_of(cell.run, 'auroc'))}")
        axis.set(title=sequence, xlabel="1 - specificity", ylabel="sensitivity", aspect="equal")
        if axis.get_legend_handles_labels()[0]:
            axis.legend(loc="lower right", fontsize=7)
    figure.savefig(path, dpi=200)


def write(out: Path, done: list[Cell], readers: list[Cell], built_in: bool) -> Path:
    parts = ["# Tables of the encephalitis/glioma paper\n"]
    parts += ["Built-in cohort: shows the method, not medicine.\n"] if built_in else []
    parts.append("Ours: mean over folds with 95 % interval (patients drawn); the paper gives none. The two cannot be subtracted.\n")
    for number, sequence in enumerate(SEQUENCES, start=3):
        if lines := per_sequence(done, sequence):
            parts += [f"## Table {number}: {sequence}\n", table(lines), ""]
    if lines := means([*done, *readers], (*BACKBONES, *dict.fromkeys(cell.network for cell in readers))):
        parts += ["## Table 6: mean over sequences, readers beside the networks\n", table(lines), ""]
    if not readers:
        parts.append("Human readers: not measured (--readers FILE).\n")
    if lines := means(done, (*BACKBONES, *OTHERS)):
        parts += ["## Table 7: other methods on the same slices\n", table(lines), ""]
    if lines := differences([*done, *readers], "resnet50"):
        parts += ["## Paired differences\n", table(lines), ""]
    parts.append("Networks start from random weights; rows with ImageNet weights: not measured.\n")
    path = out / "tables.md"
    path.write_text("\n".join(parts))
    figure_5(done, out / "figure_5.png")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=sorted(PROFILES), default="quick")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--plan", action="store_true")
    parser.add_argument("--only", nargs="*", default=[], help="cells or parts of their names: FLAIR, FLAIR/resnet50, capsnet")
    parser.add_argument("--readers", type=Path)
    parser.add_argument("more", nargs="*", help="settings for every run")
    arguments = parser.parse_args()
    out = (arguments.out or Path("runs") / "reproduce_brain" / arguments.profile).absolute()
    todo = cells(out, arguments.profile, arguments.only, arguments.more)
    if not todo:
        sys.exit(f"--only {' '.join(arguments.only)}: no cell has such a name. Sequences {SEQUENCES}, networks {(*BACKBONES, *OTHERS)}.")
    if arguments.plan:
        return plan(todo)
    for cell in todo:
        train(cell)
    done = [cell for cell in cells(out, arguments.profile, [], arguments.more) if cell.done]
    readers = reader_runs(arguments.readers, done, out) if arguments.readers else []
    print(write(out, done, readers, not any(word.startswith("data.manifest=") for word in arguments.more)))
    return None


if __name__ == "__main__":
    main()
