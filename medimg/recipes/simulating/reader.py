"""A simulated reader, who is wrong as often as asked, on the same images whatever else happens."""

import pandas as pd

from medimg.active.lots import Lots


def read_by(rows: pd.DataFrame, classes: list[str], wrong: float, lots: Lots) -> pd.DataFrame:
    """Give the rows the labels that the reader gives: a share `wrong` of the images, drawn by lot, has one of the other classes."""
    if not wrong:
        return rows
    codes = lots.codes(rows["id"])
    slips, step = lots.uniform(codes, "slip") < wrong, lots.uniform(codes, "class")
    place = rows["label"].map({name: k for k, name in enumerate(classes)}).to_numpy()
    other = (place + 1 + (step * (len(classes) - 1)).astype(int)) % len(classes)
    return rows.assign(label=[classes[k] for k in place.astype(int) * ~slips + other.astype(int) * slips])
