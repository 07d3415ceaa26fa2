"""What the numbers on generated images come to, in sentences: each number beside that of real images."""

from collections.abc import Iterator

from medimg.report.folder import Json, RunFolder
from medimg.report.generating.generated import shown
from medimg.report.others import records
from medimg.report.summary import holds_guessing
from medimg.report.words import finite, interval, number, words
from medimg.words import plural

SHORT = 0.9  # of the coverage that real patients would reach: under this share, patients are left out
APART = "Do not take them for images of patients."
ALIKE = "These numbers show no difference from real images, which does not prove that there is none."
UNKNOWN = "There are too few real patients to tell how like real images they are: do not take them for images of patients."


def verdict(run: RunFolder) -> list[str]:
    """Say how far generated images are from real ones, by each measure that there is, and what follows; nothing without such images."""
    rows = shown(run)
    told = [*_taught(run), *_distance(rows), *_coverage(rows)]
    if not rows:
        return []
    end = APART if any(apart for _, apart in told) else ALIKE if told else UNKNOWN
    return [*(sentence for sentence, _ in told), end]


def _taught(run: RunFolder) -> Iterator[tuple[str, bool]]:
    """Compare networks taught by generated images alone, and by real ones, on the same real test images."""
    own = {str(row["trained_on"]): row for row in records(run, "real_test", {"trained_on", "auroc"}) if finite(row["auroc"]) is not None}
    if {"real", "generated"} <= set(own):
        real, generated = own["real"], own["generated"] | {"metric": "auroc"}
        guess = ", not shown better than guessing" if holds_guessing(generated) else ""
        apart = finite(generated.get("high")) is not None and finite(real.get("low")) is not None and generated["high"] < real["low"]
        way = f"A network taught by generated images alone reaches an AUROC of {_area(generated)} on real test images{guess}"
        yield f"{way}; one taught by real images {_area(real)}.", apart


def _area(row: Json) -> str:
    return f"{number(row['auroc'], 2)} ({interval(row, 2) or 'no interval'})"


def _distance(rows: list[Json]) -> Iterator[tuple[str, bool]]:
    """Count the groups whose KID is more than 97.5 % of pairs of halves of their real patients have."""
    known = [row for row in rows if None not in (finite(row.get("kid")), finite(row.get("kid_real_high")))]
    far = [row for row in known if row["kid"] > row["kid_real_high"]]
    if known:
        worst = max(known, key=lambda row: float(row["kid"] - row["kid_real_high"]))
        name, own, real = words(str(worst["group"])), number(worst["kid"], 2), number(worst["kid_real_high"], 2)
        most = f", furthest in {name}: {own}, between real ones up to {real}"
        few = f" ({len(rows) - len(known)} more: too few real patients to tell)" if len(known) < len(rows) else ""
        told = "The distance from real images (KID) is above that between two halves of the real patients"
        yield f"{told} in {len(far) or 'none'} of {plural(len(known), 'group')}{few}{most if far else ''}.", bool(far)


def _coverage(rows: list[Json]) -> Iterator[tuple[str, bool]]:
    """Tell the group with the largest part of its real images uncovered."""
    known = [row for row in rows if finite(row.get("coverage")) is not None and finite(row.get("coverage_real"))]
    if known:
        worst = min(known, key=lambda row: float(row["coverage"] / row["coverage_real"]))
        seen, real = (f"{100 * worst[name]:.0f} %" for name in ("coverage", "coverage_real"))
        told = f"Fewest real images have a generated one near in {words(str(worst['group']))}: {seen}, where {real} would have one of"
        yield f"{told} another patient.", worst["coverage"] < SHORT * worst["coverage_real"]
