"""Run folders with predictions of a made-up model, so that statistics are tested without any training."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from medimg.evaluate.rule import PAPER


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def table(kind, classes, patients, images, rng, part, mixed, skill):
    """One row per image: a patient's images share a part of the noise; mixed patients have images of several labels."""
    of = np.repeat(np.arange(patients), images)
    own = np.arange(patients) % len(classes)
    label = own[of]
    if mixed:
        label = np.where(rng.random(len(of)) < 0.3, rng.integers(len(classes), size=len(of)), label)
    logits = rng.normal(size=(patients, len(classes)))[of] + rng.normal(size=(len(of), len(classes)))
    truth = np.eye(len(classes))[label]
    if kind in ("multilabel", "distribution"):
        truth = np.maximum(truth, np.eye(len(classes))[(label + 1) % len(classes)] * (of % 4 == 0)[:, None])
    logits = logits + skill * truth
    p = 1 / (1 + np.exp(1 - logits)) if kind == "multilabel" else softmax(logits)
    names = ["|".join(name for name, yes in zip(classes, row, strict=True) if yes) for row in truth]
    ids = [f"{part}{number:06x}" for number in range(len(of))]
    site = np.array(["A", "B"])[of // 4 % 2]
    return pd.DataFrame({"id": ids, "patient": [f"{part}-p{k}" for k in of], "site": site, "label": names}), p


@pytest.fixture
def make_run(tmp_path):
    def make(
        kind="binary",
        classes=("no", "yes"),
        patients=60,
        images=4,
        folds=3,
        seeds=(0,),
        members=1,
        mixed=False,
        skill=1.5,
        name="run",
        **asked,
    ):
        run = tmp_path / name
        (run / "predictions").mkdir(parents=True)
        rng = np.random.default_rng(7)
        parts = {"val": [], "test": []}
        for part, size in (("val", patients // 2), ("test", patients)):
            frame, _ = table(kind, classes, size, images, rng, part, mixed, skill)
            number = frame["patient"].str.extract(r"p(\d+)$")[0].astype(int)
            for seed in seeds:
                rng_seed = np.random.default_rng([11, seed])
                for member in range(members):
                    _, p = table(kind, classes, size, images, rng_seed, part, mixed, skill)
                    # the labels of `frame` rule: noise of this seed and member, skill on the true labels
                    truth = np.array([[c in label.split("|") for c in classes] for label in frame["label"]], dtype=float)
                    shared = np.random.default_rng([5, part == "val"]).normal(size=(size, len(classes)))[number]
                    logits = skill * truth + shared + rng_seed.normal(size=p.shape)
                    p = 1 / (1 + np.exp(1 - logits)) if kind == "multilabel" else softmax(logits)
                    for fold in range(folds):
                        keep = np.ones(len(frame), bool) if part == "val" else (number // len(classes) % folds == fold).to_numpy()
                        columns = {f"p_{c}": p[keep, k] for k, c in enumerate(classes)}
                        parts[part].append(frame[keep].assign(seed=seed, fold=fold, member=member, **columns))
        for part, tables in parts.items():
            pd.concat(tables).to_csv(run / "predictions" / f"{part}.csv", index=False, float_format="%.9g")
        cases = pd.concat(parts["test"]).drop_duplicates("id")[["id", "patient", "site", "label"]]
        cases.assign(sequence=np.where(np.arange(len(cases)) % 3 == 0, "FLAIR", "T2")).to_csv(run / "cases.csv", index=False)
        asked = ({"rule": asdict(PAPER)} if kind == "distribution" else {}) | asked
        asked = {"kind": kind, "classes": list(classes), "draws": 200, "seed": 0, "subgroups": ["site", "sequence"]} | asked
        (run / "evaluation.json").write_text(json.dumps(asked))
        return run

    return make


@pytest.fixture
def rewrite():
    """Change the table of a part in place."""

    def change(run, part, function):
        path = run / "predictions" / f"{part}.csv"
        function(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)

    return change


@pytest.fixture
def pick():
    """Find the one row of a metric."""

    def find(metrics, metric, scope="all", level="image", aggregate=None, calibrated=False):
        found = [r for r in metrics["rows"] if (r["metric"], r["scope"], r["level"], r["calibrated"]) == (metric, scope, level, calibrated)]
        found = [r for r in found if aggregate in (None, r["aggregate"])]
        assert len(found) == 1, (metric, scope, level, aggregate, len(found))
        return found[0]

    return find
