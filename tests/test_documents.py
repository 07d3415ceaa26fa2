"""What the documents point to is there."""

import re
from pathlib import Path

import pytest

from medimg.run.resume import flat
from medimg.settings import Data, Settings
from medimg.validate import plain

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_setting_that_is_named_exists(document):
    known = [
        f"{key}.{inner}" if inner else key
        for key, value in flat(plain(Settings(data=Data(manifest="x.csv")))).items()
        for inner in ([*value] if isinstance(value, dict) and value else [""])
    ]
    groups = "|".join(sorted({key.partition(".")[0] for key in known if "." in key}))
    named = set(re.findall(rf"(?<![\w./-])((?:{groups})\.[a-z_]+(?:\.[a-z_]+)*)=", document.read_text()))
    assert sorted(key for key in named if not any(one == key or one.startswith(f"{key}.") for one in known)) == []


@pytest.mark.parametrize("name", ["README.md", "Makefile", "CHANGELOG.md", "docs", "scripts", "configs", "medimg"])
def test_every_script_and_every_test_that_is_named_exists(name):
    files = (
        [ROOT / name]
        if (ROOT / name).is_file()
        else [path for path in (ROOT / name).rglob("*") if path.suffix in (".md", ".py", ".sh", ".yaml")]
    )
    pattern = r"\b(?:scripts/[a-z_]+\.(?:py|sh)|tests/[a-z_/]+\.py)"
    named = {found for path in files for found in re.findall(pattern, path.read_text())}
    assert sorted(found for found in named if not (ROOT / found).is_file()) == []
