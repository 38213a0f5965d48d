"""Judges that are programs: one step after the other, each told on a line as ``step ... ok``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Final

from judges.expected import Verdict, counted

_STEP: Final = re.compile(r"^.+ \.\.\. (ok|failed)$", re.MULTILINE)


def taken(steps: Mapping[str, Callable[[], bool]]) -> Verdict:
    """Takes each step, and tells it."""
    outcomes = []
    for name, step in steps.items():
        outcomes.append("ok" if step() else "failed")
        sys.stdout.write(f"{name} ... {outcomes[-1]}\n")
    return counted(outcomes)


def told(output: str) -> Verdict:
    """The verdict over steps that another program took and told."""
    sys.stdout.write(output)
    return counted(_STEP.findall(output))
