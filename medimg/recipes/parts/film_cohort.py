"""The films of a run that outlines organs: manifest read, patients dealt, the deal proved, films and masks prepared."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from medimg.data.film_cache import FilmCache
from medimg.data.films import Films
from medimg.data.leaks import prove, prove_external
from medimg.data.split import load_split, named, save_split
from medimg.errors import ManifestError, RunError
from medimg.io import Manifest
from medimg.io.files import write_atomically
from medimg.io.told import Told
from medimg.recipes.parts.cohort import deal, flow_of, known_to, parts_of, read, read_cases, write_cases
from medimg.recipes.parts.stages import by_first, write_json
from medimg.settings import Settings
from medimg.training import ranks

PREPARED = "prepared.csv"  # of a run: a hash of what its networks see of each film


@dataclass(frozen=True)
class FilmCohort:
    """Films that can be used, their cache, and who is in which part; an empty split where nobody was dealt."""

    manifest: Manifest
    cache: FilmCache
    split: pd.DataFrame
    split_sha256: str
    kind: ClassVar[str] = "outlines"

    @property
    def answers(self) -> Sequence[str]:
        """What a network says of a film: one mask an organ."""
        return self.cache.organs

    @property
    def rows(self) -> pd.DataFrame:
        """All films."""
        return self.manifest.rows

    def folds(self) -> list[tuple[int, int]]:
        """All (fold, member) pairs of the split."""
        pairs = self.split[["fold", "member"]].drop_duplicates().sort_values(["fold", "member"])
        return [(int(fold), int(member)) for fold, member in pairs.itertuples(index=False)]

    def part(self, fold: int, member: int, part: str) -> pd.DataFrame:
        """Films of one part, in the manifest's order."""
        chosen = self.split[(self.split["fold"] == fold) & (self.split["member"] == member) & (self.split["part"] == part)]
        return self.rows[self.rows["id"].isin(chosen["id"])].reset_index(drop=True)

    def test(self, fold: int, member: int) -> pd.DataFrame:
        """Films that the networks of a fold are judged on: its test part, or all where nobody was dealt."""
        return self.rows if self.split.empty else self.part(fold, member, "test")

    def films(self, rows: pd.DataFrame) -> Films:
        """Lay out films with their masks."""
        return self.cache.films(rows)


def read_films(settings: Settings) -> Manifest:
    """Read the films of the view on which at least one of its organs is outlined; ManifestError where there is none."""
    view, data = settings.view, settings.data
    manifest = read(replace(data, label=None, classes=None, where={**data.where, "view": list(view.films)}))
    rows, columns = manifest.rows, [f"mask_{organ}" for organ in view.organs]
    there = [name for name in columns if name in rows]
    outlined = (rows[there] != "").any(axis=1)
    if not outlined.any():
        raise ManifestError(
            f"no film of view {' or '.join(view.films)} has a mask, so nothing can be learned. Fill at least one of the columns "
            f"{', '.join(columns)} with paths of PNG files as large as the film (docs/film_quality.md)."
        )
    kept = rows[outlined].reset_index(drop=True)
    without = len(rows) - len(kept)
    flow = manifest.flow | {"used": len(kept), "excluded": manifest.flow["excluded"] + without, "without_masks": without}
    return replace(manifest, rows=kept, flow=flow | {"patients": int(kept["patient"].nunique())})


def load_films(settings: Settings, run: Path) -> FilmCohort:
    """Read, deal, prove and prepare; a run that was begun keeps its split. Writes the run's tables of cases, films, split, proof and flow.

    RunError where films look otherwise or have other masks than when the run began: some of its networks would know the old ones.
    """
    manifest, path, proof_path = read_films(settings), run / "split.csv", run / "split_proof.json"
    if ranks.rank() == 0 and not path.exists():
        save_split(deal(manifest, settings), path)
    ranks.barrier()
    known = json.loads(proof_path.read_text())["split_sha256"] if proof_path.exists() else None
    split = load_split(path, manifest.rows, known)
    proof = prove(manifest.rows, split, by=settings.data.deal_by)
    cohort = FilmCohort(manifest, cache_of(settings), split, str(proof["split_sha256"]))
    parts = {"parts": parts_of(manifest.rows, split)}
    _prepare(cohort, settings, run, proof, parts)
    return cohort


def load_external_films(settings: Settings, source: Path, run: Path) -> FilmCohort:
    """Read another manifest (`settings.data`) to judge a run on, and prove that it shares nothing with the cases its networks know."""
    manifest = read_films(settings)
    proof = prove_external(manifest.rows, known_to(source))
    cohort = FilmCohort(manifest, cache_of(settings), pd.DataFrame(columns=["id", "fold", "member", "part"]), "")
    _prepare(cohort, settings, run, proof, {})
    return cohort


def films_for_check(settings: Settings) -> FilmCohort:
    """Read, deal and prove without a run folder; prepares no film."""
    manifest = read_films(settings)
    split = deal(manifest, settings)
    proof = prove(manifest.rows, split, by=settings.data.deal_by)
    return FilmCohort(manifest, cache_of(settings), split, str(proof["split_sha256"]))


def cache_of(settings: Settings) -> FilmCache:
    """Give the cache of films that are prepared as the settings say."""
    return FilmCache(settings.view.organs, settings.data.size)


def redrawn(films: pd.DataFrame, run: Path) -> list[str]:
    """Ids of the films (id, sha256) that look otherwise, or have other masks, than a run's table of prepared films says."""
    before = films["id"].map(read_cases(run / PREPARED).set_index("id")["sha256"])
    return list(films["id"][before.notna() & (before != films["sha256"])])


def _prepare(cohort: FilmCohort, settings: Settings, run: Path, proof: dict[str, Any], more: dict[str, Any]) -> None:
    by_first(partial(_keep, cohort, settings, run, proof, more))
    ranks.barrier()


def _keep(cohort: FilmCohort, settings: Settings, run: Path, proof: dict[str, Any], more: dict[str, Any]) -> None:
    if missing := cohort.cache.missing(cohort.rows):
        with Told("reading films", missing) as told:
            cohort.cache.fill(cohort.rows, told=told)
    films = pd.DataFrame({"id": cohort.rows["id"], "sha256": cohort.films(cohort.rows).fingerprints()})
    if (run / PREPARED).is_file() and (changed := redrawn(films, run)):
        raise RunError(
            f"films look otherwise or have other masks than when this run began: {named(changed)}. Put their files back, or start a new "
            "run with the new ones: what has learned already knows the old ones."
        )
    write_atomically(run / PREPARED, films.to_csv(index=False).encode())
    write_cases(run, cohort.manifest, settings.data)
    write_json(run / "split_proof.json", {**proof, "manifest_sha256": cohort.manifest.sha256})
    write_json(run / "flow.json", {**flow_of(cohort.manifest), **more})
