"""Which image a row of a foreign file means: by its token, its id, the hash of its pixels, or its path, in this order."""

from collections import defaultdict
from pathlib import PurePosixPath

import pandas as pd

from medimg.room.exchange.row import NAMES, Row


class Matcher:
    """Finds items; a path may be longer or shorter at its beginning, as long as one item alone fits."""

    def __init__(self, items: pd.DataFrame) -> None:
        self._by: dict[str, dict[str, list[str]]] = {}
        for name, column in {"token": "token", "item": "item", "pixel_sha256": "pixel_sha256", "image": "path"}.items():
            known: dict[str, list[str]] = defaultdict(list)
            for value, item in zip(items[column], items["item"], strict=True):
                if value:
                    known[_path(value) if name == "image" else value].append(item)
            self._by[name] = known
        self._pixels = dict(zip(items["item"], items["pixel_sha256"], strict=True))
        self._ends: dict[str, list[str]] = defaultdict(list)
        for path, found in self._by["image"].items():
            self._ends[PurePosixPath(path).name] += [f"{path}\n{item}" for item in found]

    def find(self, row: Row) -> tuple[str, str]:
        """Give the item's id, or "" and why it is not known; names that lead to different items, or to other pixels, are a fault."""
        found: dict[str, str] = {}
        several: list[str] = []
        for name in NAMES:
            value = getattr(row, name)
            items = self._of(name, value) if value else []
            if len(items) == 1:
                found[name] = items[0]
            elif items:
                several.append(f"{name} {value} fits {len(items)} images; name the token")
        if len(set(found.values())) > 1:
            return "", f"{' and '.join(found)} name different images"
        if not found:
            given = [f"{name} {getattr(row, name)}" for name in NAMES if getattr(row, name)]
            return "", several[0] if several else f"no image has {', '.join(given)}" if given else "no image is named"
        item = next(iter(found.values()))
        if row.pixel_sha256 and self._pixels.get(item, "") not in ("", row.pixel_sha256):
            return "", f"{' and '.join(found)} name an image with other pixels than pixel_sha256 says"
        return item, ""

    def _of(self, name: str, value: str) -> list[str]:
        if name != "image":
            return self._by[name].get(value, [])
        path = _path(value)
        exact = self._by["image"].get(path, [])
        if exact:
            return exact
        near = (one.split("\n") for one in self._ends.get(PurePosixPath(path).name, []))
        return [item for known, item in near if f"/{known}".endswith(f"/{path}") or f"/{path}".endswith(f"/{known}")]


def _path(text: str) -> str:
    return text.replace("\\", "/").removeprefix("./")
