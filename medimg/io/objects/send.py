"""Objects to an archive, by C-STORE or over the web: one result for each, and sending again does no harm."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

STORED, REFUSED, UNREACHABLE, UNREADABLE = "stored", "refused", "unreachable", "unreadable"


@dataclass(frozen=True)
class Peer:
    """A DICOM peer: host, port, what it calls itself, and what it knows us as (application entity titles, 16 letters at most)."""

    host: str
    port: int
    aet: str
    calling: str = "MEDIMG"
    tries: int = 3
    timeout_s: float = 30.0


@dataclass(frozen=True)
class WebPeer:
    """A DICOMweb service: URL of its root (https://archive/dicom-web), and headers it asks for, such as Authorization."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tries: int = 3
    timeout_s: float = 60.0


@dataclass(frozen=True)
class Sent:
    """What became of one file: `state` is stored, refused (sending again would not help), unreachable or unreadable.

    `status`: DICOM status or HTTP status as the peer gave it. `detail`: in words, without anything of the patient.
    """

    path: Path
    sop: str
    state: str
    status: str = ""
    detail: str = ""
    tries: int = 1

    @property
    def ok(self) -> bool:
        """Whether the archive has it."""
        return self.state == STORED


def send(paths: Iterable[Path], to: Peer | WebPeer) -> list[Sent]:
    """Send files and say of each, in their order, what became of it; never raises for what a peer or a network does.

    What has the same UID replaces itself or is kept by the archive, so a list can be sent again whole. Raises ConfigError without
    pynetdicom (C-STORE), or for an address that is none.
    """
    if isinstance(to, Peer):
        from medimg.io.objects.store import store

        return store(list(paths), to)
    from medimg.io.objects.stow import stow

    return stow(list(paths), to)
