"""Tables of fail rates: the whole beside people's, and each room, operator, view or month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from medimg.qc.rates import GREY, Counts, rates
from medimg.qc.rules import GROUPS
from medimg.report.quality.people import Beside
from medimg.report.quality.rules import RuleTexts
from medimg.report.quality.words import Words
from medimg.report.table import Cell, Table, count_cell

WIDEST = 12  # columns of a table of rules by words: more are not read on paper
HEADINGS = ("item", "judged", "fails", "rate", "ci", "bar", "warns", "open", "not_applicable_n")
Row = dict[str, Any]
Human = Mapping[str, Sequence[Beside]]  # item -> readers


@dataclass(frozen=True)
class RateTables:
    """Rates of one folder, counted once and laid out in one language."""

    rows: Mapping[tuple[str, str, str], Row]
    texts: RuleTexts
    words: Words

    @property
    def items(self) -> list[str]:
        """Film, groups and rules of the whole, in the order of the rules."""
        return self.texts.in_order([item for by, _, item in self.rows if by == ""])

    def values_of(self, by: str) -> list[str]:
        """Rooms, operators, views or months, in alphabetical order."""
        return list(dict.fromkeys(word for name, word, _ in self.rows if name == by))

    def groups(self, human: Human) -> Table:
        """The film and its four groups, with people's rates where there are any."""
        items = [item for item in ("film", *GROUPS) if ("", "", item) in self.rows]
        note = self.words("rates_note", grey=GREY) + (" " + self.words("human_note") if human else "")
        return self._table(self.words("rates_caption"), items, human, note)

    def rules(self, human: Human, failing: bool) -> Table:
        """Every rule that films fail, or every other one that applied to a film."""
        found = [item for item in self.items if item not in ("film", *GROUPS)]
        rows = {item: self.rows["", "", item] for item in found}
        items = [item for item, row in rows.items() if bool(row["fails"]) == failing and (row["n"] or row["open"])]
        return self._table(self.words("rules_caption") if failing else self.words("rules_clean", n=len(items)), items, human)

    def _table(self, caption: str, items: Sequence[str], human: Human, note: str = "") -> Table:
        head = [self.words(name) for name in HEADINGS] + ([self.words("human"), self.words("same_films")] if human else [])
        end = scale_end([self.rows["", "", item]["high"] for item in items])
        lines = [self._line(item, end) + (self._human(human.get(item, ())) if human else []) for item in items]
        return Table(caption, head, lines, note)

    def divided(self, by: str, items: Sequence[str] = ("film", *GROUPS)) -> Table:
        """A line for each room (operator, view, month), a column for each item."""
        head = [self.words.known("by", by).capitalize(), *map(self.texts.title, items)]
        lines = [
            [Cell(self.words.word(word)), *(self._rate(self.rows.get((by, word, item))) for item in items)] for word in self.values_of(by)
        ]
        note = self.words("by_note", grey=GREY) + (" " + self.words("operator_note") if by == "operator" else "")
        return Table(self.words("beside_by", by=self.words.known("by", by)), head, lines, note)

    def rules_by(self, by: str) -> Table:
        """A line for each rule that failed anywhere, a column for each room (operator, view, month); empty where they are too many."""
        found = self.values_of(by)
        rules = [item for item in self.items if item not in ("film", *GROUPS) and self.rows["", "", item]["fails"]]
        caption, head = self.words("each_rule", by=self.words.known("by", by)), [self.words("rule"), *map(self.words.word, found)]
        if len(found) > WIDEST:
            return Table(caption, head)
        lines = [[self._name(rule), *(self._rate(self.rows.get((by, word, rule))) for word in found)] for rule in rules]
        return Table(caption, head, lines)

    def _name(self, item: str) -> Cell:
        return Cell(self.texts.numbered(item), "" if self.texts.counted(item) else self.words("not_counted"))

    def _line(self, item: str, end: float) -> list[Cell]:
        row = self.rows["", "", item]
        counts = {name: count_cell(row[name]) for name in ("n", "fails", "warns", "open", "not_applicable")}
        look, some = "num grey" if row["grey"] else "num", bool(row["n"])
        interval = self._interval(row) if some else "–"
        return [
            self._name(item), counts["n"], counts["fails"], Cell(self.words.share(row["rate"]), look=look), Cell(interval, look=look),
            Cell(rate_bar(row, end) if some else "", look="bar"), counts["warns"], counts["open"], counts["not_applicable"],
        ]  # fmt: skip

    def _rate(self, row: Row | None) -> Cell:
        if not row or not row["n"]:
            return Cell("–", look="num dim")
        look = "num grey" if row["grey"] else "num"
        return Cell(self.words.share(row["rate"]), self._interval(row), look, more=f"n = {row['n']:,}")

    def _interval(self, row: Row) -> str:
        return self.words("interval", low=self.words.share(row["low"]), high=self.words.share(row["high"]))

    def _human(self, found: Sequence[Beside]) -> list[Cell]:
        if not found:
            return [Cell("–", look="num dim")] * 2
        return [self._beside([(one.reader, getattr(one, side), one.n) for one in found]) for side in ("fails", "ours")]

    def _beside(self, told: Sequence[tuple[str, int, int]]) -> Cell:
        lines = [self.words.share(fails / n if n else None) for _, fails, n in told]
        small = "; ".join(self.words("human_cell", name=reader or self.words("human"), n=n) for reader, _, n in told)
        return Cell(" / ".join(lines), small, "num grey" if all(n < GREY for *_, n in told) else "num")


def rate_tables(counts: Counts, texts: RuleTexts, words: Words) -> RateTables:
    """Count the rates of all divisions once."""
    return RateTables({(row["by"], row["word"], row["item"]): row for row in rates(counts)}, texts, words)


def scale_end(highs: Sequence[float | None]) -> float:
    """The end of a common scale for rates: the first of 5, 10, 20, 30, 40, 50 and 100 % that no interval exceeds."""
    most = max((high for high in highs if high is not None), default=1.0)
    return next((end for end in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5) if most <= end), 1.0)


def rate_bar(row: Row, end: float) -> Markup:
    """A rate as a bar with its interval, on a scale from 0 to `end`: 120 x 14."""
    x, low, high = (min(118.0, 118 * float(value) / end) + 1 for value in (row["rate"], row["low"], row["high"]))
    return Markup(
        '<svg class="rate{grey}" viewBox="0 0 120 14" aria-hidden="true"><rect x="1" y="3.5" width="{width:.1f}" height="7"/>'
        '<path d="M{low:.1f} 7H{high:.1f}M{low:.1f} 4v6M{high:.1f} 4v6"/></svg>'
    ).format(grey=" grey" if row["grey"] else "", width=x - 1, low=low, high=high)
