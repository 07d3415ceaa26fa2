"""Per-case tables of probabilities, and the question they answer: all that evaluate needs."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from medimg.evaluate.calibration import least_log_loss
from medimg.evaluate.rule import PAPER
from medimg.io.files import write_atomically
from medimg.losses import Kind, outputs_of, probabilities
from medimg.metrics import Undefined, auroc
from medimg.settings import Settings


def write_scores(
    path: Path, rows: pd.DataFrame, logits: NDArray[np.float32], kind: Kind, classes: Sequence[str], *, seed: int, fold: int, member: int
) -> None:
    """Write the per-case table of one network: raw probabilities of every class, nine digits, never the arg-max.

    A column of logits more than there are answers is how much the case counts for its patient.
    """
    answers = outputs_of(kind, len(classes))
    p = probabilities(torch.from_numpy(logits[:, :answers]), kind).numpy()
    table = rows[["id", "patient", "site"]].assign(seed=seed, fold=fold, member=member, label=rows["label"])
    table = table.assign(**{f"p_{name}": p[:, k] for k, name in enumerate(classes)})
    if logits.shape[1] > answers:
        table["log_weight"] = logits[:, answers]
    write_atomically(path, table.to_csv(index=False, float_format="%.9g").encode())


def join_scores(tables: Sequence[Path], path: Path) -> None:
    """Join the tables of several networks, cell by cell as written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    joined = pd.concat([pd.read_csv(table, dtype=str, keep_default_na=False) for table in tables])
    write_atomically(path, joined.to_csv(index=False).encode())


def measures(logits: NDArray[np.float32], labels: NDArray[np.float32], kind: Kind) -> dict[str, float]:
    """Measure a network on validation: log-loss after its best temperature, and AUROC (mean over the classes where it is defined).

    Of several labels, each with a probability of its own, also the share of cases whose every label is right at a threshold of 0.5.
    The temperature is fitted again in the end, so an epoch is chosen by how well it tells the classes apart, not by how sure it is.
    """
    first = 1 if kind == "binary" else 0
    p = probabilities(torch.from_numpy(logits), kind).numpy().astype(np.float64)[:, first:]
    truth = labels[:, first:] > 0.5
    row = {"val/loss": least_log_loss(truth, p, kind)}
    areas = [area for k in range(p.shape[1]) if not isinstance(area := auroc(truth[:, k], p[:, k]), Undefined)]
    exact = {"val/exact_match": float(((p >= 0.5) == truth).all(axis=1).mean())} if kind == "multilabel" else {}
    return row | ({"val/auroc": float(np.mean(areas))} if areas else {}) | exact


def question_of(settings: Settings, kind: Kind, classes: Sequence[str]) -> dict[str, Any]:
    """What evaluate needs to know."""
    return {
        "kind": kind, "classes": list(classes), "draws": settings.evaluate.draws, "seed": settings.evaluate.seed,
        "rule": asdict(PAPER) if kind == "distribution" else None,
        "subgroups": subgroups_of(settings), "fused": list(settings.data.fuse), "external": False,
        "title": settings.title or title_of(settings, classes),
        "profile": settings.profile, "paper": papers_lines(settings) or None,
    }  # fmt: skip


def subgroups_of(settings: Settings) -> list[str]:
    """The columns that make subgroups; of fused cases the set of sequences that each has takes the place of its one sequence."""
    if not settings.data.fuse:
        return list(settings.data.subgroups)
    return [*(name for name in settings.data.subgroups if name != "sequence"), "sequences"]


def title_of(settings: Settings, classes: Sequence[str]) -> str:
    """Name a run by its question where nobody named it."""
    question = (", " if settings.data.multilabel else " or ").join(classes)
    return question if settings.data.label == "label" else f"{settings.data.label}: {question}"


def papers_lines(settings: Settings) -> list[dict[str, Any]]:
    """The paper's figures that answer this run's question, one line each.

    Each table of `paper` has a `source`, `rows` (row: {metric: figure}), and under `only` keys of `data` and what they must be.
    """
    asked = asdict(settings.data)
    return [
        {"row": row, "metric": metric, "value": value, "source": table.get("source")}
        for table in settings.paper
        if all(_plain(asked.get(key)) == _plain(value) for key, value in (table.get("only") or {}).items())
        for row, figures in table["rows"].items()
        for metric, value in figures.items()
    ]


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))
