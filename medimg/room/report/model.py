"""The labels beside what the model had said of the same images before they were labelled."""

import json
from typing import Any

import numpy as np
import pandas as pd

from medimg.evaluate.between_readers import pair
from medimg.evaluate.draws import draw
from medimg.evaluate.intervals import Sampled, Support, interval
from medimg.metrics import ratio
from medimg.room.store import History
from medimg.room.store.views import readings

Row = dict[str, Any]
SHOWN, HIDDEN = ("after", "before"), ("hidden",)
SURE = 0.9  # probability of another class from which a label is doubted
MOST = 50  # doubted labels that are listed


def beside(history: History) -> pd.DataFrame:
    """Every reading of an image of which the model had an opinion: views' columns with `said` (its class) and `p` of each class.

    The opinion is that of the round in which the image was labelled, from the network of the round before; images that had a label
    when that network was trained are left out, so that it had learnt none of this image.
    """
    classes, learnt = list(history.meta.classes), _learnt(history)
    told = [
        {"item": row["item"], "round": row["round"], "said": classes[int(np.argmax(known))], **dict(zip(classes, known, strict=True))}
        for row in history.tables["proposal"]
        if row["reason"] not in ("repeat", "relabel") and len(known := json.loads(row["probabilities"])) == len(classes)
    ]
    frame = pd.DataFrame(told, columns=["item", "round", "said", *classes]).drop_duplicates(["item", "round"])
    new = [(number - 1, item) not in learnt for number, item in zip(frame["round"], frame["item"], strict=True)]
    frame = frame[np.array(new, dtype=bool)]
    events = history.frame("event")[["seq", "reveal"]]
    return history.current().merge(frame, on=["item", "round"]).merge(events, on="seq")


def _learnt(history: History) -> set[tuple[int, str]]:
    """(round, item) of images that somebody had labelled when the round was closed, also where the label was taken back later."""
    events = history.frame("event")
    first = events[events["kind"].isin(["label", "import", "adjudicate"])].groupby("item")["seq"].min()
    closed = {row["round"]: json.loads(row["detail"]) for row in history.tables["move"] if row["state"] == "closed"}
    until = {number: int(told.get("snapshot_event", told["last_event"])) for number, told in closed.items()}
    return {(number, str(item)) for number, last in until.items() for item in first.index[first <= last]}


def bias(history: History, draws: int = 2000) -> Row | None:
    """How readers and model agree where it was shown and where it was not, and how readers changed; None where it was never shown.

    `switched_to`: first answers that became the model's class; `switched_from`: that were its class and became another.
    """
    found = beside(history)
    if not found["reveal"].isin(SHOWN).any():
        return None
    rows = []
    for name, arm in (("shown before the answer", ("before",)), ("shown after the answer", ("after",)), ("not shown", HIDDEN)):
        part = found[found["reveal"].isin(arm)]
        frame = pd.DataFrame({"id": part["item"] + part["reader"].astype(str), "patient": part["patient"], "first": part["said"]})
        moved = part["first"] != part["final"]
        told = {"arm": name, "answers": len(part), "seconds": float(part["dwell_ms"].median() / 1000) if len(part) else None}
        told |= {"switched_to": int((moved & (part["final"] == part["said"])).sum())}
        told |= {"switched_from": int((moved & (part["first"] == part["said"])).sum())}
        for which in ("first", "final"):
            told[which] = pair(frame.assign(second=part[which]), list(history.meta.classes), draws)[0]
        rows.append(told)
    return {"arms": [row for row in rows if row["answers"]]}


def pool(history: History, draws: int = 2000) -> list[Row]:
    """Estimate the open pool of each round from its random share: the share of each class, and how often the model was right.

    Images are weighted by 1 / their probability of being drawn (Hajek); the interval draws patients. Rows: round, what, estimate ...
    """
    proposals = history.frame("proposal")
    drawn = proposals[(proposals["reason"] == "random") & proposals["inclusion"].notna()]
    gold = history.gold()
    found = drawn[["round", "item", "inclusion"]].merge(gold.loc[gold["label"] != "", ["item", "patient", "label"]], on="item")
    said = beside(history)[["round", "item", "said"]].drop_duplicates(["round", "item"])
    found = found.merge(said, on=["round", "item"], how="left")
    rows = []
    for number, part in found.groupby("round"):
        for label in history.meta.classes:
            rows.append({"round": int(str(number)), "what": f"share of {label}"} | _share(part, part["label"] == label, draws))
        judged = part[part["said"].notna()]
        if len(judged):
            rows.append({"round": int(str(number)), "what": "model right"} | _share(judged, judged["said"] == judged["label"], draws))
    return rows


def _share(part: pd.DataFrame, hit: "pd.Series[bool]", draws: int) -> Row:
    weight = 1 / part["inclusion"].to_numpy(dtype=float)
    drawn = draw(pd.DataFrame({"id": part["item"], "patient": part["patient"], "fold": 0, "label": part["label"]}), draws, 0)
    patient = drawn.columns(part["patient"])
    sums = np.zeros((len(drawn.place), 2))
    np.add.at(sums, patient, np.column_stack([weight * hit.to_numpy(), weight]))
    values = ratio(*(drawn.stacked @ sums).T)
    sampled = Sampled(float(values[0]), values[1 + drawn.changed :], values[0] - values[1 : 1 + drawn.changed])
    found = interval("accuracy", sampled, Support((np.bincount(patient).astype(float),), len(drawn.place)))
    told = {"low": found.low, "high": found.high, "method": found.method, "n": len(part), "patients": len(drawn.place)}
    return {"estimate": sampled.estimate} | told


def judged(history: History) -> int:
    """Count the labels that a network had an opinion of before it learnt them: the others are not looked at by `doubted`."""
    gold = history.gold()
    return int(gold.loc[gold["label"] != "", "item"].isin(beside(history)["item"]).sum())


def doubted(history: History) -> list[Row]:
    """Labels to read again, the most doubtful first: token, label, other, probability, why.

    The network of the round before gave another class at least 0.9 before it was told the label (a prequential judgement: no network
    judges what it learnt), or a hidden repeat came out otherwise; what was read again since is left out.
    """
    classes, gold = list(history.meta.classes), history.gold()
    known = gold.loc[gold["label"] != "", ["item", "token", "label", "seq"]]
    said = beside(history)[["item", *classes]].drop_duplicates("item", keep="last")
    read_again = _read_again(history)
    rows = []
    for row in known[~known["item"].isin(read_again)].merge(said, on="item").to_dict("records"):
        other = max((name for name in classes if name != row["label"]), key=row.__getitem__)
        if row[other] >= SURE:
            told = {"item": row["item"], "token": row["token"], "label": row["label"], "other": other, "probability": float(row[other])}
            rows.append(told | {"why": "model"})
    again = history.repeats().merge(known[["item", "seq"]], on="item", suffixes=("", "_gold"))
    for row in again[(again["first"] != again["label"]) & (again["seq_gold"] < again["seq"])].to_dict("records"):
        told = {"item": row["item"], "token": row["token"], "label": row["first"], "other": row["label"], "probability": None}
        rows.append(told | {"why": "repeat"})
    return sorted(rows, key=lambda row: (row["why"] == "model", -(row["probability"] or 0), row["item"]))[:MOST]


def _read_again(history: History) -> set[str]:
    """Items whose label was doubted, and which were read again since."""
    proposals = history.frame("proposal")
    doubted_then = proposals.loc[proposals["reason"] == "relabel", ["round", "item"]]
    return set(readings(history.frame("event")).merge(doubted_then, on=["round", "item"])["item"])
