"""What a reader must know before believing the numbers, derived from the run itself."""

import re
from collections.abc import Iterator

from medimg.report.cohort import judged_cases, period
from medimg.report.folder import RunFolder
from medimg.report.generating.generated import warnings
from medimg.report.generating.verdict import verdict
from medimg.report.results import headline_row, scope_of
from medimg.report.words import count, finite, interval, scrub, words
from medimg.words import metric_name, plural

FEW_PATIENTS = 100  # sensitivity 0.90 on 100 patients has a 95 % interval about 0.12 wide
FEW_IN_CLASS = 30
MOST_REASONS = 4
WIDE = 0.10
TITLED = re.compile(r"((?:Phases|Generated images)(?:, fold [^:]*)?): (.*)", re.DOTALL)  # notes of a recipe that bring their heading


def built_in(run: RunFolder) -> bool:
    """Whether the cohort is drawn by medimg and not of patients."""
    return run.cohort.startswith("phantom:")


def limits(run: RunFolder) -> list[tuple[str, str]]:
    """(heading, sentence) of every limit that can be derived, the gravest first."""
    copied = [("Memorised patients", told) for told in warnings(run)]
    copied += [("Likeness of generated images", " ".join(told))] if (told := verdict(run)) else []
    return [*copied, *_cohort(run), *_design(run), *_precision(run), *_undefined(run), *_notes(run)]


def not_measured() -> list[str]:
    """What no run of medimg measures by itself, said in every report."""
    return [
        "Comparison with human readers on the same cases.",
        "Agreement of the annotators who made the reference standard.",
        "Performance by age, sex or severity, unless listed as a subgroup above.",
        "Effect on decisions, time to diagnosis or outcome of patients.",
        "Behaviour on other scanners, protocols and sites than those listed.",
    ]


def _cohort(run: RunFolder) -> Iterator[tuple[str, str]]:
    tested = judged_cases(run)
    images, patients = len(tested), int(tested["patient"].nunique()) if "patient" in tested else 0
    if built_in(run):
        yield "Built-in cohort", "The images were computed, not taken from patients. The run shows the method, not medicine."
    if str(run.config.get("profile", "")) in ("demo", "smoke"):
        profile = run.config["profile"]
        yield "Small budget", f"Profile {profile}: fewer epochs and smaller sizes than the method needs; not the model's best."
    if 0 < patients < FEW_PATIENTS:
        told = f"{plural(patients, 'test patient')} with {plural(images, 'image')}"
        yield "Few patients", f"{told}. Images of one patient resemble each other, so the patients count, not the images."
    own = {name: tested["label"].str.split("|").map(lambda labels, name=name: name in labels) for name in run.classes if patients}
    few = {words(name): tested.loc[there, "patient"].nunique() for name, there in own.items()}
    few = {name: amount for name, amount in few.items() if amount < FEW_IN_CLASS}
    if few:
        told = ", ".join(f"{name} {amount}" for name, amount in few.items())
        yield "Small classes", f"Test patients: {told}. A few more could move the measures of these classes much."
    sites = {value for value in run.cases["site"] if value} if "site" in run.cases else set()
    if patients and len(sites) < 2:
        where = "All images come from one site" if sites else "The sites are not stated"
        yield "One site", f"{where}; how the model does at another is not measured."
    if patients and not period(run):
        yield "No dates", "The period of acquisition is not known: whether the patients were consecutive cannot be told."
    found, refused = finite(run.flow.get("found")), finite(run.flow.get("refused"))
    if found and refused and refused / found > 0.05:
        lost = f"{count(refused)} of {count(found)} inputs could not be used"
        yield "Refused inputs", f"{lost}; if they differ from the rest, the numbers are biased."


def _design(run: RunFolder) -> Iterator[tuple[str, str]]:
    if not run.metrics:
        return
    if run.external:
        overlap = " ".join(map(str, [*(run.metrics.get("notes") or []), *(run.proof.get("notes") or [])]))
        if "not provable" in overlap:
            yield "Overlap", "Whether patients of this cohort were among those the model learned from cannot be proved."
    else:
        yield (
            "No external test",
            "Training and test images come from one source. Performance elsewhere is not measured; medimg eval judges another manifest.",
        )
    folds = {scope["fold"] for scope in map(scope_of, run.rows) if list(scope) == ["fold"]}
    seeds = {scope["seed"] for scope in map(scope_of, run.rows) if list(scope) == ["seed"]}
    if not run.external and len(folds) < 2:
        yield "One split", "One hold-out: how much the numbers depend on who fell into the test part is only in the interval."
    if len(seeds) < 2:
        yield "One seed", "Trained once: the spread over random starts is not measured."
    if not run.explained:
        yield "No heat-maps", "What the model looks at was not computed for this run."


def _precision(run: RunFolder) -> Iterator[tuple[str, str]]:
    whole = headline_row(run)
    low, high = finite(whole.get("low")), finite(whole.get("high"))
    name = metric_name(str(whole.get("metric", "")))
    if run.metrics and (low is None or high is None):
        yield "No interval", f"{name} has no interval; it must not be compared with another number."
    elif low is not None and high is not None and high - low > WIDE:
        yield "Wide interval", f"{name} lies between {interval(whole)}: a width of {high - low:.2f}."
    for row in run.rows:
        scope = scope_of(row)
        near, far = finite(row.get("low")), finite(row.get("high"))
        same = (
            row["metric"] == whole.get("metric")
            and row.get("level") == whole.get("level")
            and len(scope) == 1
            and not row.get("calibrated")
        )
        if not same or low is None or high is None or near is None or far is None or {"fold", "seed", "class", "organ"} & set(scope):
            continue
        if far < low or near > high:
            key, value = next(iter(scope.items()))
            side = "below" if far < low else "above"
            yield (
                "Unequal groups",
                f"{words(key)} {words(value)}: {name} {interval(row)}, wholly {side} the interval of all cases ({interval(whole)}).",
            )
    raw = [
        row
        for row in run.rows
        if row["metric"] == "ece"
        and row.get("level") == "image"
        and not row.get("calibrated")
        and not scope_of(row)
        and (finite(row.get("estimate")) or 0) > 0.1
    ]
    if raw:
        yield (
            "Calibration",
            f"The stated probabilities are off by {raw[0]['estimate']:.2f} on average (ECE): read them as a ranking, not as a chance.",
        )


def _undefined(run: RunFolder) -> Iterator[tuple[str, str]]:
    lost = [row for row in run.rows if row.get("undefined")]
    whole = [row for row in lost if not scope_of(row) or list(scope_of(row)) == ["class"]]
    reasons: dict[str, list[str]] = {}
    for row in whole:
        where = scope_of(row).get("class") or {"all": "", "macro": "mean of classes"}.get(str(row.get("scope")), str(row.get("scope")))
        name = f"{metric_name(row['metric'])} per {run.unit(row.get('level', 'image'))}"
        reasons.setdefault(str(row["undefined"]), []).append(f"{name}, {words(where)}" if where else name)
    for reason, names in list(reasons.items())[:MOST_REASONS]:
        unique = list(dict.fromkeys(names))
        more = f" and {len(unique) - 2} more" if len(unique) > 2 else ""
        yield "Undefined", f"{'; '.join(unique[:2])}{more}: {scrub(reason)}."
    rest = len(lost) - len(whole) + sum(len(names) for names in list(reasons.values())[MOST_REASONS:])
    if rest:
        yield "Undefined", f"{plural(rest, 'measure')} of single groups, folds or seeds; each with its reason in the tables of the run."


def _notes(run: RunFolder) -> Iterator[tuple[str, str]]:
    for note in run.metrics.get("notes") or []:
        titled = TITLED.fullmatch(scrub(note))
        yield (titled[1], titled[2][:1].upper() + titled[2][1:]) if titled else ("Note", scrub(note))
