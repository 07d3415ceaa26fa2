"""Human readers of table 6 as runs beside the networks. Not a command; the table is reproduce_brain.py's --readers."""

import csv
import difflib
import json
import re
import sys
from pathlib import Path, PurePosixPath

import pandas as pd
from brain_cells import BACKBONES, OTHERS, Cell

from medimg.evaluate import evaluate
from medimg.recipes.supervised import load_for_check
from medimg.run.compose import compose

COLUMNS = ("reader", "image", "answer")
SEPARATORS = {";": "semicolons", "\t": "tabs"}
SHOWN = 20  # faults of a file


def answers_in(path: Path, cells: list[Cell]) -> pd.DataFrame:
    """Read what readers answered: reader, image, answer, line, id and slug, the name of a reader's folder.

    Ends the command with all faults of the file: answers of no image, of one image twice, or that are neither a class nor a probability.
    """
    told = read(path)
    depth = {len(name.split("/")) for name in told["image"]}
    cohorts = [load_for_check(compose(list(cell.words))) for cell in _alike(cells)]
    known = pd.concat([_names(cohort.rows, depth) for cohort in cohorts]).drop_duplicates()
    if faults := faults_of(told, known, list(cohorts[0].manifest.classes)):
        more = [f"and {len(faults) - SHOWN} more."] if len(faults) > SHOWN else []
        sys.exit("\n".join([f"{path}:", *faults[:SHOWN], *more]))
    return told.merge(known, on="image").assign(slug=told["reader"].map(slugs(sorted({*told["reader"]}))))


def read(path: Path) -> pd.DataFrame:
    """Read the lines of a file of answers; ends the command where there are none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            rows = [{"line": lines.line_num, **{name: (line.get(name) or "").strip() for name in COLUMNS}} for line in lines]
            heads = lines.fieldnames or []
    except (OSError, UnicodeDecodeError) as fault:
        sys.exit(f"{path}: cannot be read as text in UTF-8 ({type(fault).__name__}). Give a CSV file with columns {', '.join(COLUMNS)}.")
    if lacking := [name for name in COLUMNS if name not in heads]:
        other = next(
            (f" Its header is parted by {name}; part it by commas." for sign, name in SEPARATORS.items() if sign in "".join(heads)), ""
        )
        sys.exit(f"{path}: no column {', '.join(lacking)}. It needs {', '.join(COLUMNS)}.{other}")
    if not rows:
        sys.exit(f"{path}: a header and no answer. Give a line for each image that was read.")
    return pd.DataFrame(rows).assign(image=lambda table: ["/".join(name.replace("\\", "/").split("/")) for name in table["image"]])


def slugs(readers: list[str]) -> dict[str, str]:
    """Give each reader a folder name of letters, digits, - and _ that no other has, on file systems without upper case too."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for reader in readers:
        plain = re.sub(r"[^\w-]+", "_", reader).strip("_") or "reader"
        free = next(name for name in (plain, *(f"{plain}_{k}" for k in range(2, 1_000))) if name.casefold() not in taken)
        taken.add(free.casefold())
        found[reader] = free
    return found


def faults_of(told: pd.DataFrame, known: pd.DataFrame, classes: list[str]) -> list[str]:
    """What is wrong with answers, line by line of their file; `known` are the names and ids of images."""
    faults, before = list[str](), dict[tuple[str, str], int]()
    ids = known.groupby("image")["id"].agg(list).to_dict()
    for row in told.itertuples():
        own = ids.get(row.image, [])
        wrong = [_reader_fault(row.reader), _answer_fault(row.answer, classes)]
        wrong += [f"no image of the cohort is called {row.image}."] if not own else []
        wrong += [f"{len(own)} images are called {row.image}. Write more of the path."] if len(own) > 1 else []
        first = before.setdefault((row.reader, own[0] if own else row.image), row.line)
        wrong += [f"{row.reader} has answered {row.image} in line {first}, too."] if first != row.line else []
        faults += [f"line {row.line}: {text}" for text in wrong if text]
    return faults


def _reader_fault(name: str) -> str:
    if name.casefold() in (*BACKBONES, *OTHERS):
        return f"a reader called {name} cannot be told from the network of that name. Give another name."
    return (
        ""
        if name.isprintable() and name and "|" not in name
        else f"the reader's name {name!r} is empty, or has a sign that no table shows."
    )


def _answer_fault(said: str, classes: list[str]) -> str:
    if said in classes or _is_probability(said):
        return ""
    near = difflib.get_close_matches(said.lower(), classes, 1)
    return f"'{said}' is neither {' nor '.join(classes)} nor a number from 0 to 1." + (f" Did you mean {near[0]}?" if near else "")


def _is_probability(said: str) -> bool:
    try:
        return 0 <= float(said) <= 1
    except ValueError:
        return False


def _names(rows: pd.DataFrame, depth: set[int]) -> pd.DataFrame:
    """The ids of images by the ends of their paths, as long as the answers write them."""
    parts = [(name, PurePosixPath(path).parts) for name, path in zip(rows["id"], rows["path"], strict=True)]
    return pd.DataFrame([(name, "/".join(own[-n:])) for name, own in parts for n in sorted(depth)], columns=["id", "image"])


def _alike(cells: list[Cell]) -> list[Cell]:
    """One network for each sequence, whose cases readers have too."""
    return list({cell.sequence: cell for cell in cells if cell.network == "resnet50" and cell.start == "scratch"}.values())


def reader_runs(answers: pd.DataFrame, cells: list[Cell], out: Path) -> list[Cell]:
    """Each reader as a run on the slices he or she answered; the answers stand where a network has its probabilities.

    Runs are made beside finished cells.
    """
    return [
        reader_run(out / "readers" / cell.sequence / str(slug), cell, own)
        for cell in _alike(cells)
        if cell.done
        for slug, own in answers[answers["id"].isin(_test(cell)["id"])].groupby("slug")
    ]


def _test(cell: Cell) -> pd.DataFrame:
    return pd.read_csv(cell.run / "predictions" / "test.csv", dtype={"id": str})


def reader_run(run: Path, cell: Cell, own: pd.DataFrame) -> Cell:
    (run / "predictions").mkdir(parents=True, exist_ok=True)
    reader, answers = str(own["reader"].iloc[0]), dict(zip(own["id"], own["answer"], strict=True))
    asked = json.loads((cell.run / "evaluation.json").read_text())
    classes, read = asked["classes"], _test(cell)
    read = read[read["id"].isin(answers) & (read["seed"] == read["seed"].min())]
    p = read["id"].map(answers).map(lambda said: float(said == classes[-1]) if said in classes else float(said))
    read = read.assign(**{f"p_{classes[-1]}": p, f"p_{classes[0]}": 1 - p}, fold=0, member=0)
    read.to_csv(run / "predictions" / "test.csv", index=False)
    (run / "cases.csv").write_bytes((cell.run / "cases.csv").read_bytes())
    (run / "evaluation.json").write_text(json.dumps(asked | {"external": True, "title": reader}))  # nothing is learned from a reader
    key, entry = next(iter(json.loads((cell.run / "calibration.json").read_text()).items()))
    plain = {"temperature": 1.0, "thresholds": dict.fromkeys(entry["thresholds"], 0.5)}
    fixed = entry | plain | ({"patient": entry["patient"] | plain} if "patient" in entry else {})
    (run / "calibration.json").write_text(json.dumps({f"{key.split('/')[0]}/0": fixed}))
    evaluate(run)
    return Cell(sequence=cell.sequence, network=reader, run=run)
