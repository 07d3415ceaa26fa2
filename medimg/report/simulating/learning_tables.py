"""The tables of a simulation's report, from the rows of learning.json."""

from dataclasses import replace
from typing import Any

from medimg.report.table import Cell, Table, measure_cell, name_cell
from medimg.report.words import count, finite, interval, number, signed, words
from medimg.words import metric_name

Row = dict[str, Any]
Result = dict[str, Any]
NONE = Cell("–", look="num dim")


def _by(rows: list[Row], **wanted: Any) -> Row | None:
    return next((row for row in rows if all(row.get(key) == value for key, value in wanted.items())), None)


def difference_cell(row: Row | None, alone: bool = False) -> Cell:
    """A difference with its interval and corrected p-value; green or red only where both speak.

    Where a repeat is `alone` in its fold there is neither colour nor p-value: chance in the initial labels is in no interval.
    """
    if row is None or finite(row.get("estimate")) is None:
        return NONE
    low, high, p = (finite(row.get(name)) for name in ("low", "high", "p_holm"))
    p = None if alone else p
    if low is None or high is None:
        return Cell(signed(row["estimate"]), "no interval", "num")
    clear = p is not None and p < 0.05
    look = "num good" if clear and low > 0 else "num bad" if clear and high < 0 else "num"
    corrected = "" if p is None else "p < 0.001" if p < 0.001 else f"p {p:.3f}"
    return Cell(signed(row["estimate"]), f"{signed(low)} to {signed(high)}", look, more=corrected)


def drawn(result: Result) -> str:
    """What varies in the intervals."""
    return "patients" if result["units"]["alone"] else "patients and repeats"


def tested(result: Result) -> str:
    """How differences were tested, or why they were not."""
    if result["units"]["alone"]:
        return "A fold has one repeat only: chance in initial labels and training is in no interval, so nothing is tested."
    return "p after Holm, two-sided, one family per axis."


def areas_table(result: Result) -> Table:
    """Mean AUROC over labels and over patients, and the difference from random."""
    lines = []
    for name in result["strategies"]:
        line = [name_cell(words(name))]
        for axis in ("labels", "patients"):
            own = _by(result["differences"], strategy=name, what="area", axis=axis)
            line += [measure_cell(_by(result["areas"], strategy=name, axis=axis)), difference_cell(own, result["units"]["alone"])]
        lines.append(line)
    head = ["Strategy", "Over labels", "minus random", "Over patients opened", "minus random"]
    ends = {row["axis"]: f"{row['from']:.0f} to {row['to']:.0f}" for row in result["areas"]}
    note = "Mean height of the AUROC curve over the range that all strategies have in common"
    note += f" (labels {ends.get('labels', '–')}, patients {ends.get('patients', '–')}; means). {tested(result)}"
    return Table("Area under the learning curve", head, lines if result["areas"] else [], note)


def targets_table(result: Result) -> Table:
    """Labels and patients needed to come within the margin of the full data."""
    lines, whole = [], _by(result.get("full", []), metric="auroc") or {}
    for name in result["strategies"] if result["targets"] else []:
        line = [name_cell(words(name))]
        for axis in ("labels", "patients"):
            row = _by(result["targets"], strategy=name, axis=axis) or {}
            line.append(_needed(row, whole.get(axis)))
        row = _by(result["targets"], strategy=name, axis="labels") or {}
        fewer = row.get("fewer_than_random")
        line += [Cell(_share(row.get("reached")), look="num"), Cell("–" if fewer is None else _share(fewer), look="num")]
        lines.append(line)
    head = ["Strategy", "Labels", "Patients opened", "Draws that get there", "with fewer labels than random"]
    initial = _by(result["targets"], axis="labels") or {"initial": 0, "target": None}
    note = f"Where the mean curve first reaches {number(initial['target'])}, the full-data AUROC less {result['margin']:g}; "
    note += f"{initial['initial']:.0f} initial labels, chosen by no strategy, are in the count. A curve that ends below is 'not reached' "
    note += "and counts as more than its last value. This is an estimate, not the claim above, which also needs its interval."
    return Table("Needed to come within the margin of the full data", head, lines, note)


def _needed(row: Row, whole: float | None) -> Cell:
    """Labels or patients needed, of how many the pool has."""
    end = f"{row['end']:.0f}"
    low, high = (None if row[key] is None else f"{row[key]:.0f}" for key in ("low", "high"))
    small = f"{low} to {high or f'more than {end}'}" if low else f"more than {end}"
    if row["estimate"] is None:
        return Cell("not reached", small, "num")
    share = f" of {count(whole)} ({_share(row['estimate'] / whole)})" if whole else ""
    return Cell(f"{count(row['estimate'])}{share}".replace(" ", "\u00a0"), small, "num")


def _share(value: Any) -> str:
    known = finite(value)
    return "–" if known is None else f"{100 * known:.0f} %"


def twice(result: Result) -> tuple[str, ...]:
    """Measures that are another one by name: with several classes the mean sensitivity is the balanced accuracy."""
    return ("sensitivity",) if len(result["classes"]) > 2 else ()


def scores_table(result: Result) -> Table:
    """Measures of the probabilities at the last round that is compared, and at the full data."""
    table = _measured(result, ("auroc", "patient_auroc", "brier"))
    lost = [str(row["undefined"]) for row in result["curves"] if row["metric"] == "patient_auroc" and row["undefined"]]
    notes = [f"AUROC per patient is undefined: {lost[0]}."] if lost else []
    notes += [f"The Brier score runs from 0, the best, to {2 if len(result['classes']) > 2 else 1}."]
    return replace(table, caption=f"Scores {table.caption}", note=" ".join(notes))


def answers_table(result: Result) -> Table:
    """Measures of the decided answers at the last round that is compared, and at the full data."""
    table = _measured(result, ("accuracy", "balanced_accuracy", "sensitivity", "specificity"))
    return replace(table, caption=f"Answers {table.caption}")


def _measured(result: Result, wanted: tuple[str, ...]) -> Table:
    last = result["units"]["rounds_used"]
    there = {row["metric"] for row in result["curves"] if row["estimate"] is not None}
    metrics = [metric for metric in wanted if metric in there and metric not in twice(result)]
    lines: list[list[Cell]] = []
    for name, at in [("initial labels", 0), *((name, last) for name in result["strategies"] if last)] if metrics else []:
        own = result["strategies"][0] if name == "initial labels" else name
        rows = [_by(result["curves"], strategy=own, round=at, metric=metric) for metric in metrics]
        lines.append([_cost_cell(name, rows[0]), *map(measure_cell, rows)])
    if result["full"]:
        whole = [_by(result["full"], metric=metric) for metric in metrics]
        lines.append([_cost_cell("all labels", whole[0]), *map(measure_cell, whole)])
    head = ["", *(metric_name(name) if name != "patient_auroc" else "AUROC per patient" for name in metrics)]
    return Table(f"at the start, after round {last} and with all labels", head, lines)


def _cost_cell(name: str, row: Row | None) -> Cell:
    return Cell(words(name).replace(" ", "\u00a0"), f"{count(row['labels'])}\u00a0labels" if row else "")


def wins_table(result: Result) -> Table:
    """Wins, ties and losses of the row's strategy against the column's."""
    names = result["strategies"]
    lines = []
    for name in names if result["wins"] else []:
        found = [_by(result["wins"], strategy=name, against=other) for other in names]
        lines.append(
            [name_cell(words(name)), *(Cell(f"{r['wins']} / {r['ties']} / {r['losses']}", look="num") if r else NONE for r in found)]
        )
    note = "Repeats and folds; areas over labels nearer than 0.005 are ties. They share patients and are not independent: no test is made."
    return Table("Won / tied / lost", ["", *map(words, names)], lines, note)


def spread_table(result: Result) -> Table:
    """Chance in initial labels and training: standard deviation over repeats."""
    keys = ("initial_sd", "last_sd", "area_sd")
    lines = [[name_cell(words(row["strategy"])), *(Cell(number(row[key]), look="num") for key in keys)] for row in result["spread"]]
    note = (
        "Standard deviation of AUROC over the repeats of a fold. At the start it is that of the initial labels, shared by all strategies."
    )
    return Table("Spread over initial labels", ["Strategy", "At the start", "At the last round", "Area over labels"], lines, note)


def picks_table(result: Result) -> Table:
    """What a strategy picks in a round: patients and classes, means over rounds, repeats and folds."""
    classes = [str(name) for name in result["classes"]]
    keys = ["picks", "patients", "most_of_one_patient"]
    lines = []
    for name in ["initial", *result["strategies"]]:
        rows = [row for row in result["picks"] if row["strategy"] == name]
        if rows:
            means = [sum(row[key] for row in rows) / len(rows) for key in keys]
            shares = [sum(row[f"share_{label}"] for row in rows) / len(rows) for label in classes]
            cells = [Cell(number(mean, 1), look="num") for mean in means] + [Cell(_share(share), look="num") for share in shares]
            lines.append([name_cell(words(name)), *cells])
    head = ["Strategy", "Picks a round", "of patients", "Most of one patient", *map(words, classes)]
    return Table(
        "What was picked", head, lines, "Means over rounds, repeats and folds; round by round in tables/learning_picks.csv of the run."
    )


def seconds_table(result: Result) -> Table:
    """Seconds of choosing and of training."""
    keys = ("pick_mean", "pick_total", "train_mean", "train_total")
    lines = [[name_cell(words(row["strategy"])), *(Cell(number(row[key], 1), look="num") for key in keys)] for row in result["seconds"]]
    head = ["Strategy", "Choosing, a round", "a whole curve", "Training, a round", "a whole curve"]
    return Table("Seconds", head, lines, "On the machine named below; other work on it at the time is in them.")


def stops_table(result: Result) -> Table:
    """Where each stop rule would have ended labelling, and what that would have lost."""
    lines, before = [], None
    idle = {row["rule"] for row in result["stops"]} - {row["rule"] for row in result["stops"] if row["stopped"] or row.get("could", True)}
    for row in result["stops"]:
        if row["rule"] in idle:
            continue
        name = words(row["strategy"]) if row["strategy"] != before else ""
        before = row["strategy"]
        lost = Cell(number(row["lost"]), interval(row), "num")
        spent = Cell(number(row["labels"], 0), f"of {row['labels_to_the_end']:.0f}", "num")
        lines.append([name_cell(name), Cell(words(row["rule"])), Cell(_share(row["stopped"]), look="num"), spent, lost])
    note = "Replayed on the finished curves. Where a rule never holds, labelling goes on to the last round. "
    note += "AUROC lost: last round minus the round of the stop; below nought, going on made it worse. "
    note += "Labels spent are those of the pool; max labels counts validation too. Combined: as a project would stop."
    note += f" Without a limit, or never met here, and so left out: {', '.join(sorted(map(words, idle)))}." if idle else ""
    return Table("Stop rules, replayed", ["Strategy", "Rule", "Stops in", "Labels spent", "AUROC lost"], lines, note)
