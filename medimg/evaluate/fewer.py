"""A fused run with sequences held back: what it still tells when only some of them are given."""

from pathlib import Path

from medimg.evaluate import calibration
from medimg.evaluate.against import shared
from medimg.evaluate.calibration import Calibration
from medimg.evaluate.cases import Cases, mixed_patients, to_patients
from medimg.evaluate.compare import paired
from medimg.evaluate.reading import read_test
from medimg.evaluate.rows import Row, whole_row

COLUMNS = ["sequences", "level", "n", "patients", "estimate", "low", "high", "difference", "difference_low", "difference_high", "undefined"]


def fewer_rows(run: Path, whole: Cases, learned: Calibration) -> list[Row]:
    """AUROC by image and by patient of each set of sequences, and its difference from all that each place has, on the same places."""
    rows = []
    for path in sorted((run / "predictions" / "fewer").glob("*.csv"), key=lambda path: (path.stem.count("+"), path.stem)):
        cases = calibration.apply(read_test(run, whole.question, f"fewer/{path.name}"), learned)
        same, _ = shared(whole, cases)
        rows.append({"sequences": path.stem, "level": "image"} | _row(cases, same, "image"))
        if not mixed_patients(cases):
            rows.append({"sequences": path.stem, "level": "patient"} | _row(to_patients(cases), to_patients(same), "patient"))
    return rows


def _row(cases: Cases, same: Cases, level: str) -> Row:
    own = whole_row(cases, level, "auroc")
    key = "auroc", own["scope"], False
    other = next(row for row in paired(cases, same) if (row["metric"], row["scope"], row["calibrated"]) == key)
    told = {name: own[name] for name in ("n", "patients", "estimate", "low", "high", "undefined")}
    return told | {"difference": other["difference"], "difference_low": other["low"], "difference_high": other["high"]}
