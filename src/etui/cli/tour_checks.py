"""What a step of the tour is, and how it sees that it did what its title says."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli.exits import Exit
from etui.cli.output import quoted, single_line
from etui.cli.stage import Ran, Stage

if TYPE_CHECKING:
    from etui.interfaces import shell_1 as shell

_CHANGE_S: Final = 15.0
_DECIDING: Final = ("It was", "You were", "This policy", "These policies")
"""How the sentences about the decision itself begin."""


class StepError(Exception):
    """A step did not do what it says; the message says what it did."""

    code = "step"


class Step(msgspec.Struct, frozen=True):
    """A sentence, and what makes it true; it returns what is told under it.

    ``needs``: programs and files without which it is not played, each with its Debian package. ``at_reader``: whether
    it is played before a virtual reader, which takes a network of its own.
    """

    title: str
    play: Callable[[Stage], list[str]]
    needs: dict[str, str] = {}
    at_reader: bool = False

    @property
    def missing(self) -> list[str]:
        """The packages that are not there."""
        return [package for name, package in self.needs.items() if not (shutil.which(name) or Path(name).exists())]


def told(at: Stage, *actions: str, outcome: str = "", explained: bool = False) -> list[str]:
    """What was decided on these actions: the last decision of this outcome on each, which has to be there."""
    lines = []
    decisions = at.decisions(*actions)
    for action in actions:
        fitting = [record for record in decisions if record.action == action and outcome in {"", record.outcome}]
        if not fitting:
            seen = ", ".join(f"{record.action} {record.outcome}" for record in decisions) or "nothing"
            raise StepError(f"there is no record of {action} that was {outcome or 'made'}; recorded: {seen}")
        lines += _lines(at, fitting[-1], explained=explained)
    return lines


def _lines(at: Stage, record: shell.RecordRow, *, explained: bool) -> list[str]:
    of = f" {quoted(record.what)}" if record.what else ""
    lines = [single_line(f"{record.id} {record.outcome}: {record.label}: {record.action}{of}")]
    if not explained:
        return lines
    why = done(at.etui("why", record.id))
    return [*lines, why.line, *(text for text in why.stdout.splitlines() if text.startswith(_DECIDING))]


def done(ran: Ran) -> Ran:
    """What was run, which has to have succeeded; raises ``StepError``."""
    if ran.status != 0:
        raise StepError(f"{ran.line} ended with {ran.status}: {ran.stderr.strip()}")
    return ran


def expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001  # an assertion
    """Raises ``StepError`` that says ``otherwise`` where it does not hold."""
    if not holds:
        raise StepError(otherwise)


def expect_secret(ran: Ran, value: str) -> Ran:
    """What was run, which has to have got exactly this value."""
    expect(done(ran).stdout == value, f"{ran.line} got another value than the one that was stored")
    return ran


def expect_none(ran: Ran) -> Ran:
    """What was run, which has to have got nothing."""
    expect(ran.status != 0 and not ran.stdout, f"{ran.line} got the secret")
    return ran


def expect_state(at: Stage, state: str) -> None:
    """Raises ``StepError`` where the wallet is not in this state."""
    expect(_state(at) == state, f"the wallet is not {state}")


def wait_for_state(at: Stage, state: str) -> None:
    """Returns when the wallet is in this state; raises ``StepError`` where that takes too long."""
    deadline = time.monotonic() + _CHANGE_S
    while _state(at) != state:
        expect(time.monotonic() < deadline, f"the wallet is not {state} after {_CHANGE_S:.0f} s")


def _state(at: Stage) -> str:
    """Locked or not; empty for the moment in which one Router has ended and the next does not answer yet."""
    ran = at.etui("status", "--json")
    if ran.status == Exit.NOT_RUNNING:
        return ""
    state: str = msgspec.json.decode(done(ran).stdout)["state"]
    return state
