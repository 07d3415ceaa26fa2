"""The verbs of the quality office: judge chest films, judge again, compare with readers, propose limits, list rules."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from medimg.cli.parser import Command
from medimg.cli.screen import console
from medimg.validate import shown
from medimg.words import plural

if TYPE_CHECKING:
    from medimg.qc.rules import RuleSet
    from medimg.qc.segmenter import Segmenter
    from medimg.recipes.film_quality import Outcome
    from medimg.recipes.films.options import RunOptions

AGREEMENT = {
    "accuracy": "accuracy: share of verdicts that are the same",
    "sensitivity": "sensitivity: of the films that the reference fails, the share that the answer fails",
    "specificity": "specificity: of the films that the reference passes, the share that the answer passes",
    "kappa": "kappa: agreement beyond chance, from 0 (none) to 1 (whole); low where fails are rare, however well both agree",
    "ac1": "ac1: Gwet's AC1, agreement beyond chance by a rule that rare fails do not lower",
}
MEASUREMENTS = (
    "bias: mean of ours minus theirs; lower, upper: limits of agreement, between which 95 % of these differences lie",
    "repeatability: what two measurements of a film differ by at most in 95 %",
    "icc_2_1, icc_3_1: intraclass correlation, whether values are the same, and whether they are so but for a constant; 1 is whole",
)
MOST = 5  # rules named of films that changed
RULES = "Rules; limits: fail below, warn below, warn above, fail above, or none (.); medimg qc rules ID tells one in full"
STANDING = (
    ("enabled", False, "switched off"),
    ("critical", True, "critical: a film that fails it has grade D"),
    ("required", False, "not required: its group has a verdict without it"),
    ("counted", False, "not counted: shown beside the others, in no verdict"),
    ("distrust", True, "beyond its fail limits the masks are not trusted"),
)


def run(command: Command) -> int:
    """medimg qc run: exit code 3 where files were skipped, 5 beyond the gate."""
    from medimg.cli.runs import speak
    from medimg.io.film_sources import check_sources
    from medimg.recipes.film_quality import run as run_films
    from medimg.recipes.films.options import RunOptions, read_options

    speak(command)
    options = read_options(RunOptions, command.overrides)
    check_sources(command.names)  # before networks are loaded, which takes seconds
    return _tell(run_films(command.names, options, _rules(options.rules), _segmenter(options)), options.out, command)


def rejudge(command: Command) -> int:
    """medimg qc rejudge: exit codes as for qc run."""
    from medimg.cli.runs import speak
    from medimg.recipes.film_quality import judge_again
    from medimg.recipes.films.options import JudgeOptions, read_options

    speak(command)
    options = read_options(JudgeOptions, command.overrides)
    return _tell(judge_again(options, _rules(options.rules) if options.rules else None), options.out, command)


def agree(command: Command) -> int:
    """medimg qc agree: exit code 3 where labels name films that are not there."""
    from medimg.qc.rules import GROUPS
    from medimg.recipes.films.agreeing import agree_with
    from medimg.recipes.films.options import AgreeOptions, read_options

    options = read_options(AgreeOptions, command.overrides)
    found = agree_with(options)
    code = 3 if found.lost else 0
    if command.json:
        print(json.dumps({**asdict(found), "exit_code": code}))
        return code
    heads = ("film", *GROUPS)
    shown_first = [row for row in found.verdicts if row["metric"] in AGREEMENT and (row["item"] in heads or _disagreed(row))]
    shown_first.sort(key=lambda row: heads.index(row["item"]) if row["item"] in heads else len(heads))
    for title, told in (("Verdicts", shown_first), ("Measurements, ours minus theirs", found.values)):
        if told:
            console().print(_agreement(title, told))
    tables = [f"{options.out}/{name}.csv" for name, told in (("agreement", found.verdicts), ("bland_altman", found.values)) if told]
    if shown_first:
        print(*AGREEMENT.values(), sep="\n")
        print("Rules on which all agree, and other figures, stand only in the table.")
    if found.values:
        print(*MEASUREMENTS, sep="\n")
    if tables:
        print(f"All columns: {', '.join(tables)}")
    if not found.verdicts:
        print("No label is about a film of this folder.")
    if found.lost:
        print(f"Labels about films or studies that are not there: {', '.join(found.lost[:5])} ({len(found.lost)} in all)", file=sys.stderr)
    return code


def calibrate(command: Command) -> int:
    """medimg qc calibrate: prints the proposed change; nothing is applied."""
    from medimg.recipes.films.calibrating import calibrate as propose
    from medimg.recipes.films.options import CalibrateOptions, read_options

    options = read_options(CalibrateOptions, command.overrides)
    found = propose(options, _rules(options.rules))
    if command.json:
        print(json.dumps({"proposals": [asdict(one) for one in found.proposals], "diff": found.diff, "exit_code": 0}))
        return 0
    print(found.diff or "No limit is to be changed.", end="" if found.diff else "\n")
    if found.diff:
        print(f"Nothing is changed yet: {options.out}/proposal.diff is for you to apply.", file=sys.stderr)
    refused = [one for one in found.proposals if one.refused]
    for why in sorted({one.refused for one in refused}):
        names = [one.rule for one in refused if one.refused == why]
        more = f" and {len(names) - MOST} more rules" if len(names) > MOST else ""
        print(f"Not proposed: {', '.join(names[:MOST])}{more}: {why}.", file=sys.stderr)
    return 0


def rules(command: Command) -> int:
    """medimg qc rules: all rules in short, or one in full."""
    from medimg.qc.explain import explain
    from medimg.recipes.films.options import RulesOptions, read_options

    options = read_options(RulesOptions, command.overrides)
    found = explain(_rules(options.rules), command.names[0] if command.names else None)
    if command.json:
        print(json.dumps({"rules": found, "exit_code": 0}, ensure_ascii=False))
    elif command.names:
        for rule in found:
            print(*_in_full(rule), sep="\n")
    else:
        console().print(_in_short(found))
    return 0


def _segmenter(options: "RunOptions") -> "Segmenter | None":
    """The networks of the runs that are named; a run is told by path, by its name below runs/, or as latest."""
    names = [name.strip() for name in options.network.split(",") if name.strip()]
    if not names:
        return None
    from medimg.run.folder import stored_settings, trained_run

    runs = [(run, stored_settings(run)) for run in map(trained_run, names)]
    from medimg.recipes.films.network import segmenter_of

    return segmenter_of(runs, options.mirror)


def _rules(source: str) -> "RuleSet":
    from medimg.qc.load import load
    from medimg.run.configs import config_root

    return load(source, config_root() / "qc")


def _tell(outcome: "Outcome", out: str, command: Command) -> int:
    from medimg.recipes.film_quality import GIVEN
    from medimg.report.quality.header import reasons
    from medimg.report.quality.words import Words

    told, code = outcome.summary, outcome.exit_code
    if command.json:
        print(json.dumps({**told, "out": out, "exit_code": code}))
        return code
    if told["films"]:
        console().print(_verdicts(told))
    else:
        print("No film could be judged.")
    if told["changed"]:
        console().print(_changes(told["changed"]))
    print(
        f"{plural(told['films'], 'film')} of {plural(told['files'], 'file')}, rules {told['version']}. "
        f"Results: {out}, report: {out}/report.html"
    )
    for stage, ms in told["ms"].items() if told.get("new_files") else ():  # what nobody looked at now took no time
        print(f"  {stage:8} p50 {ms['p50']:8.1f} ms   p95 {ms['p95']:8.1f} ms")
    if told["films_per_second"]:
        print(f"  {told['films_per_second']:.2f} files a second")
    if told["no_organs"]:
        why = (
            "network=RUN_PA,RUN_LAT outlines such films, with another out="
            if told["model"] == GIVEN
            else "their view has no network, or it found none"
        )
        print(f"{plural(told['no_organs'], 'film')} without outlined organs, left to a person: {why}.", file=sys.stderr)
    if told["skipped"]:
        listed = reasons(told["skipped"], Words("en"))
        print(f"Skipped: {listed}. Why stands in {out}/skipped.csv (exit code 3).", file=sys.stderr)
    if told.get("dicom"):
        unsent = sum(count for state, count in told["dicom"]["sent"].items() if state != "stored")
        print(
            f"{plural(told['dicom']['objects'], 'DICOM object')}: {out}/dicom. They name the patients: keep them where such files may be."
        )
        for noun, what, count in (("film", "without DICOM objects", told["dicom"]["without"]), ("object", "not stored", unsent)):
            if count:
                print(f"{plural(count, noun)} {what}. Why stands in {out}/dicom.csv (exit code 3).", file=sys.stderr)
    if told["gate"]["failed"]:
        rate, most = told["fail_rate"]["rate"], told["gate"]["max_fail_rate"]
        print(f"The fail rate of {rate:.1%} is beyond gate.max_fail_rate={most:g} (exit code 5).", file=sys.stderr)
    return code


def _verdicts(told: dict[str, Any]) -> Any:
    from rich.table import Table

    from medimg.io.objects.film_result import VERDICTS
    from medimg.report.quality.words import Words

    words = Words("en")
    table = Table("", title="Films by verdict", title_justify="left")
    for word in VERDICTS:
        table.add_column(words(word), justify="right")
    for name, seen in (("film", told["verdicts"]), *told["groups"].items(), ("study", told["studies"])):
        table.add_row(words(name), *(str(seen.get(word, "")) for word in VERDICTS))
    return table


def _changes(told: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    from medimg.report.quality.words import Words

    words = Words("en")
    table = Table("Before", "Now", title="Films with another verdict than before", title_justify="left")
    table.add_column("Films", justify="right")
    table.add_column("Rules that judge them otherwise")
    for row in told:
        listed = [f"{rule} {count}" for rule, count in row["rules"].items()]
        others = [f"and {len(listed) - MOST} more"] if len(listed) > MOST else []
        table.add_row(
            words(row["before"]),
            words(row["now"]),
            str(row["films"]),
            ", ".join(listed[:MOST] + others) or "none: only how they are summed up",
        )
    return table


def _disagreed(row: dict[str, Any]) -> bool:
    return bool(row["answer_only"] or row["reference_only"])


def _agreement(title: str, told: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    from medimg.report.quality.words import texts

    table = Table("Item", "Reference", "Answer", "Figure", title=title, title_justify="left")
    for column in ("Value", "95 % interval", "n"):
        table.add_column(column, justify="right")
    for row in told:
        estimate = "" if row["estimate"] is None else f"{row['estimate']:.3f}"
        interval = row["undefined"] or row["method"] if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}"
        item = texts()[row["item"]]["en"] if row["item"] in texts() else row["item"]
        table.add_row(item, row["reference"], row["answer"], row["metric"], estimate, interval, str(row["n"]))
    return table


def _in_short(found: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    table = Table("Rule", "Views", "Limits", "Unit", "Title", title=RULES, title_justify="left")
    for rule in found:
        table.add_row(rule["id"], " ".join(rule["views"]), _limits(rule), rule["unit"], rule["text"]["title"]["en"])
    return table


def _limits(rule: dict[str, Any]) -> str:
    return " ".join("." if limit is None else f"{limit:g}" for limit in rule["limits"].values())


def _in_full(rule: dict[str, Any]) -> list[str]:
    text = rule["text"]
    lines = [f"{rule['id']}  {text['title']['en']}  {text['title']['zh']}", f"  group    {rule['group']}, views {' '.join(rule['views'])}"]
    lines += [f"  measures {rule['metric']}: {rule['formula']}"]
    for name, limit in rule["limits"].items():
        if limit is not None:
            lines.append(f"  {name:8} {limit:g} {rule['unit']} ({rule['evidence'][name]})")
    lines += [f"  source   {rule['source']['en']}"]
    lines += [f"  note     {note}" for key, value, note in STANDING if rule[key] is value]
    for gate, (low, high, needed) in rule["gates"].items():
        lines.append(f"  gate     {gate} {_range(low, high)}{'' if needed else ', where measured'}")
    for one in rule["overrides"]:
        new = {key: value["en"] if key == "source" else value for key, value in one.items() if key != "when"}
        when, change = (", ".join(f"{key}={shown(value)}" for key, value in told.items()) for told in (one["when"], new))
        lines.append(f"  where    {when}: {change}")
    for side, finding in text["finding"].items():
        lines += [f"  {side:8} {finding['en']}", f"           {text['mend'][side]['en']}"]
    return [*lines, *_set_in(rule["set_by"])]


def _set_in(places: Mapping[str, str]) -> Iterator[str]:
    """A line for each file: `site.yaml, lines 4 to 5: limits, critical`."""
    files: dict[str, list[tuple[int, str]]] = {}
    for key, place in places.items():
        file, _, line = place.rpartition(", line ")
        files.setdefault(file, []).append((int(line), key))
    for file, keys in sorted(files.items()):
        keys.sort()
        first, last = keys[0][0], keys[-1][0]
        lines = f"line {first}" if first == last else f"lines {first} to {last}"
        yield f"  set in   {file}, {lines}: {', '.join(key for _, key in keys)}"


def _range(low: float | None, high: float | None) -> str:
    ends = (("at least", low), ("at most", high))
    return " and ".join(f"{word} {limit:g}" for word, limit in ends if limit is not None) or "measured"
