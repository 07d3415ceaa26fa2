"""summary.json of a quality run: how many films, what became of them, and how long each stage took."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from medimg.io.files import write_atomically
from medimg.qc.rates import FILM, Counts, fail_rate
from medimg.qc.rules import GROUPS, RuleSet
from medimg.recipes.films.store import Store
from medimg.recipes.films.tables import Seen, rules_hash, versions

SCHEMA = 1


def write_summary(out: Path, store: Store, rules: RuleSet, seen: Seen, most: float, more: dict[str, Any]) -> dict[str, Any]:
    """Write and return it. The fail rate is that of films that pass or fail; those left to a person are in none."""
    films = _verdicts(seen.counts, FILM)
    told = fail_rate(seen.counts, "", "", FILM)
    rate = told["rate"]
    wall, new, meta = more.get("wall_s"), more.get("new_files"), store.meta()
    made = json.loads(meta["made_with"])
    summary = {
        "schema": SCHEMA, **made, "medimg": versions(made["medimg"]), "version": rules.version,
        "cohort": meta.get("cohort", ""), "config": rules_hash(rules), "files": store.count(), "films": seen.films, "no_organs": seen.bare,
        "studies": _verdicts(seen.studies, FILM), "skipped": dict(sorted(seen.skipped.items())),
        "duplicates": seen.skipped.get("duplicate", 0), "unknown": seen.unknown,
        "verdicts": films, "groups": {group: _verdicts(seen.counts, group) for group in GROUPS},
        "fail_rate": {name: told[name] for name in ("rate", "low", "high", "n")},
        "gate": {"max_fail_rate": most, "failed": rate is not None and rate > most},
        "ms": {stage: _spread(ms) for stage, ms in sorted(seen.ms.items())},
        "films_per_second": round(new / wall, 3) if wall and new else None, **more,
    }  # fmt: skip
    write_atomically(out / "summary.json", (json.dumps(summary, indent=1) + "\n").encode())
    return summary


def _verdicts(counts: Counts, item: str) -> dict[str, int]:
    return {verdict: count for verdict, count in counts.count("", "", item).items() if count}


def _spread(ms: list[float]) -> dict[str, float]:
    """Median, 95th percentile and mean of a stage, in ms a film."""
    p50, p95 = np.percentile(ms, [50, 95])
    return {"p50": round(float(p50), 2), "p95": round(float(p95), 2), "mean": round(float(np.mean(ms)), 2)}
