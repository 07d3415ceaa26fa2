"""What a simulation that starts from another run says of that run: whose features they are, and that they know no test case."""

import json
from collections.abc import Iterator
from pathlib import Path

from medimg.report.words import count, scrub

SCREENING = "Screening on frozen features, not the final model."


def start_limits(run: Path, frozen: bool) -> Iterator[tuple[str, str]]:
    """Name the run that the first network comes from, with the proof of its cases; nothing where it comes from none."""
    record = run / "encoder" / "encoder.json"
    stages = list(json.loads(record.read_text(encoding="utf-8")).values()) if record.is_file() else []
    for name in dict.fromkeys(stage["run"] for stage in stages):
        own = [stage for stage in stages if stage["run"] == name]
        title = f" ({own[0]['title']})" if own[0].get("title") else ""
        what = "Features are computed once, by networks of run" if frozen else "Every training starts from networks of run"
        proof = "; ".join(
            f"{check['name']}: {count(check['found'])} of {count(check['compared'])}"
            for check in (_summed([stage["checks"][k] for stage in own]) for k in range(len(own[0]["checks"])))
        )
        notes = "".join(f" Mind: {note}." for note in dict.fromkeys(note for stage in own for note in stage["notes"]))
        yield (
            "Frozen features" if frozen else "First network",
            scrub(f"{what} {name}{title}. Found in the tests of all folds: {proof}.{notes}"),
        )


def _summed(checks: list[dict[str, object]]) -> dict[str, object]:
    """One kind of check over all folds."""
    return {"name": checks[0]["name"]} | {key: sum(int(str(check[key])) for check in checks) for key in ("compared", "found")}
