"""What can be wrong with the store of labels; the server answers the first three with 507, a Conflict or a Refused with 409."""

from medimg.errors import MedimgError


class StoreError(MedimgError):
    """The labels cannot be kept, found or believed."""


class StoreFull(StoreError):
    """The disk took no more; nothing was written."""


class StoreReadOnly(StoreError):
    """The file or its folder cannot be written; nothing was written."""


class StoreBusy(StoreError):
    """Another process held the file for longer than a reader should wait; nothing was written."""


class StoreDamaged(StoreError):
    """The file is not what was written; nothing is written to it any more."""


class Conflict(StoreError):
    """The same key came again with other content; the first content stands."""


class Refused(StoreError):
    """The event or step is not allowed here and now; nothing was written."""
