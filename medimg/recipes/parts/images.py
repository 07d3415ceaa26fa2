"""Images that can be used, as the cases that are judged: each by itself, or the sequences of one place together."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from medimg.data.cache import PictureCache
from medimg.data.places import match_places
from medimg.data.prepare import Prepare
from medimg.errors import ManifestError
from medimg.io import Manifest
from medimg.io.aliases import canonical
from medimg.settings import Data, Decision, Settings
from medimg.words import plural

if TYPE_CHECKING:
    from medimg.data.dataset import Pictures
    from medimg.data.patients import Places
    from medimg.losses import Kind


@dataclass(frozen=True)
class Images:
    """A manifest, where its pictures lie, the sequences that are judged together (none: each image is a case), and what is asked."""

    manifest: Manifest
    cache: PictureCache
    fuse: tuple[str, ...]
    kind: "Kind"

    @property
    def rows(self) -> pd.DataFrame:
        """One row an image."""
        return self.manifest.rows

    def cases_of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What is judged of these images: the images, or the places that they show."""
        return match_places(rows, self.fuse) if self.fuse else rows

    def pictures(self, cases: pd.DataFrame, channels: int) -> "Pictures | Places":
        """Lay out the pictures of cases."""
        from medimg.data.dataset import Pictures
        from medimg.data.patients import Places

        if self.fuse:
            return Places(cases, self.fuse, self.manifest.classes, self.cache)
        return Pictures(cases, self.manifest.classes, self.cache, channels)


def kind_of(manifest: Manifest, decision: Decision) -> "Kind":
    """Several labels at once, each for itself or sharing one distribution, one of two, or one of many."""
    if manifest.multilabel and decision == "paper":
        if len(manifest.classes) < 2:
            raise ManifestError(f"decision=paper shares 1 among classes, and {manifest.classes[0]} is the only one. Leave decision out.")
        return "distribution"
    if manifest.multilabel:
        return "multilabel"
    return "binary" if len(manifest.classes) == 2 else "multiclass"


def images_of(manifest: Manifest, settings: Settings) -> Images:
    """Put together what the settings say of a manifest's images; ManifestError where it has too few classes for the question."""
    data = settings.data
    return Images(manifest, cache_of(manifest, data), sequences_of(data), kind_of(manifest, settings.decision))


def cache_of(manifest: Manifest, data: Data) -> PictureCache:
    """Where the pictures of a manifest lie, prepared as the settings say."""
    return PictureCache(prepare_of(data), dict(zip(manifest.rows["id"], manifest.rows["header_sha256"], strict=True)))


def prepare_of(data: Data) -> Prepare:
    """How pictures are prepared."""
    return Prepare(data.size, data.normalise, data.crop, data.field_mm)


def sequences_of(data: Data) -> tuple[str, ...]:
    """The sequences that are judged together, in canonical words; none where each image is a case."""
    return tuple(canonical("sequence", name) for name in data.fuse)


def places_of(rows: pd.DataFrame, data: Data) -> pd.DataFrame:
    """Match all places of a manifest, with the columns of data.subgroups from one of their slices; ManifestError by data.missing."""
    sequences = sequences_of(data)
    places = match_places(rows, sequences)
    lacking = places[(places[list(sequences)] == "").any(axis=1)]
    if data.missing == "refuse" and len(lacking):
        raise ManifestError(
            f"one of {', '.join(sequences)} is not there at {len(lacking)} of {plural(len(places), 'place')}, in "
            f"{plural(lacking['patient'].nunique(), 'patient')}, and "
            f"data.missing=refuse (for example {', '.join(lacking['id'][:5])}). Set data.missing=mask to judge them by what is there."
        )
    extra = [name for name in data.subgroups if name in rows and name not in places]
    first = places[list(sequences)].apply(lambda row: next(filter(None, row)), axis=1)
    return places.join(rows.set_index("id")[extra], on=first)
