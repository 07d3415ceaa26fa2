"""What every format of labels comes down to: one answer of one reader to one image."""

from dataclasses import dataclass

from medimg.errors import ManifestError


class ExchangeError(ManifestError):
    """A file of labels cannot be taken over; nothing of it was written."""


@dataclass(frozen=True)
class Row:
    """One answer; `where` tells its place in the file. An image is named by one or more of token, item (its id), pixel_sha256, image.

    `label` "": none was given, or the image was skipped for the reason `skip`.
    """

    where: str
    token: str = ""
    item: str = ""
    pixel_sha256: str = ""
    image: str = ""
    label: str = ""
    reader: str = ""
    confidence: str = ""
    skip: str = ""


NAMES = ("token", "item", "pixel_sha256", "image")
