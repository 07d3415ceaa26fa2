"""What simple features reach on the very cases of a run: grey values and HOG with a linear model, or a number from the file's name.

Usage: simple_baselines.py RUN MANIFEST [--number REGEX]

Each baseline is fitted on the run's training part, scored on its val and test parts, judged by the same statistics, and compared with
the run on the same cases, patients drawn in pairs. `--number '_(\\d+)_'` takes the first group of the pattern in the file name (the slice
number) and fits a smooth curve to it. Results lie in RUN/baselines/.
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
from folds_of_a_run import answers, judge_beside
from paired import tell
from PIL import Image
from scipy import ndimage
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler

from medimg.io import read_image, read_manifest

SIDE, CELL, BINS = 64, 8, 9


def features(path):
    """24x24 grey values and a histogram of gradient directions in 8x8 cells, each block of 2x2 cells normalised."""
    pixels = read_image(path).pixels
    grey = np.asarray(Image.fromarray(pixels / max(pixels.max(), 1)).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    rows, columns = (ndimage.sobel(grey, axis) for axis in (0, 1))
    strength, angle = np.hypot(rows, columns), np.mod(np.arctan2(rows, columns), np.pi) / np.pi * BINS
    cells = np.zeros((SIDE // CELL, SIDE // CELL, BINS))
    place = np.indices(grey.shape) // CELL
    np.add.at(cells, (place[0], place[1], np.minimum(angle.astype(int), BINS - 1)), strength)
    blocks = [cells[i : i + 2, j : j + 2].ravel() for i in range(len(cells) - 1) for j in range(len(cells) - 1)]
    small = np.asarray(Image.fromarray(grey).resize((24, 24), Image.Resampling.BILINEAR)).ravel()
    return np.concatenate([small, *(block / (np.linalg.norm(block) + 1e-6) for block in blocks)])


def baseline(run, name, x, ids, classes, make):
    """Write one baseline as a folder that evaluate can judge, and compare the run with it."""
    split = pd.read_csv(run / "split.csv", dtype={"id": str})
    cases = pd.read_csv(run / "cases.csv", dtype=str, keep_default_na=False).set_index("id")
    where = {row: k for k, row in enumerate(ids)}
    told = {"val": [], "test": []}
    seed = int(pd.read_csv(run / "predictions" / "test.csv")["seed"].min())
    for fold, part in split[split["member"] == 0].groupby("fold"):
        chosen = {name: part["id"][part["part"] == name].tolist() for name in ("train", "val", "test")}
        y = {name: (cases.loc[rows, "label"] == classes[1]).to_numpy() for name, rows in chosen.items()}
        model = make().fit(x[[where[row] for row in chosen["train"]]], y["train"])
        for name_, tables in told.items():
            p = model.predict_proba(x[[where[row] for row in chosen[name_]]])[:, 1]
            tables.append(answers(cases.loc[chosen[name_]].reset_index(), classes, p, seed, fold))
    folder = run / "baselines" / name
    print(f"{name}: {judge_beside(run, folder, told)['headline']['text']}")
    tell(run, folder, "run", name)


def linear_model():
    return make_pipeline(StandardScaler(), PCA(100, random_state=0), LogisticRegression(C=0.05, max_iter=2000, class_weight="balanced"))


def curved_model():
    return make_pipeline(SplineTransformer(4), LogisticRegression(max_iter=2000, class_weight="balanced"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--number", help="pattern whose first group is a number in the file name")
    arguments = parser.parse_args()
    question = json.loads((arguments.run / "evaluation.json").read_text())
    split = pd.read_csv(arguments.run / "split.csv", dtype={"id": str})
    rows = read_manifest(arguments.manifest, label=None).rows
    rows = rows[rows["id"].isin(split["id"])].reset_index(drop=True)
    ids, classes = list(rows["id"]), question["classes"]
    baseline(arguments.run, "simple_features", np.array([features(path) for path in rows["path"]]), ids, classes, linear_model)
    if arguments.number:
        number = np.array([[float(re.search(arguments.number, Path(path).name)[1])] for path in rows["path"]])
        baseline(arguments.run, "slice_number", number, ids, classes, curved_model)


if __name__ == "__main__":
    main()
