"""Rule files -> a rule set, or one error with every fault of all of them."""

from collections.abc import Sequence
from pathlib import Path

from medimg.errors import ConfigError
from medimg.qc.build import build
from medimg.qc.merge import merge
from medimg.qc.rules import RuleSet
from medimg.qc.stack import Stack


def load(source: str | Path, folder: Path, views: Sequence[str] = ()) -> RuleSet:
    """Read a rule set: the name of one in `folder` (configs/qc), or a .yaml file, which may extend such.

    `views` are those that will be judged; each needs a rule. Raises ConfigError with every fault: file, line, what, nearest name.
    """
    stack = Stack(folder, [])
    stack.add(str(source), Path.cwd(), f"rules={source}")
    if stack.faults and not stack.whole:
        raise ConfigError(*stack.faults)
    found = build(merge(stack), views, stack.faults)
    if stack.faults:
        raise ConfigError(*dict.fromkeys(stack.faults))
    return found
