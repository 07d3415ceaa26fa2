"""The verbs that only look: experiments, resolved settings, and what is kept on disk."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from medimg.cli.parser import Command
from medimg.cli.screen import console, size
from medimg.errors import ConfigError, NothingToDo
from medimg.run.configs import config_root, groups, heads
from medimg.validate import OPEN, did_you_mean, plain, shown


def list_experiments(command: Command) -> int:
    """medimg list."""
    found = heads()
    if command.json:
        print(json.dumps({"configs": str(config_root()), "experiments": [asdict(head) for head in found]}))
        return 0
    from rich.table import Table

    table = Table(title=f"Experiments in {config_root()}", title_justify="left", show_lines=True)
    table.add_column("Name", no_wrap=True)
    table.add_column("Purpose, and how to start it")
    table.add_column("Profiles")
    for head in found:
        lines = [head.purpose, head.command, head.own_data]
        table.add_row(head.name, "\n".join(line.replace("[", r"\[") for line in lines if line), "\n".join(head.profiles))
    console().print(table)
    return 0


def show(command: Command) -> int:
    """medimg show: every setting with its value, one that must still be given as ???; with --keys what each may be and is for."""
    from medimg.run.compose import compose_to_look, put

    words = list(command.overrides)
    if command.names:
        name = command.names[0]
        known = groups()["experiment"]
        if name not in known:
            raise ConfigError(f"no experiment is called '{name}'.{did_you_mean(name, known)} There is: {', '.join(known)}.")
        words.insert(0, f"experiment={name}")
    settings, still_open = compose_to_look(words)
    values = plain(settings)
    for key in still_open:
        put(values, key, OPEN)
    if command.keys:
        return _keys(values, command.json)
    if command.json:
        print(json.dumps({"configs": str(config_root()), "settings": values, "must_be_given": still_open}))
        return 0
    import yaml

    print(f"# {settings.experiment or 'no experiment'}, profile {settings.profile}, from {config_root()}")
    if still_open:
        print(f"# Must still be given (???): {', '.join(f'{key}=...' for key in still_open)}")
    print(yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=120), end="")
    return 0


def _keys(values: dict[str, Any], as_json: bool) -> int:
    """Every key with its value here, what it may be, and what it is for."""
    from medimg.run.keys import every_key

    found = every_key(values)
    if as_json:
        print(json.dumps({"keys": [asdict(key) for key in found]}))
        return 0
    from rich.markup import escape
    from rich.table import Table

    table = Table("Key", "Here", "May be", "What it is for", title="Settings, as words: key=value", title_justify="left")
    for key in found:
        table.add_row(*(escape(text) for text in (key.name, shown(key.value), key.wanted, key.purpose)))
    console().print(table)
    return 0


def cache_show(command: Command) -> int:
    """medimg cache show."""
    sizes = {folder.name: _bytes(folder) for folder in _kinds()}
    home = _home()
    if command.json:
        print(json.dumps({"home": str(home), "bytes": sizes}))
        return 0
    print(f"{home / 'cache'} holds {size(sum(sizes.values()))}; all of it can be made again.")
    for kind, count in sizes.items():
        print(f"  {kind:<12} {size(count):>10}")
    return 0


def cache_clear(command: Command) -> int:
    """medimg cache clear: everything, or one kind."""
    kinds = _kinds()
    names = [folder.name for folder in kinds]
    if command.kind is not None and command.kind not in names:
        raise ConfigError(
            f"nothing of kind '{command.kind}' is kept.{did_you_mean(command.kind, names)} There is: {', '.join(names) or 'nothing'}."
        )
    chosen = [folder for folder in kinds if command.kind in (None, folder.name)]
    freed = sum(_bytes(folder) for folder in chosen)
    if not chosen:
        raise NothingToDo(f"{_home() / 'cache'} is empty already.")
    for folder in chosen:
        shutil.rmtree(folder)
    told = {"cleared": [folder.name for folder in chosen], "bytes": freed}
    print(json.dumps(told) if command.json else f"{size(freed)} freed: {', '.join(told['cleared'])}.")  # type: ignore[arg-type]
    return 0


def _home() -> Path:
    from medimg.io.home import home

    return Path(home())


def _kinds() -> list[Path]:
    cache = _home() / "cache"
    return sorted(folder for folder in cache.iterdir() if folder.is_dir()) if cache.is_dir() else []


def _bytes(folder: Path) -> int:
    """Space on disk: a cache of pictures is sparse, and may shrink while it is measured."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_blocks * 512
        except OSError:
            continue
    return total
