"""The report of a project, by its settings."""

from dataclasses import asdict
from pathlib import Path

from medimg.active.stopping import Stop
from medimg.room.folder import Folder
from medimg.room.store import Store
from medimg.settings import Settings


def report(folder: Folder, store: Store, settings: Settings) -> Path:
    """Write the report of what the store holds now, and give its page."""
    from medimg.room.report import write_report  # draws figures, which takes long to import

    threshold, built_in = Stop(**asdict(settings.active.stop)).nats(), settings.data.manifest.startswith("phantom:")
    return write_report(store.history(), folder.report, threshold=threshold, built_in=built_in, draws=settings.evaluate.draws)
