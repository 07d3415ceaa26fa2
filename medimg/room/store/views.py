"""From events to labels: pure functions of the tables, so that an exported history gives the same numbers as the store.

Events are a frame with the columns of `Store.events`; seq orders them, no clock does.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

import pandas as pd

from medimg.room.store.records import ANSWERS, Meta

PLACE = ["reader", "item", "round"]
CURRENT = ["item", "reader", "round", "label", "first", "final", "confidence", "kind", "seq", "at_utc", "dwell_ms"]
GOLD = ["item", "label", "source", "readers", "seq"]
REPEATS = ["item", "reader", "first_round", "round", "first", "label", "first_seq", "seq"]


def standing(events: pd.DataFrame) -> pd.DataFrame:
    """Leave out what was undone, and the undoing."""
    undone = events.loc[events["kind"] == "undo", "supersedes"]
    return events[(events["kind"] != "undo") & ~events["seq"].isin(undone)]


def readings(events: pd.DataFrame) -> pd.DataFrame:
    """One row for each reader, item and round: the last answer that stands (kind label, import or skip), with `first` and `final`.

    `first` is the answer itself, `final` the last revision after the model was shown, or the answer again. round -1: none.
    """
    kept = standing(events).assign(round=lambda frame: frame["round"].fillna(-1).astype(int))
    last = kept[kept["kind"].isin(ANSWERS)].sort_values("seq").drop_duplicates(PLACE, keep="last")
    revised = kept[kept["kind"] == "revise_after_reveal"].sort_values("seq").drop_duplicates(PLACE, keep="last")
    found = last.merge(revised[[*PLACE, "value", "seq"]], on=PLACE, how="left", suffixes=("", "_later"))
    later = found["value_later"].notna() & (found["seq_later"] > found["seq"])
    return found.assign(first=found["value"], final=found["value_later"].where(later, found["value"]))


def labelled(events: pd.DataFrame, proposals: pd.DataFrame, meta: Meta) -> pd.DataFrame:
    """Add to the readings that are labels their `label`, by meta.train_on, and `repeat`: only a measurement of the reader.

    A reading is a repeat where its round proposed the item as one and the same reader has an earlier reading of it.
    """
    found = readings(events)
    found = found[found["kind"] != "skip"].assign(label=lambda frame: frame[meta.train_on])
    return found.assign(repeat=_repeated(found, found, proposals)).sort_values("seq", ignore_index=True)


def _repeated(rows: pd.DataFrame, labels: pd.DataFrame, proposals: pd.DataFrame) -> "pd.Series[bool]":
    """Which readings, labels or skips, are repeats of a label of the same reader."""
    repeats = proposals.loc[proposals["reason"] == "repeat", ["round", "item"]]
    hidden = pd.MultiIndex.from_frame(rows[["round", "item"]]).isin(pd.MultiIndex.from_frame(repeats))
    earliest = labels.groupby(["reader", "item"])["round"].min().reindex(pd.MultiIndex.from_frame(rows[["reader", "item"]]))
    return pd.Series(hidden & (rows["round"].to_numpy() > earliest.to_numpy()), index=rows.index, dtype=bool)


def current(events: pd.DataFrame, proposals: pd.DataFrame, meta: Meta) -> pd.DataFrame:
    """One row for each reader and item: the last reading, where it is a label. A repeat measures and replaces nothing."""
    found, all_of = labelled(events, proposals, meta), readings(events)
    skipped = all_of.loc[all_of["kind"] == "skip", ["item", "reader", "round", "seq"]]
    skipped = skipped[~_repeated(skipped, found, proposals)]
    rows = pd.concat([found[~found["repeat"]], skipped]).sort_values("seq").drop_duplicates(["reader", "item"], keep="last")
    return rows[rows["label"].notna()][CURRENT].reset_index(drop=True).astype({"round": int})


def gold(labels: pd.DataFrame, events: pd.DataFrame, meta: Meta) -> pd.DataFrame:
    """One row for each labelled item: the label to learn, "" while it is open, and where it comes from.

    source: adjudicated, agreed (all readers), single (one reader), majority, disagreed. `seq`: the last event behind it.
    """
    settled = standing(events).loc[lambda frame: frame["kind"] == "adjudicate"].sort_values("seq")
    verdicts = {
        item: (label, "adjudicated", seq) for item, label, seq in zip(settled["item"], settled["value"], settled["seq"], strict=True)
    }
    read: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for item, label, seq in zip(labels["item"], labels["label"], labels["seq"], strict=True):
        read[item].append((label, seq))
    rows = []
    for item in sorted({*read, *verdicts}):
        given = read.get(item, [])
        label, source, seq = verdicts[item] if item in verdicts else _vote(given, meta)
        rows.append((item, label, source, len(given), int(seq)))
    return pd.DataFrame(rows, columns=GOLD)


def _vote(given: Sequence[tuple[str, int]], meta: Meta) -> tuple[str, str, int]:
    votes, last = Counter(label for label, _ in given).most_common(), max(seq for _, seq in given)
    if len(votes) == 1:
        return votes[0][0], "single" if len(given) == 1 else "agreed", last
    if meta.unresolved == "majority" and votes[0][1] > votes[1][1]:
        return votes[0][0], "majority", last
    return "", "disagreed", last


def disagreements(labels: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Items that readers labelled differently and nobody has settled: item, reader, label, one row for each reader."""
    settled = set(standing(events).loc[lambda frame: frame["kind"] == "adjudicate", "item"])
    several = labels.groupby("item")["label"].transform("nunique") > 1
    return labels[several & ~labels["item"].isin(settled)][["item", "reader", "round", "label", "seq"]].sort_values(["item", "reader"])


def changed(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Items whose label in `gold` became another or none: item, before, label."""
    both = before[["item", "label"]].merge(after[["item", "label"]], on="item", how="left", suffixes=("_before", ""))
    both = both.rename(columns={"label_before": "before"}).fillna({"label": ""})
    return both[(both["before"] != "") & (both["before"] != both["label"])].reset_index(drop=True)


def repeats(events: pd.DataFrame, proposals: pd.DataFrame, meta: Meta) -> pd.DataFrame:
    """Hidden repeats beside the same reader's reading before: columns REPEATS."""
    found = labelled(events, proposals, meta)
    rows = found[found["repeat"]].merge(found, on=["reader", "item"], suffixes=("", "_before"))
    rows = rows[rows["round_before"] < rows["round"]].sort_values("round_before").drop_duplicates(["seq"], keep="last")
    rows = rows.drop(columns=["first"]).rename(columns={"round_before": "first_round", "label_before": "first", "seq_before": "first_seq"})
    return rows[REPEATS].sort_values("seq", ignore_index=True)
