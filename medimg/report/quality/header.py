"""The top of the report: what it is and is not, how many films fail, and what they were judged by."""

from collections.abc import Mapping

from medimg.qc.rates import GREY, UNKNOWN
from medimg.report.quality.folder import OutFolder
from medimg.report.quality.rate_tables import RateTables
from medimg.report.quality.tally import BORDERLINE, Tally
from medimg.report.quality.words import Words


def banners(out: OutFolder, words: Words) -> list[str]:
    """What every reader has to know first."""
    built_in = str(out.summary.get("cohort") or "").startswith("phantom:")
    return [words("not_rejects"), *([words("built_in")] if built_in else []), words("research")]


def verdict(out: OutFolder, found: Tally, tables: RateTables, words: Words) -> list[str]:
    """How many films fail, in one or two sentences, and a warning where they are few; where no file is a film, why."""
    if not found.films:
        return (
            [words("no_film_line", n=f"{out.skipped.total():,}", reasons=reasons(out.skipped, words))]
            if out.skipped
            else [words("no_rate_line")]
        )
    kinds = found.kinds
    told = {"fail": kinds["fail"], "review": kinds["review"], "borderline": kinds[BORDERLINE], "passed": kinds["pass"] + kinds[BORDERLINE]}
    lines = [words("verdict_line", n=f"{found.films:,}", studies=f"{len(found.studies):,}", **{name: f"{n:,}" for name, n in told.items()})]
    row = tables.rows.get(("", "", "film"))
    if row is None or not row["n"]:
        return [*lines, words("no_rate_line")]
    shares = {name: words.share(row[name]) for name in ("rate", "low", "high")}
    lines.append(words("rate_line", judged=f"{row['n']:,}", **shares))
    return [*lines, words("small_line", grey=GREY)] if row["grey"] else lines


def reasons(skipped: Mapping[str, int], words: Words) -> str:
    """How many files were skipped for each reason, most first."""
    most_first = sorted(skipped.items(), key=lambda one: -one[1])
    return words("comma").join(words("reason_n", reason=words.known("skipped", reason), n=f"{n:,}") for reason, n in most_first)


def tiles(out: OutFolder, found: Tally, words: Words) -> list[tuple[str, str]]:
    """Number of films, period, views, rooms, and by what they were judged: name and value."""

    def several(name: str) -> str:
        return words("comma").join(words.word(word) for word in sorted(found.words[name]))

    months, versions = found.months, sorted(found.words["version"])
    period = words("unknown") if not months else months[0] if len(months) == 1 else words("span", first=months[0], last=months[-1])
    limits = words("limits_several", versions=several("version")) if len(versions) > 1 else several("version")
    views = words("comma").join(f"{words.word(view)} {n:,}" for view, n in sorted(found.words["view"].items()))
    rooms = len(set(found.words["StationName"]) - {UNKNOWN})
    told = [("films", f"{found.films:,}"), ("period", period), ("views", views), ("rooms", str(rooms)), ("limits", limits)]
    told = told if found.films else told[:1]
    told += [(name, several(name)) for name in ("model", "config", "medimg") if set(found.words[name]) - {UNKNOWN}]
    if out.skipped:
        told.append(("skipped_files", f"{out.skipped.total():,}"))
    return [(words(name), value) for name, value in told]
