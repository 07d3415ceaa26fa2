"""How much a score gains when slices are dealt to folds instead of patients: the same network on the same images, dealt both ways.

Usage: leak_demo.py OUT -- data.manifest=FILE.csv data.label=lesion 'data.classes=[0,1]' ...        words of medimg train

Both runs are ordinary ones, OUT/by_patient and OUT/by_image; stopped, the same command goes on. The second needs data.deal_by=image;
without that word the split it was trained on is refused, which is tried at the end (exit code 5). Intervals draw patients; as the folds
of the two differ, slices (or patients) are pooled over folds. Ask for a label of the patient, such as glioma or meningioma: a network
learns whose slice it is, so a label that varies within patients hardly leaks.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from cells import refuse_stale
from paired import difference_rows, shown, told

from medimg.errors import RunError

LEAK = 5
LEVELS = {"image": "slice", "patient": "patient"}
DEALS = ("data.folds=", "data.val_share=", "data.test_share=", "data.leave_out=")  # have no meaning beside a split of one's own


def medimg(run: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MEDIMG_RUN": str(run)}
    return subprocess.run([sys.executable, "-m", "medimg", "train", *words], env=environment, capture_output=True, text=True)


def trained(run: Path, words: list[str]) -> Path:
    finished = (run / "report.html").is_file()
    refuse_stale([(run, words)] if finished else [])
    ended = None if finished else medimg(run, words)
    if ended and ended.returncode not in (0, 3):
        sys.exit(f"{run.name} ended with exit code {ended.returncode}:\n{ended.stderr[-2000:]}")
    scores = [f"{name} AUROC {shown(pooled_row(run, level))}" for level, name in LEVELS.items()]
    print(f"{run.name}: {'; '.join(scores)}, pooled over folds", flush=True)
    return run


def scope_of(run: Path) -> str:
    """Where the headline of a run stands: over all cases of two classes, as the mean over several."""
    return "all" if json.loads((run / "evaluation.json").read_text())["kind"] == "binary" else "macro"


def pooled_row(run: Path, level: str) -> dict[str, Any]:
    """Give the AUROC of all slices or patients of a run as one set, as patients who stand in several folds have no other interval."""
    rows = json.loads((run / "metrics.json").read_text())["rows"]
    wanted = ("auroc", level, scope_of(run), False)
    fitting = [row for row in rows if (row["metric"], row["level"], row["scope"], row["calibrated"]) == wanted]
    return max(fitting, key=lambda row: row["aggregate"] == "pooled", default={})


def inflation(leaky: Path, fair: Path) -> list[str]:
    """How much more the leaky run scores, by slice and by patient; ends the command where that cannot be said."""
    try:
        rows = difference_rows(leaky, fair, ["auroc"], scope_of(fair))
    except RunError as fault:
        sys.exit(f"the two runs cannot be compared: {fault} With data.folds of at least 2 both test every image.")
    if not any(row["difference"] is not None for row in rows):
        sys.exit("no inflation is measured: AUROC has no difference in these runs. Give images of two classes in every fold.")
    return [f"inflation, {LEVELS[row['level']]} AUROC: {told(row)}, {row['aggregate']}{_unshown(row)}" for row in rows]


def _unshown(row: dict[str, Any]) -> str:
    return ": no inflation shown" if row.get("low") is None or row["low"] <= 0 else ""


def refusal(out: Path, split: Path, words: list[str]) -> str:
    """Try the split by slices without the word for it; gives the first lines of the refusal."""
    kept = [word for word in words if not word.startswith(DEALS)]
    ended = medimg(out / "refused", [*kept, f"data.split={split}"])
    if ended.returncode != LEAK:
        sys.exit(f"a split with patients in two parts ended with exit code {ended.returncode} and not {LEAK}:\n{ended.stderr[-2000:]}")
    return "\n".join(line[:160] for line in ended.stderr.strip().splitlines()[:4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder of the two runs")
    parser.add_argument("words", nargs="+", help="settings of both runs")
    said = parser.parse_args()
    said.out.mkdir(parents=True, exist_ok=True)
    out = said.out.absolute()
    fair = trained(out / "by_patient", [*said.words, "data.deal_by=patient"])
    leaky = trained(out / "by_image", [*said.words, "data.deal_by=image"])
    print("\n".join(inflation(leaky, fair)))
    print(f"without data.deal_by=image, exit code {LEAK}:\n{refusal(out, leaky / 'split.csv', said.words)}")


if __name__ == "__main__":
    main()
