"""How much a score gains when slices are dealt to folds instead of patients: the same network on the same images, dealt both ways.

Usage: leak_demo.py OUT -- data.manifest=FILE.csv data.label=lesion 'data.classes=[0,1]' ...        words of medimg train

Both runs are ordinary ones, OUT/by_patient and OUT/by_image; stopped, the same command goes on. The second needs data.deal_by=image;
without that word the split it was trained on is refused, which is tried at the end (exit code 5). Intervals draw patients.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from cells import refuse_stale
from paired import difference_rows, row_of, shown, told

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
    scores = [f"{name} AUROC {shown(row_of(run, 'auroc', level, scope_of(run)))}" for level, name in LEVELS.items()]
    print(f"{run.name}: {'; '.join(scores)}", flush=True)
    return run


def scope_of(run: Path) -> str:
    """Where the headline of a run stands: over all cases of two classes, as the mean over several."""
    return "all" if json.loads((run / "evaluation.json").read_text())["kind"] == "binary" else "macro"


def inflation(leaky: Path, fair: Path) -> list[str]:
    """How much more the leaky run scores, by slice and by patient; ends the command where that cannot be said."""
    try:
        rows = difference_rows(leaky, fair, ["auroc"], scope_of(fair))
    except RunError as fault:
        sys.exit(f"the two runs cannot be compared: {fault} With data.folds of at least 2 both test every image.")
    if not any(row["difference"] is not None for row in rows):
        sys.exit("no inflation is measured: AUROC has no difference in these runs. Give images of two classes in every fold.")
    return [f"inflation, {row['level']} AUROC: {told(row)}, {row['aggregate']}" for row in rows]


def refusal(out: Path, split: Path, words: list[str]) -> str:
    """Try the split by slices without the word for it; gives the first lines of the refusal."""
    kept = [word for word in words if not word.startswith(DEALS)]
    ended = medimg(out / "refused", [*kept, f"data.split={split}"])
    if ended.returncode != LEAK:
        sys.exit(f"a split with patients in two parts ended with exit code {ended.returncode} and not {LEAK}:\n{ended.stderr[-2000:]}")
    return "\n".join(line[:160] for line in ended.stderr.strip().splitlines()[:4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
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
