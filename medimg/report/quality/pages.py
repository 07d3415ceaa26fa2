"""Pages of the report of chest films: templates filled in one language, each file complete or not there."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from medimg import __version__
from medimg.report.quality.signs import sign, signs
from medimg.report.quality.words import HTML_LANGUAGE, Words


@dataclass(frozen=True)
class Pages:
    """The pages of one folder in one language; `written`: their names."""

    out: Path
    words: Words
    written: set[str] = field(default_factory=set)

    def write(self, name: str, template: str, **values: Any) -> Path:
        """Fill a template and write OUT/name. `up` leads from the page back to OUT."""
        up = "../" * name.count("/")
        page = environment().get_template(template).render(
            w=self.words, lang=HTML_LANGUAGE[self.words.language], up=up, version=__version__,
            sign=lambda verdict, told=True: sign(verdict, self.words, told), signs=signs(self.words), **values,
        )  # fmt: skip
        path = self.out / name
        path.parent.mkdir(exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_text(page, encoding="utf-8")
        os.replace(part, path)
        self.written.add(name)
        return path

    def remove_others(self, folders: Sequence[str]) -> None:
        """Remove pages of earlier reports in these folders of OUT: what they tell of films and months holds no more."""
        for folder in folders:
            for path in (self.out / folder).glob("*.html"):
                if f"{folder}/{path.name}" not in self.written:
                    path.unlink()


@cache
def environment() -> Environment:
    """Templates with the style of all reports and that of chest films."""
    found = Environment(
        loader=PackageLoader("medimg.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    sheets = (found.get_template(name).render() for name in ("report.css", "quality/quality.css"))
    found.globals["style"] = Markup("".join(sheets))
    return found
