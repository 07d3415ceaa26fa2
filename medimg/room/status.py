"""Where a project stands, from its store alone: for --status, for the end of a command, and for machines."""

from collections import Counter
from typing import Any

from medimg.room.folder import Folder
from medimg.room.lock import holder
from medimg.room.store import Store
from medimg.room.waiting import waiting
from medimg.words import plural


def status(folder: Folder, store: Store) -> dict[str, Any]:
    """State, rounds, labels, readers and what they still have to answer; `url` where the page is open."""
    rounds, labels, items = store.rounds(), store.gold_labels(), store.items()
    last = rounds[-1] if rounds else None
    scored = [one.details["scored"] for one in rounds if one.state == "scored"]
    return {
        "run": str(folder.run),
        "state": last.state if last else "init",
        "round": last.round.number if last else None,
        "images": len(items),
        "set_apart": int(items["excluded"].sum()),
        "labels": {str(role): int(count) for role, count in Counter(labels["role"][labels["label"] != ""]).items()},
        "disagreements": int(store.disagreements()["item"].nunique()),
        "waiting": waiting(store),
        "stop": list(scored[-1].get("stop", [])) if scored else [],
        "url": holder(folder.lock).get("url"),
        "warnings": store.warnings,
        "rounds": [_round(one.round.number, one.round.strategy, one.state, one.details) for one in rounds],
    }


def _round(number: int, strategy: str, state: str, details: Any) -> dict[str, Any]:
    trained = details.get("trained", {})
    return {
        "round": number,
        "strategy": strategy,
        "state": state,
        "labels": details.get("closed", {}).get("labels"),
        "patients": trained.get("patients"),
        "val": trained.get("val"),
        "test": trained.get("test"),
        "seconds_train": trained.get("seconds_train"),
        "stop": details.get("scored", {}).get("stop", []),
    }


def sentences(told: dict[str, Any]) -> list[str]:
    """The same for a person."""
    labels = ", ".join(f"{count} {role}" for role, count in sorted(told["labels"].items())) or "none"
    apart = f", {told['set_apart']} set apart" if told["set_apart"] else ""
    lines = [f"{told['run']}: {plural(told['images'], 'image')}{apart}; labels: {labels}."]
    for one in told["rounds"]:
        lines.append(f"round {one['round']} ({one['strategy']}): {one['state']}{_scores(one)}")
    if told["waiting"]:
        lines.append(f"waiting for answers: {', '.join(f'{name} {count}' for name, count in told['waiting'].items())}")
    if told["disagreements"]:
        lines.append(f"readers disagree on {plural(told['disagreements'], 'image')}: not trained on until an adjudicator has decided.")
    if told["stop"]:
        lines.append(f"stop recommended because of {', '.join(told['stop'])}.")
    if told["url"]:
        lines.append(f"the page is open at {told['url']}")
    return lines + list(told["warnings"])


def _scores(one: dict[str, Any]) -> str:
    parts = [plural(one["labels"], "label")] if one["labels"] is not None else []
    for part in ("val", "test"):
        found = one.get(part) or {}
        if "auroc" in found:
            parts.append(f"AUROC {found['auroc']:.3f} on {plural(found['images'], 'image')} of {'validation' if part == 'val' else part}")
    return f", {', '.join(parts)}" if parts else ""
