"""Files of a run folder, written whole or not at all."""

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd


def write_text(path: Path, text: str) -> None:
    """Write beside the file, then put it in its place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def write_json(path: Path, content: Any) -> None:
    """Write JSON that every reader takes: no NaN, no infinity."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_table(folder: Path, name: str, table: pd.DataFrame, heading: str, note: str = "") -> None:
    """Write a table twice: CSV with all digits for machines, Markdown for readers."""
    write_text(folder / f"{name}.csv", table.to_csv(index=False, float_format="%.9g", lineterminator="\n"))
    write_text(folder / f"{name}.md", markdown(table, heading, note))


def markdown(table: pd.DataFrame, heading: str, note: str = "") -> str:
    """Lay a table out in Markdown; numbers with three decimals, nothing where there is none."""
    lines = [f"# {heading}", ""] + ([note, ""] if note else [])
    lines += ["| " + " | ".join(map(_cell, table.columns)) + " |", "|" + " --- |" * len(table.columns)]
    lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in table.itertuples(index=False, name=None)]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value).replace("|", "\\|").replace("\n", " ")
