"""``etui run --tour``: the whole story, without a hand on the keyboard, in a test profile of its own.

Every step does what its title says with the real wallet and real programs, and is checked; the decisions under it are
what the Router recorded, and a line that begins with ``$`` is a command that was run. The exit status is 0 only if
every step did what it says.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NoReturn

import msgspec

from etui.cli.exits import CommandError, Exit
from etui.cli.nobody import play_as_nobody
from etui.cli.playbill import Playbill
from etui.cli.stage import Stage, stage
from etui.cli.tour_checks import (
    Step,
    StepError,
    done,
    expect,
    expect_none,
    expect_secret,
    expect_state,
    told,
    wait_for_state,
)
from etui.cli.tour_keys import STEPS as KEYS
from etui.cli.tour_paying import RECEIPTS, ROUTES
from etui.cli.tour_paying import STEPS as PAYING
from etui.cli.tour_tapping import ROUTED
from etui.cli.tour_tapping import STEPS as TAPPING
from etui.sdk import ProtocolError
from etui.testkit import StartError, network, readers

if TYPE_CHECKING:
    from etui.cli.output import Output

_TERMINATED: Final = 143
_LOG_CHARACTERS: Final = 2000
_ACTIONS: Final = (
    "secret/1.read",
    "crypto/1.generate",
    "ssh/1.login",
    "ssh/1.sign",
    "age/1.unwrap",
    "sign/1.sign_text",
    "secret/1.fetch",
    "payment/1.pay",
    "apdu/1.arm",
)
"""Of each of these the last step shows the newest record; the others need programs that may not be there."""


class Played(msgspec.Struct, frozen=True):
    """A step that did what it says."""

    title: str
    seconds: float
    told: list[str]


def run_tour(output: Output) -> Exit | int:
    """Plays the tour; as root in the place of nobody, where that user can run it."""
    signal.signal(signal.SIGTERM, _terminated)
    if os.getuid() == 0:
        status = play_as_nobody(output)
        if status is not None:
            return status
    playbill = Playbill(sys.stdout if not output.as_json else None)
    began = time.monotonic()
    try:
        steps = [step for step in STEPS if not step.missing]
        at_reader = any(step.at_reader for step in steps)
        if refused := _go_apart() if at_reader else "":
            steps = [step for step in steps if not step.at_reader]
        with stage(at_reader=at_reader and not refused) as played_on:
            playbill.open(len(steps))
            played = _play(steps, played_on, playbill)
    except StartError as error:
        status = Exit(error.status) if error.status in set(Exit) - {Exit.OK} else Exit.FAILED
        raise CommandError(error.log.strip().removeprefix("etui: ") or str(error), status) from None
    except StepError as error:
        playbill.failed(str(error))
        text = f"the tour did not get to its end: {str(error).splitlines()[0]}"
        raise CommandError(text) from None
    seconds = time.monotonic() - began
    playbill.close(seconds)
    for step in STEPS:
        if step.missing:
            output.note(f"etui: not played: {step.title} (on Debian: apt-get install {' '.join(step.missing)})")
        elif step.at_reader and refused:
            output.note(f"etui: not played: {step.title} (no network of its own can be had here: {refused})")
    if output.as_json:
        output.value({"steps": played, "seconds": round(seconds, 3)}, "")
    return Exit.OK


def _go_apart() -> str:
    """Takes the tour into a network of its own, in which a virtual reader may listen; why not, where it may not."""
    try:
        readers.go_apart()
        network.lay()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _play(steps: Sequence[Step], played_on: Stage, playbill: Playbill) -> list[Played]:
    played = []
    for step in steps:
        playbill.begin(step.title)
        began = time.monotonic()
        try:
            told = step.play(played_on)
        except (StepError, ProtocolError, OSError, subprocess.SubprocessError, RuntimeError) as error:
            log = played_on.test_wallet.log.read_text(encoding="utf-8", errors="replace")[-_LOG_CHARACTERS:]
            raise StepError(f"{error}\n{log}") from None
        seconds = time.monotonic() - began
        playbill.end(seconds, told)
        played.append(Played(step.title, round(seconds, 3), told))
    return played


def _terminated(*_: object) -> NoReturn:
    """Leaves in order, so that the stage is taken down."""
    raise SystemExit(_TERMINATED)


# the steps


def _make(at: Stage) -> list[str]:
    at.test_wallet.create()
    expect(len(at.user.recovery_key.split("-")) > 1, "no recovery key was shown")
    expect_state(at, "unlocked")
    return [f"The dialog showed a recovery key of {len(at.user.recovery_key)} characters.", *told(at, "unlock")]


def _open_door(at: Stage) -> list[str]:
    at.user.approves(action_contains="open the door", times=1)
    enabled = done(at.etui("door", "enable", "secret-service"))
    return [enabled.line, *told(at, "wallet/1.door_enable", outcome="approved")]


def _store(at: Stage) -> list[str]:
    stored = done(at.program("mailer", "store", "first"))
    return [stored.line, *told(at, "secret/1.create", outcome="allowed")]


def _look_up(at: Stage) -> list[str]:
    found = expect_secret(at.program("mailer", "lookup"), "first")
    return [found.line, *told(at, "secret/1.read", outcome="allowed")]


def _refuse(at: Stage) -> list[str]:
    at.user.refuses(name_contains="game", times=1)
    refused = expect_none(at.program("game", "lookup"))
    return [refused.line, *told(at, "secret/1.read", outcome="refused", explained=True)]


def _overwrite(at: Stage) -> list[str]:
    stored = done(at.program("mailer", "store", "second"))
    found = expect_secret(at.program("mailer", "lookup"), "second")
    return [stored.line, found.line, *told(at, "secret/1.create", outcome="allowed")]


def _bring_back(at: Stage) -> list[str]:
    at.user.approves(action_contains="was changed", times=1)
    at.user.approves(action_contains="bring back", times=1)
    listed = done(at.etui("history", "mail"))
    restored = done(at.etui("restore-value", "mail", "1"))
    found = expect_secret(at.program("mailer", "lookup"), "first")
    decided = told(at, "secret/1.history", "secret/1.restore", outcome="approved")
    return [listed.line, restored.line, found.line, *decided]


def _lock(at: Stage) -> list[str]:
    locked = done(at.etui("lock"))
    wait_for_state(at, "locked")
    at.user.dismisses(face="unlock")
    nothing = expect_none(at.program("mailer", "lookup"))
    at.user.forgets()
    return [locked.line, nothing.line, "It gets nothing now: no process has a key any more."]


def _unlock(at: Stage) -> list[str]:
    unlocked = done(at.etui("unlock"))
    found = expect_secret(at.program("mailer", "lookup"), "first")
    return [unlocked.line, found.line, *told(at, "secret/1.read", outcome="allowed")]


def _allow_once(at: Stage) -> list[str]:
    at.user.approves(name_contains="game", remember="once", times=1)
    found = expect_secret(at.program("game", "lookup"), "first")
    decided = told(at, "secret/1.read", outcome="approved", explained=True)
    nothing = expect_none(at.program("game", "lookup"))
    return [found.line, *decided, nothing.line, "When it asks again the user is asked again: once was once."]


def _verify(at: Stage) -> list[str]:
    listed = done(at.etui("audit", "--limit", "1000"))
    rows = [" ".join(row.split()) for row in listed.stdout.splitlines()]
    newest = [next((row for row in rows if f" {action} " in row), "") for action in _ACTIONS]
    expect(bool(newest[0]), "the audit does not list the readings")
    verified = done(at.etui("audit", "verify"))
    return [listed.line, *filter(None, newest), verified.line, verified.stdout.splitlines()[0]]


STEPS: Final = (
    Step("A wallet is made, and a recovery key with it", _make),
    Step("The Secret Service door is opened on a bus of its own", _open_door),
    Step("A program stores a password through secret-tool", _store),
    Step("It reads it again without a question: it is its own", _look_up),
    Step("Another program asks for it, and the user says no", _refuse),
    Step("The password is overwritten with a wrong one", _overwrite),
    Step("The earlier one is brought back", _bring_back),
    Step("The wallet is locked", _lock),
    Step("It is unlocked, and everything is still there", _unlock),
    Step("The other program asks again, and is allowed once", _allow_once),
    *KEYS,
    *PAYING,
    *TAPPING,
    *ROUTES,
    *ROUTED,
    *RECEIPTS,
    Step("The audit lists what was asked for, and is whole", _verify),
)
