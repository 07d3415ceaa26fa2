"""Where the configuration files are, what each is for, and that none of them does more than hold values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

import medimg
from medimg.errors import ConfigError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
NAME = re.compile(r"[A-Za-z0-9][\w-]*(/[A-Za-z0-9][\w-]*)*")
NOT_GROUPS = ("qc",)  # rule files of chest-film quality: medimg.qc reads them, with the line of every value
NAME_IN_DEFAULTS = re.compile(r"(override )?/?[A-Za-z0-9][\w/-]*(@[\w.]+)?|_self_")


@dataclass(frozen=True)
class Head:
    """What the comment at the top of an experiment says."""

    name: str
    purpose: str
    command: str
    own_data: str
    profiles: tuple[str, ...]


def config_root() -> Path:
    """The checkout's configs/ where medimg runs from one, else the copy inside the installed package."""
    package = Path(medimg.__file__).parent
    for root in (package.parent / "configs", package / "configs"):
        if (root / "train.yaml").is_file() and (root.parent == package or (package.parent / "pyproject.toml").is_file()):
            return root
    raise ConfigError("the configuration files of medimg are missing: neither beside nor inside the package. Install medimg again.")


def groups() -> dict[str, list[str]]:
    """Each group and the files to choose from."""
    root = config_root()
    found = {folder.name: sorted(_names(folder)) for folder in sorted(root.iterdir()) if folder.is_dir() and folder.name not in NOT_GROUPS}
    return {name: files for name, files in found.items() if files}


def content(group: str, name: str) -> dict[str, Any]:
    """The values in one group file."""
    values = parse(config_root() / group / f"{name}.yaml")
    values.pop("defaults", None)
    return values


def heads() -> list[Head]:
    """Every experiment with its purpose and command."""
    return [head(name) for name in groups().get("experiment", [])]


def head(name: str) -> Head:
    """Read the comment at the top of one experiment, and the names of its profiles."""
    path = config_root() / "experiment" / f"{name}.yaml"
    lines = [line.lstrip("# ").strip() for line in comment(path)]
    told = {key.strip(): text.strip() for key, colon, text in (line.partition(":") for line in lines) if colon}
    purpose = " ".join(line for line in lines[: next((i for i, line in enumerate(lines) if line.startswith("Run:")), 1)])
    return Head(name, purpose, told.get("Run", ""), told.get("Own data", ""), tuple(parse(path).get("profiles") or ()))


def comment(path: Path) -> list[str]:
    """The lines of the comment that a configuration file begins with, without Hydra's own line."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line)
    return [line for line in lines if not line.startswith("# @package")]


def refuse_unsafe_files() -> None:
    """Look through all configuration files before Hydra reads one: anchors, `_target_` and names that lead elsewhere are faults."""
    root = config_root()
    found = [fault for path, *changed in stamps(root) for fault in _looked_at(path, root, *changed)]
    if found:
        raise ConfigError(*found)


def stamps(root: Path) -> tuple[tuple[Path, int, int], ...]:
    """Every configuration file with the time of its last change (ns) and its size: what was read of them holds while these are the same."""
    found = ((path, path.stat()) for path in sorted(root.rglob("*.yaml")))
    return tuple((path, about.st_mtime_ns, about.st_size) for path, about in found)


@lru_cache(maxsize=256)
def _looked_at(path: Path, root: Path, changed_ns: int, size: int) -> list[str]:
    return faults_of(path, root)


def faults_of(path: Path, root: Path) -> list[str]:
    """Why a configuration file must not be read, empty for a good one."""
    name = f"{root.name}/{path.relative_to(root).as_posix()}"
    try:
        text = path.read_text(encoding="utf-8")
        for token in yaml.scan(text, Loader=LOADER):
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
                line = token.start_mark.line + 1
                return [f"{name} line {line}: YAML anchors and aliases (& and *) are not allowed. Write the values out."]
        values = yaml.load(text, Loader=LOADER)
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        mark = getattr(fault, "problem_mark", None)
        place = f" line {mark.line + 1}" if mark else ""
        return [f"{name}{place}: not readable as YAML ({getattr(fault, 'problem', None) or 'not UTF-8'}). Correct the file."]
    if not isinstance(values, dict):
        return [] if values is None else [f"{name}: a mapping of keys to values is needed. Correct the file."]
    return [f"{name}: {fault}" for fault in (*_bad_defaults(values), *unsafe(values))]


def unsafe(value: Any, key: str = "") -> Iterator[str]:
    """Faults of a value anywhere in a tree: keys that would make objects, references that would reach the environment."""
    if isinstance(value, dict):
        for name, item in value.items():
            if re.fullmatch(r"_\w+_", str(name)):
                yield f"key '{name}' is not allowed: a configuration holds values and makes no objects. Remove it."
            if not key and name == "hydra":
                yield "Hydra's own settings belong on the command line, with -m. Remove the key 'hydra'."
            yield from unsafe(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for item in value:
            yield from unsafe(item, key)
    elif isinstance(value, str) and "${" in value and not re.fullmatch(r"\$\{[\w.]+\}", value):
        yield f"{key}: '{value[:60]}' is not allowed; a value may refer to one other key, ${{section.key}}, and to nothing else."


def parse(path: Path) -> dict[str, Any]:
    """One file as plain values; `refuse_unsafe_files` has looked at it before, or does now."""
    return dict(_parsed(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=256)
def _parsed(path: Path, changed_ns: int) -> dict[str, Any]:
    faults = faults_of(path, config_root())
    if faults:
        raise ConfigError(*faults)
    values = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    return values or {}


def _names(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.yaml"))


def _bad_defaults(values: dict[str, Any]) -> Iterator[str]:
    for entry in values.get("defaults") or []:
        words = [entry] if isinstance(entry, str) else [word for pair in entry.items() for word in pair if word is not None]
        for word in words:
            if not isinstance(word, str) or not NAME_IN_DEFAULTS.fullmatch(word) or ".." in word:
                yield f"defaults name '{word}', which is not a file of these groups. Choose a name without '..' or a leading '/'."
