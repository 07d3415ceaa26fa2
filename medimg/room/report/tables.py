"""The tables of a labelling project's report, from its facts."""

from typing import Any

from medimg.report.table import EXACT, EXACT_NOTE, Cell, Table, count_cell, drop_empty, measure_cell, name_cell
from medimg.report.words import count, finite, interval, number, words
from medimg.words import plural

Row = dict[str, Any]
Facts = dict[str, Any]
FIGURES = {"accuracy": "Raw agreement", "kappa": "Cohen's kappa", "alpha": "Krippendorff's alpha"}
DASH = Cell("–", look="num dim")


def answers_table(facts: Facts) -> Table:
    """Labels of each round and reader, patients opened, time."""
    lines = []
    for row in facts["by_reader"]:
        where = "outside rounds" if row["round"] is None else f"round {row['round']}"
        spent = (
            DASH
            if row["seconds"] is None
            else Cell(number(row["seconds"], 1), f"{row['seconds_low']:.1f} to {row['seconds_high']:.1f}", "num")
        )
        cells = [count_cell(row[name]) for name in ("asked", "labelled", "skipped", "patients")]
        hours = DASH if row["hours"] is None else Cell(number(row["hours"], 2), look="num")
        lines.append([name_cell(where), Cell(row["reader"], "" if row["role"] == "expert" else row["role"]), *cells, spent, hours])
    head = ["", "Reader", "Asked", "Labelled", "Skipped", "Patients", "Seconds an image", "Hours"]
    note = "Seconds from the image's appearance to the answer: median and quartiles. A look longer than 60 s counts as 60 s in the hours."
    return Table("Labels by round and reader", head, lines, note)


def classes_table(facts: Facts) -> Table:
    """Labels that stand, by class and part."""
    parts = list(facts["totals"]["by_part"])
    lines = [[name_cell(words(row["class"])), *(count_cell(row.get(part, 0)) for part in parts)] for row in facts["totals"]["by_class"]]
    open_ = f"Not in it: {plural(facts['totals']['disagreed'], 'image')} on which readers disagree." if facts["totals"]["disagreed"] else ""
    return Table("Labels by class", ["Class", *(PARTS.get(part, part) for part in parts)], lines if parts else [], open_)


PARTS = {"pool": "Pool", "val": "Validation", "test": "Test", "known": "Known before"}


def skips_table(facts: Facts) -> Table:
    """Skips by reason."""
    return Table("Skipped", ["Reason", "Images"], [[name_cell(words(name)), count_cell(n)] for name, n in facts["totals"]["skips"].items()])


def rounds_table(facts: Facts) -> Table:
    """Strategy, scores on validation and test, labels that changed since."""
    lines = []
    for row in facts["rounds"]:
        scores = [_score(row.get(part)) for part in ("val", "test")]
        changed = DASH if row["changed"] is None else Cell(count(row["changed"]), look="num bad" if row["changed"] else "num")
        cells = [count_cell(row["labels"]), count_cell(row["patients"]), *scores, changed, count_cell(row["seconds_train"])]
        lines.append([name_cell(f"{row['round']}"), Cell(words(row["strategy"]), row["state"]), *cells])
    head = ["Round", "Strategy", "Labels", "Patients", "Validation AUROC", "Test AUROC", "Changed since", "Training, s"]
    note = "Validation labels are in the count of labels. 'Changed since': labels that are other ones now than when the model learnt them."
    return drop_empty(Table("Rounds", head, lines, note))


def _score(told: Row | None) -> Cell:
    value = finite((told or {}).get("auroc"))
    if told is None or value is None:
        return DASH
    return Cell(number(value), interval(told) or f"{count(told.get('images'))} images", "num")


def entropy_table(facts: Facts, threshold: float | None) -> Table:
    """Entropy of the open pool after each round, and the rules that held."""
    lines = [
        [
            name_cell(f"{row['round']}"),
            *(Cell(number(row[name]), look="num") for name in ("max_entropy", "high_entropy")),
            count_cell(row["open"]),
            Cell(", ".join(map(words, row["stop"])) if row["stop"] else "go on"),
        ]
        for row in facts["rounds"]
        if row["state"] == "scored"
    ]
    limit = "" if threshold is None else f" The threshold of the rules is {number(threshold)} nats."
    note = f"In nats, over the images that are still open: the highest, and the 99th percentile.{limit}"
    return Table("Entropy and stop rules", ["Round", "Highest", "99th percentile", "Open", "Recommended"], lines, note)


def agreement_table(facts: Facts, which: str) -> Table:
    """Agreement between readers, or of readers with themselves."""
    rows: dict[str, dict[str, Row]] = {}
    for row in facts[which]:
        name = f"{row['reader']} and {row['other']}" if row.get("other") else row["reader"]
        rows.setdefault(name, {})[row["metric"]] = row
    metrics = [metric for metric in FIGURES if any(metric in own for own in rows.values())]
    lines = []
    for name, own in rows.items():
        any_row = next(iter(own.values()))
        lines.append([Cell(name), count_cell(any_row["n"]), count_cell(any_row["patients"]), *(measure_cell(own.get(m)) for m in metrics)])
    title = "Between readers" if which == "between_readers" else "Readers with themselves, by hidden repeats"
    note = "95 % intervals draw patients. First answers count, before any model was shown."
    return Table(title, ["", "Images", "Patients", *(FIGURES[metric] for metric in metrics)], lines, _marked(note, lines))


def pool_table(facts: Facts) -> Table:
    """The open pool as its random share shows it."""
    lines = [
        [name_cell(f"{row['round']}"), Cell(words(row["what"])), measure_cell(row), count_cell(row["n"]), count_cell(row["patients"])]
        for row in facts["pool"]
    ]
    note = (
        "From images that were drawn at random, weighted by 1 / their probability of being drawn; what was chosen otherwise is not in it."
    )
    return Table("The open pool, without the strategy's choice", ["Round", "", "Share", "Images", "Patients"], lines, _marked(note, lines))


def bias_table(facts: Facts) -> Table:
    """Agreement with the model where it was shown and where it was not."""
    lines = [
        [
            Cell(row["arm"]),
            count_cell(row["answers"]),
            measure_cell(row["first"]),
            measure_cell(row["final"]),
            count_cell(row["switched_to"]),
            count_cell(row["switched_from"]),
            Cell(number(row["seconds"], 1), look="num"),
        ]
        for row in (facts["bias"] or {"arms": []})["arms"]
    ]
    head = ["The model was", "Answers", "First answer agrees", "Final answer agrees", "Changed to it", "Changed from it", "Seconds"]
    note = "Agreement is the share of answers that are the model's most probable class."
    return Table("Readers and the model", head, lines, _marked(note, lines))


def _marked(note: str, lines: list[list[Cell]]) -> str:
    """Explain the mark of exact intervals where there is one."""
    return f"{note} {EXACT_NOTE}." if any(EXACT in cell.small for line in lines for cell in line) else note


def doubted_table(facts: Facts) -> Table:
    """Labels to read again."""
    lines = [
        [
            name_cell(row["token"]),
            Cell(words(row["label"])),
            Cell(words(row["other"])),
            Cell("hidden repeat" if row["why"] == "repeat" else "model", "" if row["probability"] is None else number(row["probability"])),
        ]
        for row in facts["doubted"]
    ]
    note = (
        "By the model: what the network of the round before had said of the image, before it was told the label (prequential; it may have "
        "learnt other images of the patient). A doubt is no proof: have them read again (relabel). With the ids of the images: reread.csv."
    )
    return Table("Labels to read again", ["Image", "Label", "Instead", "By"], lines, note)


def provenance_table(facts: Facts) -> Table:
    """What the numbers rest on."""
    told = facts["provenance"]
    chain = "; ".join(told["faults"]) if told["faults"] else "whole"
    rows = [("Events", count(told["events"])), ("First and last", f"{told['first_event'] or '–'} to {told['last_event'] or '–'}")]
    rows += [("Chain of hashes", chain), ("Last hash", told["last_hash"] or "–"), ("Versions of medimg", ", ".join(told["versions"]))]
    rows += [("Manifest, SHA-256", told["manifest_sha256"] or "–"), ("Learnt from", f"{facts['train_on']} answers")]
    rows += [("Seeds of the rounds", ", ".join(str(row["seed"]) for row in facts["rounds"]) or "–")]
    for row in facts["rounds"]:
        if row["weights_sha256"] or row["labels_sha256"]:
            told_of = f"labels {row['labels_sha256'] or '–'}, weights {row['weights_sha256'] or '–'}"
            rows.append((f"Round {row['round']}, SHA-256", told_of))
    return Table(
        "Provenance",
        ["", ""],
        [[Cell(name), Cell(text, look="bad" if name.startswith("Chain") and told["faults"] else "")] for name, text in rows],
    )
