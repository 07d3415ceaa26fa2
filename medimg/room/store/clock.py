"""The time as records carry it."""

from datetime import UTC, datetime


def now() -> str:
    """Tell the time: UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
