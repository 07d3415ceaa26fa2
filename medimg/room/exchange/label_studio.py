"""Labels as Label Studio has them: a JSON list of tasks with `data`, `annotations` of choices, and `predictions` where asked for.

Format: labelstud.io/guide/task_format. A reader is written as {"id", "email", "first_name", "last_name"} with his name as email, because
Label Studio finds annotators by their email.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from medimg.room.exchange.jsonl import read_text
from medimg.room.exchange.row import ExchangeError, Row
from medimg.room.store import SKIPS, History
from medimg.room.store.views import readings

FROM, TO = "label", "image"
ADVICE = "Export the project from Label Studio as JSON (not JSON-MIN)."
Json = dict[str, Any]


def text(history: History, *, predictions: bool = False) -> bytes:
    """Write every item that somebody answered, a skip as a cancelled annotation; `predictions`: also what the model said."""
    tasks = {}
    items = {row["item"]: row for row in history.tables["item"]}
    names = {row["reader"]: row["name"] for row in history.tables["reader"]}
    labels, skips = history.current(), readings(history.frame("event")).query("kind == 'skip'")
    answered = pd.concat([labels, skips.assign(label="")]).sort_values("seq").drop_duplicates(["reader", "item"], keep="last")
    for number, (item, part) in enumerate(answered.groupby("item", sort=True), 1):
        row = items[item]
        data = {"image": row["path"], "token": row["token"], "item": item, "pixel_sha256": row["pixel_sha256"]}
        tasks[item] = {"id": number, "data": data, "annotations": [_annotation(one, names) for one in part.to_dict("records")]}
    if predictions:
        _add_predictions(history, tasks)
    return json.dumps(list(tasks.values()), ensure_ascii=False, indent=1).encode()


def _annotation(one: Mapping[Any, Any], names: Mapping[int, str]) -> Json:
    name = names[one["reader"]]
    return {
        "id": int(one["seq"]),
        "completed_by": {"id": int(one["reader"]), "email": name, "first_name": name, "last_name": ""},
        "result": [_choice(one["label"])] if one["label"] else [],
        "was_cancelled": not one["label"],
        "ground_truth": False,
        "created_at": one["at_utc"],
        "lead_time": one["dwell_ms"] / 1000,
        "meta": {"confidence": one["confidence"]} if one["label"] else {"skip": one["reason"]},
    }


def _choice(label: str) -> Json:
    return {"from_name": FROM, "to_name": TO, "type": "choices", "value": {"choices": [label]}}


def _add_predictions(history: History, tasks: Mapping[Any, Json]) -> None:
    classes, models = history.meta.classes, {row["round"]: row["model"] for row in history.tables["round"]}
    for row in history.tables["proposal"]:
        told = json.loads(row["probabilities"])
        if told and row["item"] in tasks:
            top = max(range(len(told)), key=told.__getitem__)
            said = {"model_version": models[row["round"]], "score": told[top], "result": [_choice(classes[top])]}
            tasks[row["item"]].setdefault("predictions", []).append(said)


def read(path: Path) -> list[Row]:
    """Read answers; ExchangeError names the task that is not one of choices."""
    try:
        tasks = json.loads(read_text(path))
    except ValueError as fault:
        raise ExchangeError(f"labels {path}: not JSON ({fault}). {ADVICE}") from None
    if not isinstance(tasks, list):
        raise ExchangeError(f"labels {path}: not a list of tasks. {ADVICE}")
    rows, faults = list[Row](), list[str]()
    for place, task in enumerate(tasks, 1):
        where = f"task {task.get('id', place)}" if isinstance(task, dict) else f"task {place}"
        try:
            rows += _rows(task, where)
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            faults.append(f"labels {path}: {where} is not what Label Studio exports ({fault!r}). {ADVICE}")
    if faults:
        raise ExchangeError(*faults)
    return rows


def _rows(task: Json, where: str) -> list[Row]:
    data = task["data"]
    named = {name: str(data.get(name, "") or "") for name in ("token", "item", "pixel_sha256", "image")}
    rows = []
    for one in task["annotations"]:
        meta = one.get("meta") or {}
        label = "" if one.get("was_cancelled") else _label(one["result"])
        reason = str(meta.get("skip", "")) or SKIPS[0]
        more = {"skip": reason} if one.get("was_cancelled") else {"label": label, "confidence": str(meta.get("confidence", ""))}
        rows.append(Row(where, **named, **more, reader=_who(one.get("completed_by"))))
    return rows


def _label(results: list[Json]) -> str:
    """The one choice; of several questions, the one called label."""
    choices = [one for one in results if one["type"] == "choices"]
    own = [one for one in choices if one["from_name"] == FROM] or choices
    words = [str(word) for one in own for word in one["value"]["choices"]]
    if len(words) > 1:
        raise ValueError(f"{len(words)} choices where one is meant: {', '.join(words)}")
    return words[0] if words else ""


def _who(told: Any) -> str:
    if isinstance(told, dict):
        told = told.get("email") or told.get("id")
    return "" if told is None else str(told)
