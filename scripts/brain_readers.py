"""Human readers of table 6 as runs beside the networks. Not a command; the table is reproduce_brain.py's --readers."""

import json
import sys
from pathlib import Path

import pandas as pd
from brain_cells import Cell

from medimg.evaluate import evaluate
from medimg.recipes.supervised import load_for_check
from medimg.run.compose import compose


def reader_runs(path: Path, done: list[Cell], out: Path) -> list[Cell]:
    """Each reader as a run on the slices he or she answered; the answers stand where a network has its probabilities."""
    answers = pd.read_csv(path, dtype=str, keep_default_na=False)
    lacking = {"reader", "image", "answer"} - set(answers.columns)
    if lacking:
        sys.exit(f"{path}: no column {', '.join(sorted(lacking))}. It needs reader, image, answer.")
    made = []
    for cell in (cell for cell in done if cell.network == "resnet50" and cell.start == "scratch"):
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
    return Cell(sequence=cell.sequence, network=reader, run=run)
