"""Human readers of table 6 as runs beside the networks. Not a command; the table is reproduce_brain.py's --readers."""

import json
import sys
from pathlib import Path

import pandas as pd
from brain_cells import Cell

from medimg.evaluate import evaluate
from medimg.recipes.supervised import load_for_check
from medimg.run.compose import compose


def reader_runs(path: Path, cells: list[Cell], out: Path) -> list[Cell]:
    """Each reader as a run on the slices he or she answered; the answers stand where a network has its probabilities.

    Ends where an answer is of no image, or is neither a class nor a probability. Runs are made beside finished cells.
    """
    answers = pd.read_csv(path, dtype=str, keep_default_na=False)
    lacking = {"reader", "image", "answer"} - set(answers.columns)
    if lacking:
        sys.exit(f"{path}: no column {', '.join(sorted(lacking))}. It needs reader, image, answer.")
    answers["image"] = ["/".join(Path(name).parts) for name in answers["image"]]
    depth = {len(name.split("/")) for name in answers["image"]}
    alike = {cell.sequence: cell for cell in cells if cell.network == "resnet50" and cell.start == "scratch"}
    cohorts = [load_for_check(compose(list(cell.words))) for cell in alike.values()]
    known = pd.concat([_names(cohort.rows, depth) for cohort in cohorts]).drop_duplicates()
    classes = list(cohorts[0].manifest.classes)
    if faults := faults_of(answers, {*known["image"]}, classes):
        sys.exit("\n".join([f"{path}:", *faults]))
    found = answers.merge(known, on="image")
    if (twice := found[found.duplicated(["reader", "image"]) | found.duplicated(["reader", "id"])]).size:
        sys.exit(f"{path}: images answered twice by a reader, or whose names are not unique: {', '.join(twice['image'][:10])}.")
    return [
        reader_run(out, cell, str(reader), dict(zip(own["id"], own["answer"], strict=True)), classes)
        for cell in alike.values()
        if cell.done
        for reader, own in found[found["id"].isin(_test(cell)["id"])].groupby("reader")
    ]


def _test(cell: Cell) -> pd.DataFrame:
    return pd.read_csv(cell.run / "predictions" / "test.csv", dtype={"id": str})


def faults_of(answers: pd.DataFrame, known: set[str], classes: list[str]) -> list[str]:
    """What is wrong with answers, line by line of their file: of no image, neither a class nor a number from 0 to 1."""
    faults = []
    for line, (name, said) in enumerate(zip(answers["image"], answers["answer"], strict=True), 2):
        if name not in known:
            faults.append(f"line {line}: no image of the cohort is called {name}.")
        if said not in classes and not _is_probability(said):
            faults.append(f"line {line}: '{said}' is neither {' nor '.join(classes)} nor a number from 0 to 1.")
    return faults


def _is_probability(said: str) -> bool:
    try:
        return 0 <= float(said) <= 1
    except ValueError:
        return False


def _names(rows: pd.DataFrame, depth: set[int]) -> pd.DataFrame:
    """The ids of images by the ends of their paths, as long as the answers write them."""
    parts = [(name, Path(path).parts) for name, path in zip(rows["id"], rows["path"], strict=True)]
    return pd.DataFrame([(name, "/".join(own[-n:])) for name, own in parts for n in sorted(depth)], columns=["id", "image"])


def reader_run(out: Path, cell: Cell, reader: str, answers: dict[str, str], classes: list[str]) -> Cell:
    run = out / "readers" / cell.sequence / reader.replace(" ", "_")
    (run / "predictions").mkdir(parents=True, exist_ok=True)
    read = _test(cell)
    read = read[read["id"].isin(answers) & (read["seed"] == read["seed"].min())]
    p = read["id"].map(answers).map(lambda said: float(said == classes[-1]) if said in classes else float(said))
    read = read.assign(**{f"p_{classes[-1]}": p, f"p_{classes[0]}": 1 - p}, fold=0, member=0)
    read.to_csv(run / "predictions" / "test.csv", index=False)
    (run / "cases.csv").write_bytes((cell.run / "cases.csv").read_bytes())
    asked = json.loads((cell.run / "evaluation.json").read_text())
    (run / "evaluation.json").write_text(json.dumps(asked | {"external": True, "title": reader}))  # nothing is learned from a reader
    key, entry = next(iter(json.loads((cell.run / "calibration.json").read_text()).items()))
    plain = {"temperature": 1.0, "thresholds": dict.fromkeys(entry["thresholds"], 0.5)}
    fixed = entry | plain | ({"patient": entry["patient"] | plain} if "patient" in entry else {})
    (run / "calibration.json").write_text(json.dumps({f"{key.split('/')[0]}/0": fixed}))
    evaluate(run)
    return Cell(sequence=cell.sequence, network=reader, run=run)
