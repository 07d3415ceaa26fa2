"""Writes run folders as the recipes leave them: cross-validation of two classes, a hold-out of several labels, an external one."""

import hashlib
import io
import json
import shutil
from dataclasses import asdict

import numpy as np
import pandas as pd
import yaml
from PIL import Image

from medimg.evaluate import evaluate
from medimg.evaluate.rule import PAPER

RAW_PATIENT = "Mustermann-4711"
SITES = np.array(["north", "south", "east"])
COMMON = ["seed", "fold", "member"]


def anon(kind, number):
    return f"anon-0a1b2c3d-{hashlib.sha256(f'{kind}{number}'.encode()).hexdigest()[:16]}"


def cases_table(rng, labels_of, patients, sequences):
    rows = []
    for patient in range(patients):
        label = labels_of(patient)
        for image in range(int(rng.integers(4, 12))):
            number = patient * 100 + image
            rows.append(
                {
                    "id": f"{number:016x}", "patient": anon("p", patient), "study": anon("t", patient), "series": anon("e", patient),
                    "sop": anon("s", number), "pixel_sha256": f"{number:064x}", "site": SITES[patient % 3], "view": "",
                    "sequence": sequences[image % len(sequences)], "acquired_month": f"2019-{1 + patient % 12:02d}", "label": label,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def split_table(cases, folds, members=(0,)):
    order = {patient: number for number, patient in enumerate(cases["patient"].unique())}
    parts, frames = max(folds, 5), []
    for fold in range(folds):
        turn = (cases["patient"].map(order) - fold) % parts
        part = np.select([turn == 0, turn == 1], ["test", "val"], "train")
        frames += [pd.DataFrame({"id": cases["id"], "fold": fold, "member": member, "part": part}) for member in members]
    return pd.concat(frames, ignore_index=True)


def predictions(rng, cases, split, part, classes, kind, seeds):
    frames = []
    for seed in seeds:
        rows = split[split["part"] == part].merge(cases, on="id")
        table = rows[["id", "patient", "site", "fold", "member", "label"]].assign(seed=seed)
        truth = np.stack([rows["label"].str.split("|").map(lambda labels, name=name: name in labels) for name in classes], axis=1)
        level = 1.5 * truth + rng.normal(0, 1, truth.shape)
        if kind == "multilabel":
            level = 1 / (1 + np.exp(1.2 - 2 * level))
        else:
            level = np.exp(2 * level) / np.exp(2 * level).sum(axis=1, keepdims=True)
        frames.append(pd.concat([table, pd.DataFrame(level, columns=[f"p_{name}" for name in classes])], axis=1))
    return pd.concat(frames, ignore_index=True)[["id", "patient", "site", *COMMON, "label", *(f"p_{name}" for name in classes)]]


def picture(rng, size=96):
    grid = np.hypot(*np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j])
    grey = np.clip(200 * np.exp(-4 * grid**2) + rng.normal(0, 12, grid.shape), 0, 255).astype("uint8")
    data = io.BytesIO()
    Image.fromarray(grey).save(data, "PNG")
    return data.getvalue()


def write_explanations(run, rng, classes):
    rows = []
    for case in pd.read_csv(run / "tables" / "errors.csv", dtype={"id": str}).head(6).itertuples():
        names = {"image": f"{case.id}.png", "overlay": f"{case.id}_cam.png"}
        for name in names.values():
            (run / "explain" / name).write_bytes(picture(rng))
        p = {classes[0]: 1 - case.p, classes[-1]: case.p}
        rows.append({"id": case.id, "label": case.label, "p": p, "target": classes[-1]} | names)
    (run / "explain" / "explain.json").write_text(json.dumps(rows))


def write_training(run, rng, folds, seeds):
    for number, (seed, fold) in enumerate((seed, fold) for seed in seeds for fold in folds):
        stage = run / "stages" / f"{number}_train_seed{seed}_fold{fold}_member0"
        (stage / "checkpoints").mkdir(parents=True)
        loss = 0.7 * np.exp(-np.arange(12) / 5) + rng.normal(0, 0.02, (2, 12))
        lines = [
            {"epoch": e, "step": 10 * e + 10, "train/loss": loss[0, e], "val/loss": loss[1, e] + 0.1, "val/auroc": 0.95 - 0.4 * loss[1, e],
             "lr": 1e-3 * 0.9**e, "seconds": 4.2, "images_per_s": 151.0} for e in range(12)
        ]  # fmt: skip
        (stage / "progress.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        (stage / "done.json").write_text(json.dumps({"inputs": "ab" * 32}))


def write_plain(run, cases, split, classes, kind, folds, evaluation):
    config = {
        "profile": "demo", "experiment": "fake", "data": {"manifest": f"/data/{RAW_PATIENT}/manifest.csv", "label": "lesion", "size": 32},
        "model": {"name": "resnet18", "weights": "../weights/net.safetensors"}, "trainer": {"monitor": "val/auroc", "max_epochs": 12},
    }  # fmt: skip
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    (run / "overrides.txt").write_text(f"experiment=fake\ndata.manifest=/data/{RAW_PATIENT}/manifest.csv\n")
    environment = {
        "versions": {"medimg": "0.1.0", "python": "3.11.7", "torch": "2.15.0"}, "git": "0123abc", "seeds": [1, 2],
        "machine": {"hostname": "ward-pc-7", "user": "mueller", "cpu": "2 cores", "accelerator": "none", "cwd": "/home/mueller/x"},
        "hashes": {"manifest": "cd" * 32},
    }  # fmt: skip
    (run / "environment.json").write_text(json.dumps(environment))
    checks = [
        {"name": name, "compared": len(cases), "found": 0}
        for name in ("patients in one part only", "studies in one part only", "images in one part only")
    ]
    proof = {"checks": checks, "split_sha256": "ef" * 32, "key_fingerprint": "0a1b2c3d"}
    (run / "split_proof.json").write_text(json.dumps(proof))
    joined = split.merge(cases, on="id")
    parts = {
        str(fold): {p: {"images": len(t), "patients": int(t["patient"].nunique())} for p, t in table.groupby("part")}
        for fold, table in joined[joined["member"] == 0].groupby("fold")
    }
    used = len(cases)
    flow = {"found": used + 31, "refused": 9, "excluded": 18, "duplicate": 4, "used": used, "parts": parts}
    (run / "flow.json").write_text(json.dumps(flow))
    refused = pd.DataFrame({"row": range(9), "reason": ["truncated file"] * 6 + ["no pixel data"] * 3})
    refused.to_csv(run / "refused.csv", index=False)
    (run / "evaluation.json").write_text(json.dumps({"kind": kind, "classes": classes, "draws": 200, "seed": 0} | evaluation))


def fake_run(run, *, kind="binary", folds=5, seeds=(1, 2), patients=40, **evaluation):
    """A finished run folder; `kind` is binary, multiclass, multilabel or distribution."""
    rng = np.random.default_rng(0)
    classes = ["encephalitis", "glioma"] if kind == "binary" else ["hyperthyroidism", "nodule", "goitre", "reduced_uptake"]
    mixed = [*classes, "goitre|reduced_uptake"] if kind in ("multilabel", "distribution") else classes
    cases = cases_table(rng, lambda patient: mixed[int(rng.integers(len(mixed)))], patients, ["FLAIR", "T2"] if kind == "binary" else [""])
    split = split_table(cases, folds)
    for folder in ("tables", "explain", "predictions", "stages"):
        (run / folder).mkdir(parents=True)
    cases.to_csv(run / "cases.csv", index=False)
    split.to_csv(run / "split.csv", index=False)
    fold_names = range(folds)
    facts = {"subgroups": ["site"], "external": False, "title": "Fake run", "cohort": "phantom:brain@1", "paper": None} | evaluation
    facts |= {"rule": asdict(PAPER)} if kind == "distribution" else {}
    write_plain(run, cases, split, classes, kind, fold_names, facts)
    tables = {part: predictions(rng, cases, split, part, classes, kind, seeds) for part in ("val", "test")}
    for part, table in tables.items():
        table.to_csv(run / "predictions" / f"{part}.csv", index=False, float_format="%.9g")
    evaluate(run)
    write_explanations(run, rng, classes)
    write_training(run, rng, fold_names, seeds)
    return run


def external_run(run, **evaluation):
    """The judged run's numbers on another hospital's cases: no split of its own, no training."""
    source = {"metric": "auroc", "level": "image", "scope": "all", "aggregate": "mean_over_folds", "calibrated": False}
    source |= {"estimate": 0.95, "low": 0.91, "high": 0.98, "n": 300, "patients": 175}
    fake_run(run, folds=1, seeds=(1,), patients=150, cohort="other hospital", source_metrics={"rows": [source]}, **evaluation)
    facts = json.loads((run / "evaluation.json").read_text())
    (run / "evaluation.json").write_text(json.dumps(facts | {"external": True}))
    flow = json.loads((run / "flow.json").read_text()) | {"parts": {}}
    (run / "flow.json").write_text(json.dumps(flow))
    for name in ("split.csv", "split_proof.json"):
        (run / name).unlink()
    shutil.rmtree(run / "stages")
    return run
