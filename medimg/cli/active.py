"""medimg active-label: labelling with the model's help in the browser, or simulated on labelled images."""

import json
import re
from typing import Any

from medimg.cli.flags import INSTEAD, LABEL, ONLY_SIMULATED, SHARED
from medimg.cli.parser import Command
from medimg.cli.runs import speak, tell
from medimg.errors import ConfigError


def active_label(command: Command) -> int:
    """Label, or simulate that; most flags become words of the group active."""
    speak(command)
    given = [flag for flag in LABEL if getattr(command, _name(flag)) not in (None, False)]
    _refuse(given, command.simulate)
    if command.simulate:
        return _simulate(command)
    from medimg.cli.label import label

    return label(command, next((flag for flag in given if flag in INSTEAD), ""), words_of(command))


def words_of(command: Command) -> list[str]:
    """The command's settings: its words, and those that its flags are short for."""
    readers = command.reader or (",".join(f"reader{k + 1}" for k in range(command.readers)) if command.readers else None)
    flags = {
        "active": command.preset,
        "active.compare": _listed(command.compare),
        "active.repeats": command.repeats,
        "active.budget": command.budget,
        "active.strategy": command.strategy,
        "active.init": command.init,
        "active.init_size": command.init_size,
        "active.stop.max_labels": command.max_labels,
        "active.stop.max_rounds": command.max_rounds,
        "active.stop.rules": _listed(command.stop),
        "active.reading.readers": _names(readers),
        "active.reading.double": command.double_read,
        "active.reading.adjudicator": None if command.adjudicator is None else _text(command.adjudicator),
        "active.page.show_model": command.show_model,
        "active.page.accept_bias": "true" if command.i_accept_bias else None,
    }
    return [*command.overrides, *(f"{key}={value}" for key, value in flags.items() if value is not None)]


def _listed(names: str | None) -> str | None:
    return None if names is None else f"[{names}]"


def _names(names: str | None) -> str | None:
    return None if names is None else f"[{','.join(_text(name.strip()) for name in names.split(','))}]"


def _text(name: str) -> str:
    """A person's name as Hydra's grammar reads it, in whatever script and with whatever signs."""
    escaped = re.sub(r'(\\*)"', r'\1\1\\"', re.sub(r"(\\+)$", r"\1\1", name))
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_ .-]*", name) else f'"{escaped}"'


def _name(flag: str) -> str:
    return str(LABEL[flag].get("dest", flag.removeprefix("--").replace("-", "_")))


def _refuse(given: list[str], simulated: bool) -> None:
    """Flags that do not go together."""
    faults = []
    for flag in given:
        if simulated and flag not in (*SHARED, *ONLY_SIMULATED):
            faults.append(f"{flag} is for readers, and --simulate asks the labels that are known. Leave one of them out.")
        if not simulated and flag in ONLY_SIMULATED:
            faults.append(f"{flag} is for --simulate. Add that, or leave {flag} out.")
    several = [flag for flag in given if flag in INSTEAD]
    if len(several) > 1:
        faults.append(f"{' and '.join(several)}: each is a command of its own. Give one at a time.")
    if "--dry-run" in given and "--import" not in given:
        faults.append("--dry-run is for --import FILE. Add that, or leave --dry-run out.")
    if "--what" in given and "--export" not in given:
        faults.append("--what is for --export FILE. Add that, or leave --what out.")
    if "--reader" in given and "--readers" in given:
        faults.append("--reader names the readers, and --readers counts them. Give one of them.")
    if "--headless" in given and (page := [flag for flag in ("--port", "--bind", "--certificate", "--key") if flag in given]):
        faults.append(f"--headless opens no page, so {', '.join(page)} has no meaning. Leave it out.")
    if faults:
        raise ConfigError(*faults)


def _simulate(command: Command) -> int:
    from medimg.run.start import plan, simulate

    target, words = command.names[0] if command.names else None, words_of(command)
    if not command.plan:
        return tell(simulate(words, target), command)
    told = plan(words, target)
    if command.json:
        print(json.dumps({**told, "exit_code": 0}))
        return 0
    done = f", {told['done']} of them done" if told["done"] else ""
    print(f"{told['units']} units (one training each){done}: about {_time(told['hours'])}{_by(told)} on {told['device']}.")
    for note in told["notes"]:
        print(note)
    only = " but the drawing of the built-in cohort, where it was not kept yet" if told["built_in"] else ""
    print(f"Measured: {told['seconds_per_step']:.3f} s for a training step of one batch. Nothing was started{only}.")
    return 0


def _by(told: dict[str, Any]) -> str:
    """Whose hours these are."""
    together, processes = told["hours_are_of"], told["processes"]
    if together < processes:
        return f" with {together} of {processes} processes" if together > 1 else f" per process (what {processes} gain here is not known)"
    return f" with {together} processes" if together > 1 else ""


def _time(hours: float) -> str:
    return f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.1f} minutes"
