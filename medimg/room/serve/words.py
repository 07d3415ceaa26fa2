"""Texts of the page in English and Chinese."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

LANGUAGES = ("en", "zh")


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Language -> key -> text."""
    told = yaml.safe_load((files("medimg.room") / "page" / "words.yaml").read_text(encoding="utf-8"))
    return {language: {key: words[language] for key, words in told.items()} for language in LANGUAGES}
