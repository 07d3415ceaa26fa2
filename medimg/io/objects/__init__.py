"""What was found about a film -> DICOM objects beside it in its study, and the way to an archive.

These files carry the patient's identity on purpose, as an archive needs it: keep them out of everything else that a run writes.
They need highdicom and pynetdicom: pip install 'medimg[dicom]'.
"""

from medimg.io.mark import Mark
from medimg.io.objects.film_result import FilmResult, RuleResult
from medimg.io.objects.send import Peer, Sent, WebPeer, send
from medimg.io.objects.write import KINDS, write_objects

__all__ = ["KINDS", "FilmResult", "Mark", "Peer", "RuleResult", "Sent", "WebPeer", "send", "write_objects"]
