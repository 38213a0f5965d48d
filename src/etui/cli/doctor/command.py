"""The command itself: looks, sorts by weight, tells."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

import etui
from etui.cli.command import Arguments, Command, name_session_bus, patience
from etui.cli.doctor.checks import CHECKS
from etui.cli.doctor.findings import Check, Finding, Machine, State
from etui.cli.doctor.gathering import this_machine
from etui.cli.exits import Exit
from etui.cli.output import printable, single_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etui.cli.output import Output

_WEIGHT: Final = {state: weight for weight, state in enumerate(State)}
_NEEDS_DOING: Final = frozenset({State.STOPS, State.WEAKENS})
_LINE: Final = 100


class Row(msgspec.Struct, frozen=True):
    """A check and what it found. ``id`` stays what it is from version to version."""

    id: str
    title: str
    state: State
    found: str
    consequence: str
    cure: str


class Report(msgspec.Struct, frozen=True):
    """All checks, the heaviest first. ``needs_doing``: whether one of them stops or weakens."""

    version: str
    needs_doing: bool
    checks: list[Row]


def examine(machine: Machine, checks: Mapping[str, tuple[str, Check]] = CHECKS) -> Report:
    """Runs every check on a machine."""
    rows = []
    for name, (title, check) in checks.items():
        found = _finding(check, machine)
        rows.append(Row(name, title, found.state, found.found, found.consequence, found.cure))
    rows.sort(key=lambda row: _WEIGHT[row.state])
    return Report(etui.__version__, any(row.state in _NEEDS_DOING for row in rows), rows)


def _finding(check: Check, machine: Machine) -> Finding:
    try:
        return check(machine)
    except (OSError, ValueError, ImportError) as error:  # what may not be read, or is not what it should be
        return Finding(State.UNSEEN, f"It cannot be looked at: {error}.")


def _run(arguments: Arguments, output: Output) -> Exit:
    del arguments
    name_session_bus()
    with patience("looking at this machine; who does not answer is waited for, but not for long"):
        report = examine(this_machine(os.environ, os.getuid(), Path(os.environ.get("HOME") or "/")))
    output.value(report, _page(report))
    return Exit.FAILED if report.needs_doing else Exit.OK


def _page(report: Report) -> str:
    count = sum(row.state in _NEEDS_DOING for row in report.checks)
    says = "Nothing needs doing." if not count else f"{count} of {len(report.checks)} checks want something done."
    return "\n".join([*(line for row in report.checks for line in _lines(row)), "", says])


def _lines(row: Row) -> list[str]:
    lines = _wrapped(f"{row.state.value:<8} ", f"{row.title}: {row.found}")
    if row.consequence:
        lines += _wrapped(" " * 9, row.consequence)
    if row.cure:
        lines += [" " * 9 + "cure: " + printable(line) for line in row.cure.splitlines()]
    return lines


def _wrapped(start: str, text: str) -> list[str]:
    return textwrap.wrap(
        single_line(text),
        _LINE,
        initial_indent=start,
        subsequent_indent=" " * 9,
        break_long_words=False,
        break_on_hyphens=False,
    )


COMMAND: Final = Command(
    name="doctor",
    help="say what holds on this machine, and what cures the rest",
    text="Looks at this machine and says what holds and what does not, the weightiest first: each with what follows\n"
    "for this wallet, and the cure. It changes nothing and needs no wallet. The exit status is 1 where something\n"
    "needs doing. docs/doctor.md lists the checks.",
    run=_run,
    examples=(
        ("etui doctor", "before the first wallet, or when something does not work"),
        ("etui doctor --json", "for a program: each check has an id that stays"),
    ),
)
