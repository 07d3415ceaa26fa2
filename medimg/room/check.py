"""medimg check for a labelling project: what could fail once an expert sits there."""

from pathlib import Path

from medimg.data.leaks import prove
from medimg.errors import GateFailed, MedimgError
from medimg.recipes.parts.cohort import cohort_of
from medimg.recipes.simulate import blank_network
from medimg.room.images import deal, read_images, settled
from medimg.settings import Settings


def check(settings: Settings, runs: Path) -> list[str]:
    """Read, deal, prove and build; returns the faults found."""
    try:
        manifest = read_images(settings)
        settings = settled(settings, manifest)
        split = deal(manifest, settings)
        proof = prove(manifest.rows, split)
        blank_network(settings, cohort_of(manifest, settings, split, str(proof["split_sha256"])))
    except GateFailed:
        raise
    except MedimgError as fault:
        return fault.faults
    return []
