"""What each round was, left behind and changed: strategy, scores, entropies, stop rules, labels that became others since."""

import json
from typing import Any

from medimg.room.store import History, views

Row = dict[str, Any]
OF_SCORED = ("max_entropy", "high_entropy", "stop", "open")
OF_TRAINED = ("labels", "patients", "val_labels", "val_patients", "steps", "seconds_train", "weights_sha256", "val", "test")


def rounds(history: History) -> list[Row]:
    """One row for each round; `changed`: labels that are other ones now than the round was closed with, None before it was trained."""
    details: dict[int, dict[str, Row]] = {}
    for row in history.tables["move"]:
        details.setdefault(row["round"], {})[row["state"]] = json.loads(row["detail"])
    rows = []
    for row in history.tables["round"]:
        own = details[row["round"]]
        closed, trained, scored = (own.get(state, {}) for state in ("closed", "trained", "scored"))
        told = {"round": row["round"], "strategy": row["strategy"], "seed": row["seed"], "model": row["model"], "budget": row["budget"]}
        told |= {"state": list(own)[-1], "labels_sha256": closed.get("labels_sha256")}
        told |= {name: trained.get(name) for name in OF_TRAINED} | {name: scored.get(name) for name in OF_SCORED}
        until = closed.get("snapshot_event", closed.get("last_event"))
        told["changed"] = len(changed_since(history, int(until))) if trained and until is not None else None
        rows.append(told)
    return rows


def changed_since(history: History, seq: int) -> list[Row]:
    """Items whose label was another one after event `seq`: item, before, label."""
    events, proposals = history.frame("event"), history.frame("proposal")
    then = events[events["seq"] <= seq]
    before, after = (views.gold(views.current(seen, proposals, history.meta), seen, history.meta) for seen in (then, events))
    return [{str(name): value for name, value in row.items()} for row in views.changed(before, after).to_dict("records")]
