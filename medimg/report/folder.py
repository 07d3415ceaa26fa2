"""Reads a run folder for a report: what is there as values, what is not there as sentences."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from medimg.errors import RunError

Json = dict[str, Any]
KEYS = {"id": str, "patient": str, "label": str, "site": str, "sequence": str, "true": str, "predicted": str, "class": str, "group": str}


@dataclass
class RunFolder:
    """Everything a report is made from; `missing` says, file by file, what the run does not have (yet)."""

    path: Path
    missing: list[tuple[str, str]] = field(default_factory=list)
    evaluation: Json = field(default_factory=dict)
    metrics: Json = field(default_factory=dict)
    flow: Json = field(default_factory=dict)
    proof: Json = field(default_factory=dict)
    calibration: Json = field(default_factory=dict)
    environment: Json = field(default_factory=dict)
    config: Json = field(default_factory=dict)
    overrides: list[str] = field(default_factory=list)
    explained: list[Json] = field(default_factory=list)
    cases: pd.DataFrame = field(default_factory=pd.DataFrame)
    split: pd.DataFrame = field(default_factory=pd.DataFrame)
    refused: pd.DataFrame = field(default_factory=pd.DataFrame)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def classes(self) -> list[str]:
        """The classes in the order of the run; for two classes the last one is the positive."""
        return [str(name) for name in self.evaluation.get("classes") or self.metrics.get("classes") or []]

    @property
    def kind(self) -> str:
        """One of binary, multiclass, multilabel, distribution; empty when the run does not say."""
        return str(self.evaluation.get("kind") or self.metrics.get("kind") or "")

    @property
    def several(self) -> bool:
        """Whether an image can show more than one of the classes."""
        return self.kind in ("multilabel", "distribution")

    @property
    def external(self) -> bool:
        """Whether the run judges a model on cases of another source."""
        return bool(self.evaluation.get("external"))

    def unit(self, level: str) -> str:
        """The word for what a level counts: where sequences are judged together, an image is a place."""
        return "place" if level == "image" and self.evaluation.get("fused") else level

    @property
    def cohort(self) -> str:
        """The name of the cohort; a built-in one starts with "phantom:"."""
        return str(self.evaluation.get("cohort") or "")

    @property
    def warnings(self) -> list[str]:
        """What makes the numbers of a run worthless outside a lesson, from the proof of its split; nothing for a run as it should be."""
        return [str(warning) for warning in self.proof.get("warnings") or []]

    @property
    def rows(self) -> list[Json]:
        """The rows of metrics.json that can be shown."""
        return [row for row in self.metrics.get("rows") or [] if isinstance(row, dict) and "metric" in row]


# file, what a reader misses without it; a run of another hospital has no split and no training of its own
JSON = {
    "evaluation": ("evaluation.json", "what was judged and how"),
    "metrics": ("metrics.json", "the results: the evaluation has not been made"),
    "flow": ("flow.json", "the flow of patients"),
    "proof": ("split_proof.json", "the proof that no patient is in two parts"),
    "calibration": ("calibration.json", "thresholds and temperature"),
    "environment": ("environment.json", "versions, seeds and device"),
}
TABLES = {
    "roc": "the ROC curves", "pr": "the precision-recall curves", "reliability": "the reliability of the probabilities",
    "confusion": "the confusion matrix", "errors": "the worst errors", "paper": "", "against": "", "fewer": "",
    "generated": "", "real_test": "", "generated_test": "", "phases": "",
}  # fmt: skip
SIGNS = ("config.yaml", "evaluation.json", "metrics.json", "cases.csv")
DAMAGED = " (the file is damaged)"
NOT_EXTERNAL = {"split_proof.json", "split.csv"}


def read_run(path: Path) -> RunFolder:
    """Read all there is under a run folder; only a folder that is no run at all is an error."""
    if not path.is_dir() or not any((path / name).exists() for name in SIGNS):
        raise RunError(
            f"{path.name!r} is not a run folder: it has neither config.yaml, evaluation.json, metrics.json nor cases.csv. Name a run."
        )
    run = RunFolder(path)
    for name, (file, what) in JSON.items():
        setattr(run, name, _json(run, file, what, dict))
    run.config = _config(run)
    asked = (run.config.get("evaluate") or {}).get("explain") != 0
    run.explained = _json(run, "explain/explain.json", "the heat-maps" if asked else "", list)
    overrides = path / "overrides.txt"
    run.overrides = overrides.read_text(encoding="utf-8").splitlines() if overrides.exists() else []
    run.cases = _table(run, "cases.csv", "the cohort")
    run.split = _table(run, "split.csv", "the split")
    run.refused = _table(run, "refused.csv", "")
    run.tables = {name: _table(run, f"tables/{name}.csv", what) for name, what in TABLES.items()}
    if not run.metrics:  # one line says it for all that the evaluation writes
        run.missing = [entry for entry in run.missing if entry[1].endswith(DAMAGED) or not entry[0].startswith(("tables/", "calibration"))]
    return run


def _lacks(run: RunFolder, file: str, what: str) -> None:
    if what and not (file in NOT_EXTERNAL and run.external):
        run.missing.append((file, what))


def _json(run: RunFolder, file: str, what: str, shape: type) -> Any:
    try:
        value = json.loads((run.path / file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        _lacks(run, file, what)
        return shape()
    except (OSError, ValueError):
        _lacks(run, file, what + DAMAGED)
        return shape()
    return value if isinstance(value, shape) else shape()


def _config(run: RunFolder) -> Json:
    try:
        value = yaml.safe_load((run.path / "config.yaml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        _lacks(run, "config.yaml", "the configuration")
        return {}
    except (OSError, yaml.YAMLError):
        _lacks(run, "config.yaml", "the configuration" + DAMAGED)
        return {}
    return value if isinstance(value, dict) else {}


def _table(run: RunFolder, file: str, what: str) -> pd.DataFrame:
    try:
        return pd.read_csv(run.path / file, dtype=KEYS, keep_default_na=True).pipe(_blank_words)
    except FileNotFoundError:
        _lacks(run, file, what)
    except (OSError, ValueError):
        _lacks(run, file, what + DAMAGED)
    return pd.DataFrame()


def _blank_words(table: pd.DataFrame) -> pd.DataFrame:
    texts = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    return table.assign(**{name: table[name].fillna("").astype(str) for name in texts})
