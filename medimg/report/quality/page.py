"""Puts a folder of judged films into report.html, a page of each film, and of many films worklists by month."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medimg.qc.rates import GREY, UNKNOWN
from medimg.qc.rules import GROUPS
from medimg.report.quality import header, worklist
from medimg.report.quality.charts import chart_rows, p_chart_svg
from medimg.report.quality.exposure import exposure_table
from medimg.report.quality.film_page import read_film, write_film_page
from medimg.report.quality.folder import OutFolder, read_out
from medimg.report.quality.pages import Pages
from medimg.report.quality.rate_tables import Human, RateTables, rate_tables
from medimg.report.quality.rules import RuleTexts
from medimg.report.quality.tally import Entry, Tally, tally
from medimg.report.quality.words import Words
from medimg.report.table import Cell, Table, count_cell
from medimg.report.words import number

STAGES = ("decode", "segment", "measure", "write")
FIRST = 24  # films of the worklist that are shown at once
MOST = 60  # films shown in the report itself where the worklist is paged by month


def write_report(path: Path, language: str, by: tuple[str, ...], human: Human) -> Path:
    """Read the tables once, write the films' pages, then the report that links to them."""
    words = Words(language)
    out = read_out(path)
    found = tally(out, by)
    texts, pages = RuleTexts(out.rules, words), Pages(path, words)
    linked = write_film_pages(found.entries, pages, texts)
    tables = rate_tables(found.counts, texts, words)
    listed = _listed(found, pages, texts, linked)
    report = pages.write(
        "report.html", "quality/report.html", title=words("title"), banners=header.banners(out, words),
        verdict=header.verdict(out, found, tables, words), tiles=header.tiles(out, found, words), rates=tables.groups(human),
        failing=tables.rules(human, True), clean=tables.rules(human, False),
        divisions=[(tables.divided(name), tables.rules_by(name)) for name in by], charts=_charts(found, tables, words),
        films=found.films,
        grey=GREY, one_month=len(found.months) < 2, no_month=found.words["month"][UNKNOWN], exposure=exposure_table(found.spread, words),
        skipped=_skipped(out, words), times=_times(out, words), **listed,
    )  # fmt: skip
    pages.remove_others(("films", "worklist"))
    return report


def write_film_pages(entries: Sequence[Entry], pages: Pages, texts: RuleTexts) -> frozenset[str]:
    """Write the page of every entry whose films/<id>.json can be read; the ids that have one."""
    linked = set()
    for entry in entries:
        film = read_film(pages.out / "films" / f"{entry.film}.json")
        if film is not None:
            write_film_page(pages, film, texts)
            linked.add(entry.film)
    return frozenset(linked)


def _listed(found: Tally, pages: Pages, texts: RuleTexts, linked: frozenset[str]) -> dict[str, Any]:
    todo = worklist.to_do(found.entries)
    others = [] if found.large else [entry for entry in found.entries if entry.kind not in worklist.TO_DO]
    shown = todo[:MOST] if found.large else todo
    months = worklist.write_months(todo, pages, texts, linked) if found.large else []

    def cards(entries: Sequence[Entry]) -> list[worklist.Card]:
        return [worklist.card(entry, pages, texts, entry.film in linked) for entry in entries]

    return {"todo": cards(shown), "others": cards(others), "months": months, "large": found.large, "first": FIRST, "todo_n": len(todo)}


def _charts(found: Tally, tables: RateTables, words: Words) -> dict[str, list[tuple[str, Any]]]:
    """Charts of the film and its groups, and of every rule that failed at least once; none of a single month."""
    if len(found.months) < 2:
        return {"groups": [], "rules": []}
    heads = ("film", *GROUPS)
    rules = [item for item in tables.items if item not in heads and tables.rows["", "", item]["fails"]]

    def drawn(items: Sequence[str]) -> list[tuple[str, Any]]:
        made = []
        for item in items:
            rows = chart_rows(found.counts, item, found.months)
            if any(row["n"] for row in rows):
                name = words("chart_of", item=tables.texts.numbered(item))
                made.append((tables.texts.numbered(item), p_chart_svg(rows, name, words.share)))
        return made

    return {"groups": drawn(heads), "rules": drawn(rules)}


def _skipped(out: OutFolder, words: Words) -> Table:
    lines = [[Cell(words.known("skipped", reason)), count_cell(n)] for reason, n in out.skipped.most_common()]
    return Table(words("skipped"), [words("reason"), words("files")], lines, words("skipped_note"))


def _times(out: OutFolder, words: Words) -> Table:
    lines = []
    for stage in STAGES:
        if spent := out.summary.get("ms", {}).get(stage):
            lines.append([Cell(words(f"ms_{stage}")), *(Cell(number(spent[name], 0), look="num") for name in ("p50", "p95"))])
    return Table(words("time"), [words("stage"), words("p50"), words("p95")], lines)
