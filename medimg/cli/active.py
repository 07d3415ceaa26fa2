"""medimg active-label: labelling with the model's help; here its simulation on labelled images."""

import json
from typing import Any

from medimg.cli.parser import Command
from medimg.cli.runs import speak, tell
from medimg.errors import ConfigError
from medimg.run.start import plan, simulate


def active_label(command: Command) -> int:
    """Simulate labelling, or with --plan say what it would cost; flags become words of the group active."""
    speak(command)
    if not command.simulate:
        raise ConfigError("medimg active-label needs --simulate: labelling in the browser is not part of this medimg yet.")
    target = command.names[0] if command.names else None
    words = [*command.overrides, *_words(command)]
    if not command.plan:
        return tell(simulate(words, target), command)
    told = plan(words, target)
    if command.json:
        print(json.dumps({**told, "exit_code": 0}))
        return 0
    done = f", {told['done']} of them done" if told["done"] else ""
    print(f"{told['units']} units (one training each){done}: about {_time(told['hours'])}{_by(told)} on {told['device']}.")
    print(f"Measured: {told['seconds_per_step']:.3f} s for a training step of one batch. Nothing was started.")
    return 0


def _by(told: dict[str, Any]) -> str:
    """Whose hours these are."""
    together, processes = told["hours_are_of"], told["processes"]
    if together < processes:
        return f" with {together} of {processes} processes" if together > 1 else f" per process (what {processes} gain here is not known)"
    return f" with {together} processes" if together > 1 else ""


def _words(command: Command) -> list[str]:
    flags = {
        "active": command.preset,
        "active.compare": f"[{command.compare}]" if command.compare is not None else None,
        "active.repeats": command.repeats,
        "active.budget": command.budget,
    }
    return [f"{key}={value}" for key, value in flags.items() if value is not None]


def _time(hours: float) -> str:
    return f"{hours:.1f} hours" if hours >= 1 else f"{60 * hours:.1f} minutes"
