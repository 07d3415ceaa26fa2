"""Configuration files and a command's words become Settings, or one list of all that is wrong with them.

Hydra only joins the files and reads the words; what the values mean is checked by `medimg.validate`, and no object is ever made from YAML.
Order of rule: group files < experiment < its profile < the user's words.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from medimg.errors import ConfigError
from medimg.phantoms import COHORTS
from medimg.run.configs import config_root, content, groups, refuse_unsafe_files, stamps
from medimg.run.conflicts import conflicts, missing_files
from medimg.run.words import Words, bad_choice, first_line, read_words
from medimg.settings import Settings
from medimg.validate import OPEN, did_you_mean, read_settings, shown

FILES = ("data.manifest", "data.exclude", "data.split", "model.weights", "generate.sr_perceptual")
DEEPEST = 20
NO_MANIFEST = (
    "data.manifest is not given: which images? Give experiment=NAME (medimg list), data.manifest=FILE.csv, "
    f"or {' or '.join(f'data.manifest=phantom:{name}' for name in COHORTS)}."
)


def compose(words: Sequence[str] = (), *, manifest: str | None = None) -> Settings:
    """Settings from the configuration files and `key=value` words, whose files must exist; ConfigError lists every fault.

    `manifest` is data.manifest as typed, whatever letters it holds.
    """
    settings, faults, still_open = _composed(words, manifest, files=True)
    faults += [NO_MANIFEST if key == "data.manifest" else f"{key}={OPEN}: this has no default and must be given." for key in still_open]
    if faults:
        raise ConfigError(*dict.fromkeys(faults))
    return settings


def compose_to_look(words: Sequence[str] = ()) -> tuple[Settings, list[str]]:
    """Settings to be shown, and the keys that must still be given; files need not exist. ConfigError lists every other fault."""
    settings, faults, still_open = _composed(words, None, files=False)
    if faults:
        raise ConfigError(*dict.fromkeys(faults))
    return settings, still_open


def _composed(words: Sequence[str], manifest: str | None, files: bool) -> tuple[Settings, list[str], list[str]]:
    """Settings, faults, and the keys without a value."""
    refuse_unsafe_files()
    said = read_words(words)
    if manifest is not None:
        said.values["data.manifest"] = manifest
    config, sources, faults = _joined(said)
    faults = said.faults + faults
    for key, value in said.values.items():
        faults += put(config, key, value)
        sources[key] = ""
    for key in said.removed:
        _remove(config, key, faults)
    _follow(config, faults)
    make_absolute(config)
    settings, wrong = read_settings(config, sources)
    still_open = [fault.partition("=")[0] for fault in wrong if fault.partition("=")[2].startswith(f"{OPEN}:")]
    faults += [fault for fault in wrong if fault.partition("=")[0] not in still_open]
    if any("experiment" in fault for fault in said.faults):
        still_open = [key for key in still_open if key != "data.manifest"]  # the experiment would have named one
    together = [*conflicts(settings, set(said.values)), *(missing_files(settings) if files else [])]
    already = [fault.partition("=")[0] for fault in faults] + still_open
    faults += [fault for fault in together if not any(key in fault for key in already)]
    return replace(settings, experiment=said.choices.get("experiment")), faults, still_open


def _joined(said: Words) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """Files and profile as one tree, where each profile value came from, and faults of the profile."""
    config = _files(said.choices)
    wanted = said.values.get("profile", config.get("profile"))
    profiles = config.pop("profiles", None) or {}
    faults: list[str] = []
    profile: dict[str, Any] = {}
    if profiles and isinstance(wanted, str) and wanted in profiles:
        profile = profiles[wanted] or {}
    elif profiles:
        names = ", ".join(profiles)
        faults.append(f"no profile is called '{shown(wanted)}'.{did_you_mean(str(wanted), list(profiles))} There is: {names}.")
    elif "profile" in said.values:
        faults.append(f"profile={shown(wanted)}: profiles belong to an experiment, and none with profiles is chosen (experiment=NAME).")
    known = groups()
    chosen = {key: name for key, name in profile.items() if key in known and key not in said.choices}
    faults += [fault for key, name in chosen.items() if (fault := bad_choice(key, name, known[key]))]
    if chosen and not faults:
        config = _files({**said.choices, **chosen})
        config.pop("profiles", None)
    sources = dict.fromkeys(profile, f"profile {wanted}")
    for key, value in profile.items():
        faults += put(config, key, value) if key not in known else []
    for group, name in said.choices.items():
        if name and group != "experiment":
            for key, value in content(group, name).items():
                put(config, f"{group}.{key}", value)
    return config, sources, faults


def _files(choices: Mapping[str, str | None]) -> dict[str, Any]:
    root = config_root()
    return deepcopy(_read(root, stamps(root), tuple(choices.items())))


@lru_cache(maxsize=64)
def _read(root: Path, stamps: tuple[tuple[Path, int, int], ...], choices: tuple[tuple[str, str | None], ...]) -> dict[str, Any]:
    """The chosen files as one tree, joined by Hydra (a third of a second) once for as long as no file changes."""
    words = [f"{group}={'null' if name is None else name}" for group, name in choices]
    try:
        with initialize_config_dir(str(root), version_base="1.3", job_name="medimg"):
            tree = OmegaConf.to_container(hydra_compose("train", overrides=words), resolve=False)
    except (HydraException, OmegaConfBaseException) as fault:
        raise ConfigError(f"the configuration files do not fit together: {first_line(fault)}") from None
    assert isinstance(tree, dict)
    return {str(key): value for key, value in tree.items()}


def put(config: dict[str, Any], key: str, value: Any) -> list[str]:
    """Set one dotted key. A mapping replaces the one that was there, so that `data.where={}` means no condition."""
    *path, last = key.split(".")
    node = config
    for depth, part in enumerate(path):
        below = node.get(part)
        if below is None:
            below = node[part] = {}
        if not isinstance(below, dict):
            parent = ".".join(path[: depth + 1])
            return [f"no key '{key}': {parent} holds a single value."]
        node = below
    if isinstance(node.get(last), dict) and not isinstance(value, dict) and not path:
        return [f"{key}={shown(value)}: {key} is a group of keys, set as {key}.KEY=VALUE."]
    node[last] = value
    return []


def _remove(config: dict[str, Any], key: str, faults: list[str]) -> None:
    *path, last = key.split(".")
    node: Any = config
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    if isinstance(node, dict) and last in node:
        del node[last]
    else:
        faults.append(f"~{key} takes a key back that no file sets. Leave it out.")


def _follow(config: dict[str, Any], faults: list[str]) -> None:
    """Replace each `${section.key}` by that key's single value."""

    def target(text: str, steps: int = 0) -> Any:
        name = text[2:-1]
        node: Any = config
        for part in name.split("."):
            node = node.get(part) if isinstance(node, dict) else None
        if isinstance(node, str) and node.startswith("${"):
            node = target(node, steps + 1) if steps < DEEPEST else None
        if node is None or isinstance(node, dict | list):
            faults.append(f"{text} refers to '{name}', which no file or word sets to a single value.")
            return None
        return node

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: walk(item) for key, item in node.items()}
        if isinstance(node, list):
            return [walk(item) for item in node]
        return target(node) if isinstance(node, str) and node.startswith("${") else node

    config.update(walk(dict(config)))


def make_absolute(config: dict[str, Any]) -> None:
    """Name files in full: they are typed relative to where the command was given, and the run must find them from anywhere."""
    for section, key in (name.split(".") for name in FILES):
        values = config.get(section)
        value = values.get(key) if isinstance(values, dict) else None
        if isinstance(value, str) and isinstance(values, dict) and _is_path(section, key, value):
            values[key] = _absolute(value)
    judged = config.get("evaluate")
    against = judged.get("against") if isinstance(judged, dict) else None
    if isinstance(against, list | tuple) and isinstance(judged, dict):
        judged["against"] = [_absolute(run) if isinstance(run, str) else run for run in against]


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _is_path(section: str, key: str, value: str) -> bool:
    words = {"manifest": value.startswith("phantom:"), "split": value == "manifest", "weights": value == "imagenet"}
    return bool(value) and value != OPEN and not words.get(key, False)
