"""The values being read, and every fault found in them with the file and line where it was written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medimg.qc.fields import Reader
from medimg.qc.layers import Layer, Trail
from medimg.validate import UnfitError, did_you_mean, shown


@dataclass
class Desk:
    """The values being read and the faults found in them so far."""

    layer: Layer
    faults: list[str]

    def fault(self, trail: Trail, text: str) -> None:
        """Note a fault at the place of a value."""
        self.faults.append(f"{self.layer.place(trail)}: {text}")

    def known(self, given: Mapping[str, Any], allowed: Sequence[str], trail: Trail, what: str) -> None:
        """Note every key that does not exist."""
        for key in given:
            if key not in allowed:
                self.fault((*trail, key), f"{what} has no key '{key}'.{did_you_mean(key, list(allowed))} Keys: {', '.join(allowed)}.")

    def read(self, given: Mapping[str, Any], key: str, reader: Reader, default: Any, trail: Trail, what: str) -> Any:
        """Read one value, its default where it is not given or not fit."""
        if key not in given:
            return default
        try:
            return reader(given[key])
        except UnfitError as wrong:
            self.fault((*trail, key), f"{what}{key}: {shown(given[key])}: {wrong}")
            return default
