"""Every number of the report, from a history alone: the store's, or one that was exported."""

from typing import Any

from medimg.room.report import agreement, answers, model, rounds
from medimg.room.store import History

Facts = dict[str, Any]


def facts(history: History, draws: int = 2000) -> Facts:
    """Put all numbers together, as JSON values; the same history gives the same numbers."""
    return {
        "project": history.meta.project,
        "classes": list(history.meta.classes),
        "created": history.facts["created"],
        "train_on": history.meta.train_on,
        "totals": answers.totals(history),
        "by_reader": answers.by_reader(history),
        "rounds": rounds.rounds(history),
        "between_readers": agreement.between(history, draws),
        "within_readers": agreement.within(history, draws),
        "pool": model.pool(history, draws),
        "bias": model.bias(history, draws),
        "judged": model.judged(history),
        "doubted": model.doubted(history),
        "provenance": _provenance(history),
    }


def _provenance(history: History) -> Facts:
    events = history.tables["event"]
    return {
        "events": len(events),
        "last_hash": events[-1]["hash"] if events else "",
        "faults": history.faults(),
        "versions": sorted({row["app_version"] for row in events} | {history.facts["version"]}),
        "manifest_sha256": history.meta.manifest_sha256,
        "first_event": events[0]["at_utc"] if events else None,
        "last_event": events[-1]["at_utc"] if events else None,
    }
