"""C-STORE (PS3.4 B): one association for all files, made again where it is lost."""

import time
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.uid import UID

from medimg.errors import ConfigError
from medimg.io.objects.send import REFUSED, STORED, UNREACHABLE, UNREADABLE, Peer, Sent

WAIT_S = 0.5  # before a second try, twice as long before the third
DUPLICATE = 0x0111
MOST_CONTEXTS = 128  # of one association (PS3.8 9.3.2)
META = ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID")


def store(paths: list[Path], to: Peer) -> list[Sent]:
    """Send files in their order; after a peer has not been reached `to.tries` times, the rest is not tried."""
    metas = {path: _meta(path) for path in paths}
    line = Line(to, {(meta[0], meta[2]) for meta in metas.values() if meta})
    try:
        return [_sent(line, path, metas[path]) for path in paths]
    finally:
        line.close()


def _meta(path: Path) -> tuple[str, ...] | None:
    """SOP class, instance and transfer syntax; None for what is no DICOM file."""
    try:
        meta = dcmread(path, stop_before_pixels=True, specific_tags=[]).file_meta
        return tuple(str(meta[keyword].value) for keyword in META)
    except Exception:  # whatever it is, it cannot be sent; its own words could quote it
        return None


def _sent(line: "Line", path: Path, meta: tuple[str, ...] | None) -> Sent:
    if meta is None:
        return Sent(path, "", UNREADABLE, detail="no DICOM file", tries=0)
    if line.dead:
        return Sent(path, meta[1], line.dead, detail=line.fault, tries=0)
    for number in range(1, line.to.tries + 1):
        if number > 1:
            time.sleep(WAIT_S * 2 ** (number - 2))
        state, status, detail = line.store(path, meta)
        if state != UNREACHABLE:
            return Sent(path, meta[1], state, status, detail, number)
    if status or not line.open:  # full, or away; an association lost over one object may hold for the next
        line.dead, line.fault = UNREACHABLE, detail
    return Sent(path, meta[1], UNREACHABLE, status, detail, number)


class Line:
    """An association with a peer, opened when it is first needed and again when it was lost.

    `open`: whether it could be opened when it was last needed; `dead`: the state of all that is still to be sent, "" while there is hope.
    """

    def __init__(self, to: Peer, contexts: set[tuple[str, str]]) -> None:
        try:
            from pynetdicom import AE
        except ImportError:
            raise ConfigError("sending by C-STORE needs pynetdicom: pip install 'medimg[dicom]'.") from None
        self.to, self.dead, self.fault, self.open = to, "", "", False
        self._association: Any = None
        self._entity: Any = AE(ae_title=to.calling)
        for name in ("acse_timeout", "dimse_timeout", "network_timeout", "connection_timeout"):
            setattr(self._entity, name, to.timeout_s)
        for sop_class, syntax in sorted(contexts)[:MOST_CONTEXTS]:
            self._entity.add_requested_context(UID(sop_class), UID(syntax))

    def store(self, path: Path, meta: tuple[str, ...]) -> tuple[str, str, str]:
        """Send one file once: state, status and detail."""
        association = self._open()
        if association is None:
            return self.dead or UNREACHABLE, "", self.fault
        try:
            status = association.send_c_store(path)
        except ValueError:
            return REFUSED, "", f"the peer takes no {UID(meta[0]).name} as {UID(meta[2]).name}"
        except (RuntimeError, OSError, AttributeError) as fault:
            self.fault = f"the association was lost ({type(fault).__name__})"
            return UNREACHABLE, "", self.fault
        if "Status" not in status:
            self.close()
            self.fault = "the peer gave no answer"
            return UNREACHABLE, "", self.fault
        return _meaning(status.Status)

    def _open(self) -> Any:
        if self._association is None or not self._association.is_established:
            made = self._entity.associate(self.to.host, self.to.port, ae_title=self.to.aet)
            self._association, self.open = (made, True) if made.is_established else (None, False)
            if made.is_rejected:
                answer = made.acceptor.primitive
                self.fault = f"the peer rejects the association: {answer.reason_str}"
                self.dead = REFUSED if answer.result == 1 else ""  # 1: for good (PS3.8 9.3.4)
            elif not self.open:
                self.fault = "no association: nobody answers there, or it takes none of these objects"
        return self._association

    def close(self) -> None:
        """End the association."""
        if self._association is not None and self._association.is_established:
            self._association.release()
        self._association = None


def _meaning(status: int) -> tuple[str, str, str]:
    """A status of C-STORE (PS3.4 B.2.3): success and warnings are stored, out of resources may pass, the rest does not."""
    written = f"0x{status:04X}"
    if status == 0x0000:
        return STORED, written, ""
    if status == DUPLICATE:
        return STORED, written, "was there already"
    if 0xB000 <= status <= 0xBFFF or status in (0x0001, 0x0107, 0x0116):
        return STORED, written, "with a warning"
    if 0xA700 <= status <= 0xA7FF:
        return UNREACHABLE, written, "the peer is out of resources"
    return REFUSED, written, "the peer does not take it"
