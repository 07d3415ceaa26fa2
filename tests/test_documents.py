"""What the documents point to is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "Makefile", "CHANGELOG.md", "docs", "scripts", "configs", "medimg"])
def test_every_script_that_is_named_exists(name):
    files = (
        [ROOT / name]
        if (ROOT / name).is_file()
        else [path for path in (ROOT / name).rglob("*") if path.suffix in (".md", ".py", ".sh", ".yaml")]
    )
    named = {script for path in files for script in re.findall(r"\bscripts/[a-z_]+\.(?:py|sh)", path.read_text())}
    assert sorted(script for script in named if not (ROOT / script).is_file()) == []
