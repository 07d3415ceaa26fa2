"""Which class is taken for which: a matrix for one label per image, found and missed per class for several."""

import pandas as pd

from medimg.report.folder import RunFolder
from medimg.report.table import Cell, Table, count_cell, name_cell
from medimg.report.words import count, words

MOST_MIXUPS = 10


def confusion_counts(run: RunFolder) -> pd.DataFrame:
    """True classes down, predicted ones across, in the order of the run; combinations after single classes."""
    table = run.tables.get("confusion", pd.DataFrame())
    if table.empty or not {"true", "predicted", "count"} <= set(table.columns):
        return pd.DataFrame()
    counts = table.pivot_table(index="true", columns="predicted", values="count", aggfunc="sum", fill_value=0).astype(int)
    rank = {name: place for place, name in enumerate(run.classes)}
    names = sorted({*counts.index, *counts.columns}, key=lambda name: (rank.get(name, len(rank)), str(name)))
    return counts.reindex(index=[n for n in names if n in counts.index], columns=[n for n in names if n in counts.columns])


def confusion_table(run: RunFolder) -> Table:
    """Counts with the share of the true class as shade; for several labels per image one line per class."""
    counts = confusion_counts(run)
    if run.several:
        return _per_class(run, counts)
    lines = []
    for name, row in counts.iterrows():
        whole = max(1, int(row.sum()))
        cells = [Cell(count(int(value)), f"{100 * value / whole:.0f} %", "num shade", round(float(value) / whole, 2)) for value in row]
        lines.append([name_cell(words(str(name))), *cells, count_cell(int(row.sum()))])
    head = ["True class", *(f"Model: {words(str(name))}" for name in counts.columns), "All"]
    note = f"Below each count its share of the true class. {run.unit('image').capitalize()}s of the first seed."
    return Table("Confusion matrix", head, lines, note)


def _per_class(run: RunFolder, counts: pd.DataFrame) -> Table:
    lines = []
    pairs = [(set(str(true).split("|")), set(str(said).split("|")), int(n)) for true, row in counts.iterrows() for said, n in row.items()]
    for name in run.classes if pairs else []:
        cells = []
        for there in (True, False):
            sides = [sum(n for true, said, n in pairs if (name in true) == there and (name in said) == says) for says in (there, not there)]
            whole = max(1, sum(sides))
            cells += [Cell(count(value), f"{100 * value / whole:.0f} %", "num shade", round(value / whole, 2)) for value in sides]
        lines.append([name_cell(words(name)), *cells])
    note = "Below each count its share of the images with, or without, the class. Images of the first seed."
    head = ["Class", "Present, found (TP)", "Present, missed (FN)", "Absent, not reported (TN)", "Absent, but reported (FP)"]
    return Table("Found and missed", head, lines, note)


def mixups_table(run: RunFolder) -> Table:
    """For several labels per image: the combinations most often taken for another."""
    counts = confusion_counts(run)
    if not run.several or counts.empty:
        return Table("", [])
    pairs = [(str(true), str(said), int(n)) for true, row in counts.iterrows() for said, n in row.items() if true != said and n]
    worst = sorted(pairs, key=lambda pair: -pair[2])[:MOST_MIXUPS]
    lines = [[name_cell(words(true)), name_cell(words(said)), count_cell(n)] for true, said, n in worst]
    return Table("Most frequent wrong answers", ["True labels", "Model", "Images"], lines)
