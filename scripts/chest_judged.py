"""Films judged by a network beside the same films judged by exact masks and beside what was put into them. Not a command."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from chest_cells import VIEWS
from paired import shown

from medimg.evaluate.agreement import FIGURES, agreement
from medimg.evaluate.bland_altman import limits_of_agreement
from medimg.phantoms.chest import PARAMETERS
from medimg.phantoms.chest_faults import FAULTS, VIEW_FAULTS

GROUPS = ("overall", "organs", "imaging", "position")
DRAWS = 2000
MARGIN = 0.1  # of a limit: what lies nearer to it is told apart ("without margin")
Frame = pd.DataFrame


def paths_of(judged: Path) -> Frame:
    """One row a film that a quality run judged: its id there (film), and its path below the source."""
    with closing(sqlite3.connect(f"file:{judged / 'qc.sqlite'}?mode=ro", uri=True)) as store:
        return pd.read_sql("SELECT film, path FROM files WHERE film IS NOT NULL", store)


def films_of(judged: Path, films: Path) -> Frame:
    """One row a film: verdicts of film and groups, and what was put in (true_*, amount_*, true_faults)."""
    known = pd.read_csv(films / "manifest.csv", keep_default_na=False, na_values={}, dtype=str)
    table = pd.read_csv(judged / "films.csv", dtype=str, keep_default_na=False)
    found = table[["film", "verdict", *GROUPS]].merge(paths_of(judged), on="film", validate="one_to_one")
    return found.merge(known, left_on="path", right_on="image", validate="one_to_one").drop(columns="image")


def rules_of(judged: Path) -> Frame:
    """One row a film and rule: value, limits, verdict."""
    return pd.read_csv(judged / "rules.csv", dtype={"film": str, "reason": str, "gates": str}, low_memory=False)


def own_fault(films: Frame) -> "pd.Series[str]":
    """Give what was planted into each film itself: a view that its study lacks or has twice is no fault of the film."""
    return films["true_faults"].map(lambda told: "|".join(name for name in told.split("|") if name not in VIEW_FAULTS))


def planted(films: Frame, group: str) -> "pd.Series[bool]":
    """Say whether a fault of a group was planted into each film."""
    names = {fault.name for fault in FAULTS if fault.group == group}
    return films["true_faults"].map(lambda told: not names.isdisjoint(told.split("|")))


def weights(films: Frame, view: str) -> np.ndarray:
    """How many films of a department each film stands for: those without a fault, and those with each, at the paper's rates."""
    kinds = [fault for fault in FAULTS if VIEWS[view] in fault.views]
    rate = {f.name: getattr(PARAMETERS.rates, f.group) / sum(k.group == f.group for k in kinds) for f in kinds}
    rate[""] = 1 - sum(rate.values())
    fault = own_fault(films)
    return fault.map({name: rate.get(name, 0.0) / count for name, count in fault.value_counts().items()}).to_numpy(dtype=float)


def agreed(table: Frame, reference: np.ndarray, answer: np.ndarray, names: tuple[str, ...]) -> list[str]:
    """Figures of agreement on fails of films, each counted once, with the intervals of `medimg qc agree`."""
    frame = pd.DataFrame({"id": table["film"], "patient": table["patient_id"], "reference": reference, "answer": answer})
    return [shown(row) if row["estimate"] is not None else row["undefined"] for row in _rows(frame, names)]


def _rows(frame: Frame, names: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = {row["metric"]: row for row in agreement(frame, DRAWS)}
    return [rows[name] for name in names]


def share(table: Frame, flagged: np.ndarray) -> str:
    """Share of films that are flagged, in %, with its interval."""
    frame = pd.DataFrame({"id": table["film"], "patient": table["patient_id"], "reference": True, "answer": flagged})
    (row,) = _rows(frame, ("sensitivity",))
    if row["estimate"] is None:
        return "no films"
    within = f" ({100 * row['low']:.1f} to {100 * row['high']:.1f})" if row["low"] is not None else f" ({row['method']})"
    return f"{100 * row['estimate']:.1f}{within}"


def weighted(table: Frame, reference: np.ndarray, answer: np.ndarray, weight: np.ndarray, names: tuple[str, ...]) -> list[str]:
    """Figures of agreement where a film stands for `weight` films; percentile intervals, patients drawn, none where nothing varies."""
    if not len(table):
        return ["no films"] * len(names)
    cells = np.zeros((table["patient_id"].nunique(), 4))
    np.add.at(cells, (pd.factorize(table["patient_id"])[0], 2 * reference.astype(int) + answer.astype(int)), weight)
    draws = np.random.default_rng(0).multinomial(len(cells), np.full(len(cells), 1 / len(cells)), size=DRAWS)
    with np.errstate(invalid="ignore", divide="ignore"):
        return [_within(name, cells.sum(axis=0).reshape(2, 2), (draws @ cells).reshape(-1, 2, 2)) for name in names]


def _within(name: str, own: np.ndarray, drawn: np.ndarray) -> str:
    value, values = float(FIGURES[name][0](own)), FIGURES[name][0](drawn)
    if np.isnan(value):
        return "undefined"
    low, high = np.nanquantile(values, [0.025, 0.975])
    return f"{value:.3f} ({low:.3f} to {high:.3f})" if low < high else f"{value:.3f} (no interval: no film differs)"


def both(judged: Path, exact: Path, films: Path) -> Frame:
    """One row a film that a network and the exact masks judged: verdicts of the network, those of the masks with `exact_` before."""
    ours, theirs = films_of(judged, films), films_of(exact, films)
    theirs = theirs[["path", "verdict", *GROUPS]].rename(columns={name: f"exact_{name}" for name in ("verdict", *GROUPS)})
    return ours.merge(theirs, on="path", validate="one_to_one")


def measured(judged: Path, films: Path) -> Frame:
    """One row a film and rule that has a true value: film, patient, rule, value, true, the limits, verdict."""
    known, rules = films_of(judged, films), rules_of(judged)
    rows = rules.merge(known, on="film", suffixes=("", "_film"), validate="many_to_one")
    true = {column.removeprefix("true_"): column for column in known if column.startswith("true_")}
    parts = []
    for metric, part in rows.groupby("metric"):
        if metric in true:
            parts.append(part.assign(true=pd.to_numeric(part[true[metric]], errors="coerce")))
    table = pd.concat(parts)
    areas = table["metric"] == "annotation_over_lung"  # the truth counts pixels of the file, the measure those of the grid
    table.loc[areas, "true"] /= [source_pixels(judged, film) for film in table.loc[areas, "film"]]
    return table[["film", "patient_id", "rule", "metric", "unit", "value", "true", "fail_lo", "fail_hi", "verdict"]].dropna(subset=["true"])


def source_pixels(judged: Path, film: str) -> float:
    """How many pixels of its file one pixel of a film's measured grid is made of."""
    to_source = json.loads((judged / "films" / f"{film}.json").read_text())["to_source"]
    return float(abs(np.linalg.det(np.array(to_source)[:, :2])))


def beyond(table: Frame) -> np.ndarray:
    """Whether the true value lies beyond a limit of failing."""
    return ((table["true"] < table["fail_lo"]) | (table["true"] > table["fail_hi"])).to_numpy()


def near(table: Frame, margin: np.ndarray) -> np.ndarray:
    """Whether the true value lies within a margin of a limit of failing."""
    return ((table["true"] - table["fail_lo"]).abs().le(margin) | (table["true"] - table["fail_hi"]).abs().le(margin)).to_numpy()


def by_rule(ours: Frame, exact: Frame) -> Iterator[dict[str, object]]:
    """Lines of measurement and verdict for each rule beside the true values.

    The margin, fixed beforehand: a tenth of the limit, or what two measurements of exact masks differ by (1.96 sqrt 2 SD), the larger.
    """
    for rule, part in ours.groupby("rule"):
        pairs = part.dropna(subset=["value"])
        own = exact[exact["rule"] == rule].dropna(subset=["value"])
        difference = (pairs["value"] - pairs["true"]).to_numpy(dtype=float)
        if len(difference) < 3:
            continue
        told = limits_of_agreement(difference)
        limit = np.fmin(part["fail_lo"].abs(), part["fail_hi"].abs()).to_numpy(dtype=float)
        noise = 1.96 * np.sqrt(2) * float((own["value"] - own["true"]).std()) if len(own) > 2 else 0.0
        margin = np.fmax(MARGIN * limit, noise)
        reference, answer, close = beyond(part), (part["verdict"] == "fail").to_numpy(), near(part, margin)
        decided = part["verdict"].isin(["pass", "warn", "fail"]).to_numpy()
        line: dict[str, object] = {
            "rule": rule, "unit": part["unit"].iloc[0], "films": len(pairs), "bias": f"{told['bias'].value:+.3g}",
            "limits of agreement": f"{told['lower'].value:+.3g} to {told['upper'].value:+.3g}",
        }  # fmt: skip
        for name, keep in (("without margin", decided), ("beyond the margin", decided & ~close)):
            figures = agreed(part[keep], reference[keep], answer[keep], ("sensitivity", "specificity"))
            line |= {f"fails, {name}": int(reference[keep].sum()), f"sensitivity, {name}": figures[0], f"specificity, {name}": figures[1]}
        yield line | {"left to a person": int((~decided).sum())}


def by_fault(table: Frame, view: str) -> Iterator[dict[str, object]]:
    """Lines for each planted fault: how often its group fails, by the network and by exact masks."""
    for fault in FAULTS:
        if VIEWS[view] not in fault.views:
            continue
        has = table["true_faults"].str.split("|").map(lambda names, name=fault.name: name in names).to_numpy()
        judged = (
            table[fault.group].isin(["pass", "warn", "fail"]).to_numpy() & table[f"exact_{fault.group}"].ne("not_applicable").to_numpy()
        )
        part = table[has & judged]
        line: dict[str, object] = {"fault": fault.name, "group": fault.group, "films": len(part)}
        for name, column in (("network", fault.group), ("exact masks", f"exact_{fault.group}")):
            line[f"found by {name}, %"] = share(part, part[column].eq("fail").to_numpy())
        yield line | {"left to a person": int((has & ~judged).sum())}
