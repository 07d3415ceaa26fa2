"""Simulated learning curves without any training: units of a known truth, written as the recipe writes them."""

import json
import math

import numpy as np
import pandas as pd

STOP = {"rules": ["max_entropy", "max_labels", "pool_empty"], "max_entropy": 0.3, "max_labels": 60}


def skill(strategy, number, gain, rounds):
    """How far the classes lie apart after a round: a straight way from 0.6 to 1.8, faster by the gain of a strategy."""
    return 1.9 if strategy == "full" else 0.6 + 1.2 * min(1.0, number / rounds * (1 + gain.get(strategy, 0.0)))


def fold_cases(fold, patients, images, mixed, classes, rng):
    of = np.repeat(np.arange(patients), images)
    label = of % len(classes)
    if mixed:
        label = np.where(rng.random(len(of)) < 0.3, rng.integers(len(classes), size=len(of)), label)
    ids = [f"t{fold}{number:05x}" for number in range(len(of))]
    return pd.DataFrame({"id": ids, "patient": [f"f{fold}p{k}" for k in of], "site": "A", "label": np.array(classes)[label]}), of, label


def make_simulation(
    run, *, strategies=("random", "entropy", "diverse"), repeats=3, folds=2, rounds=4, patients=40, images=3, budget=10, draws=300,
    gain=None, null=False, mixed=False, classes=("no", "yes"), seed=0, keep=lambda unit: True, pools=None, **asked,
):  # fmt: skip
    """Write a run folder; `gain` makes a strategy learn faster, `null` gives every case a probability that knows nothing of it.

    `pools`, images of each fold's pool, end its curves where they are empty.
    Each repeat and fold has luck with its initial labels, shared by all strategies, and each strategy luck of its own from then on.
    """
    (run / "sim").mkdir(parents=True)
    rng, gain = np.random.default_rng(seed), gain or {}
    pool = pd.DataFrame({"id": [f"c{n}" for n in range(400)], "patient": [f"q{n // 5}" for n in range(400)]})
    pool["label"] = np.array(classes)[np.arange(400) // 5 % len(classes)]
    pool.to_csv(run / "cases.csv", index=False)
    for fold in range(folds):
        frame, of, label = fold_cases(fold, patients, images, mixed, classes, rng)
        hard = rng.normal(size=(patients, len(classes)))[of] * 0.5 + rng.normal(size=(len(of), len(classes))) * 0.6
        for repeat in range(repeats):
            luck, own = (
                rng.normal() * 0.1,
                dict(zip([*strategies, "initial", "full"], rng.normal(size=len(strategies) + 2) * 0.1, strict=True)),
            )
            last = rounds if not pools else min(rounds, math.ceil((pools[fold] - 20) / budget))
            for name, number in [("initial", 0), *((s, n) for s in strategies for n in range(1, last + 1)), ("full", 99)]:
                unit = {"repeat": repeat, "fold": fold, "strategy": name, "round": number}
                known = 0.0 if null else skill(name, number, gain, rounds) + own[name] + luck * (1 - min(number, rounds) / rounds)
                noise = rng.normal(size=hard.shape) * (1.0 if null else 0.5)
                logits = known * np.eye(len(classes))[label] + (0 if null else hard) + noise
                if keep(unit):
                    write_unit(run, unit, frame, logits, classes, budget, rng, pools[fold] if pools else 400)
    facts = {"kind": "binary" if len(classes) == 2 else "multiclass", "classes": list(classes), "title": "Learning curves"}
    facts |= {"cohort": "phantom:brain@1", "preset": "fast", "unit": "slice", "budget": budget, "rounds": rounds, "mode": "retrain"}
    facts |= {"init": {"method": "patient", "size": 20}, "strategies": list(strategies), "repeats": repeats, "folds": folds}
    facts |= {"margin": 0.02, "noise": 0.0, "draws": draws, "seed": seed, "stop": STOP}
    parts = {str(f): {p: {"images": pools[f] if pools else 120, "patients": 40} for p in ("pool", "val", "test")} for f in range(folds)}
    (run / "simulation.json").write_text(json.dumps(facts | {"parts": parts} | asked))
    return run


def write_unit(run, unit, frame, logits, classes, budget, rng, pool):
    powers = np.exp(logits)
    p = powers / powers.sum(axis=1, keepdims=True)
    stem = f"r{unit['repeat']}_f{unit['fold']}_{unit['strategy']}_n{unit['round']:02d}"
    table = frame.assign(**{f"p_{name}": p[:, k] for k, name in enumerate(classes)})
    table.to_csv(run / "sim" / f"{stem}.csv", index=False, float_format="%.9g")
    number = unit["round"]
    labels = pool if unit["strategy"] == "full" else min(pool, 20 + budget * number)
    opened = {"full": 80, "random": 4 + 5 * number}.get(unit["strategy"], 4 + 3 * number)
    chosen = [] if unit["strategy"] == "full" else [f"c{k}" for k in rng.choice(400, 20 if number == 0 else budget, replace=False)]
    facts = {"labels": labels + 15, "open": pool - labels, "max_entropy": 0.69 - 0.1 * number, "high_entropy": 0.6}
    facts |= {"stop_set": [0, 1, 1, 0], "gain_high": 0.02, "score_low": 0.6}
    unit = unit | {
        "labels": labels,
        "patients": opened,
        "val_labels": 15,
        "val_patients": 5,
        "steps": 50 * (number + 1),
        "seconds_train": 2.0,
    }
    unit |= {"seconds_pick": 0.1, "chosen": chosen, "reasons": ["strategy"] * len(chosen), "weights_sha256": None}
    (run / "sim" / f"{stem}.json").write_text(json.dumps(unit | {"round_facts": None if number == 99 else facts}))
