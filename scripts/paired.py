"""One run minus another on the same cases, patients drawn in pairs: images, and patients where each has one label.

Usage: paired.py RUN_A RUN_B [--measures auroc accuracy f1]
"""

import argparse
import json
from pathlib import Path

from medimg.evaluate import compare
from medimg.evaluate.against import shared
from medimg.evaluate.cases import mixed_patients, to_patients
from medimg.evaluate.compare import judged, paired

MEASURES = ("auroc", "accuracy", "f1")


def row_of(run, metric, level="image", scope="all"):
    """Give the row of a measure over all cases of a run (or in a scope), first as the mean over folds; empty where there is none."""
    rows = json.loads((run / "metrics.json").read_text())["rows"]
    fitting = [r for r in rows if (r["metric"], r["level"], r["scope"]) == (metric, level, scope) and not r["calibrated"]]
    return min(fitting, key=lambda r: r["aggregate"] == "pooled", default={})


def shown(row):
    """Write an estimate with its interval and, of several seeds, their spread, or why there is none."""
    if row.get("estimate") is None:
        return f"undefined: {row['undefined']}" if row.get("undefined") else "undefined"
    within = f" ({row['low']:.3f} to {row['high']:.3f})" if row.get("low") is not None else ""
    spread = f", sd over seeds {row['seed_sd']:.3f}" if row.get("seed_sd") is not None else ""
    return f"{row['estimate']:.3f}{within}{spread}"


def difference_rows(a, b, measures=MEASURES, scope="all"):
    """Rows of run `a` minus run `b` over all cases (or in a scope): level, metric, difference, low, high."""
    rows = compare(a, b)["rows"]
    return [r for r in rows if r["metric"] in measures and r["scope"] == scope and not r["calibrated"]]


def shared_rows(a, b, metric="auroc", scope="all"):
    """Rows of run `a` minus run `b` on the images that both judged: level, n, difference, low, high; patients are pooled from these."""
    pair = shared(judged(a)["image"], judged(b)["image"])
    if not len(pair[0]):
        return [{"level": "image", "n": 0, "difference": None, "undefined": "no image in common"}]
    levels = {"image": pair} | ({} if mixed_patients(pair[0]) else {"patient": tuple(map(to_patients, pair))})
    rows = [row | {"level": level, "n": len(ours)} for level, (ours, theirs) in levels.items() for row in paired(ours, theirs)]
    return [r for r in rows if (r["metric"], r["scope"], r["calibrated"]) == (metric, scope, False)]


def told(row):
    """Write a difference with its interval, or why it has none."""
    if row["difference"] is None:
        return f"undefined: {row['undefined']}" if row.get("undefined") else "undefined"
    within = f"{row['low']:+.3f} to {row['high']:+.3f}" if row.get("low") is not None else row["method"]
    return f"{row['difference']:+.3f} ({within})"


def tell(a, b, name_a, name_b, measures=MEASURES):
    """Print each difference on a line of its own."""
    for row in difference_rows(a, b, measures):
        print(f"  {name_a} - {name_b}: {row['level']} {row['metric']} {told(row)}, {row['aggregate']}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs=2, help="folders of two finished runs")
    parser.add_argument("--measures", nargs="+", default=MEASURES, help=f"({' '.join(MEASURES)})")
    arguments = parser.parse_args()
    for run in arguments.runs:
        print(f"{run.name}: " + "; ".join(f"{level} AUROC {shown(row_of(run, 'auroc', level))}" for level in ("image", "patient")))
    tell(*arguments.runs, *(run.name for run in arguments.runs), arguments.measures)


if __name__ == "__main__":
    main()
