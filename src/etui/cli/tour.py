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
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NoReturn

import msgspec

from etui.cli.exits import CommandError, Exit
from etui.cli.nobody import play_as_nobody
from etui.cli.output import quoted, single_line
from etui.cli.playbill import Playbill
from etui.cli.stage import Ran, Stage, stage
from etui.sdk import ProtocolError
from etui.testkit import StartError

if TYPE_CHECKING:
    from etui.cli.output import Output
    from etui.interfaces import wallet_1 as wallet

_TERMINATED: Final = 143
_LOG_CHARACTERS: Final = 2000
_CHANGE_S: Final = 15.0
_DECIDING: Final = ("It was", "You were", "This policy", "These policies")
"""How the sentences about the decision itself begin."""


class StepError(Exception):
    """A step did not do what it says; the message says what it did."""

    code = "step"


class Step(msgspec.Struct, frozen=True):
    """A sentence, and what makes it true; it returns what is told under it."""

    title: str
    play: Callable[[Stage], list[str]]


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
        with stage() as played_on:
            playbill.open(len(STEPS))
            played = _play(played_on, playbill)
    except StartError as error:
        status = Exit(error.status) if error.status in set(Exit) - {Exit.OK} else Exit.FAILED
        raise CommandError(error.log.strip().removeprefix("etui: ") or str(error), status) from None
    except StepError as error:
        playbill.failed(str(error))
        text = f"the tour did not get to its end: {str(error).splitlines()[0]}"
        raise CommandError(text) from None
    seconds = time.monotonic() - began
    playbill.close(seconds)
    if output.as_json:
        output.value({"steps": played, "seconds": round(seconds, 3)}, "")
    return Exit.OK


def _play(played_on: Stage, playbill: Playbill) -> list[Played]:
    played = []
    for step in STEPS:
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
    _expect(len(at.user.recovery_key.split("-")) > 1, "no recovery key was shown")
    _expect_state(at, "unlocked")
    return [f"The dialog showed a recovery key of {len(at.user.recovery_key)} characters.", *_told(at, "unlock")]


def _open_door(at: Stage) -> list[str]:
    at.user.approves(action_contains="open the door", times=1)
    enabled = _done(at.etui("door", "enable", "secret-service"))
    return [enabled.line, *_told(at, "wallet/1.door_enable", outcome="approved")]


def _store(at: Stage) -> list[str]:
    stored = _done(at.program("mailer", "store", "first"))
    return [stored.line, *_told(at, "secret/1.create", outcome="allowed")]


def _look_up(at: Stage) -> list[str]:
    found = _expect_secret(at.program("mailer", "lookup"), "first")
    return [found.line, *_told(at, "secret/1.read", outcome="allowed")]


def _refuse(at: Stage) -> list[str]:
    at.user.refuses(name_contains="game", times=1)
    refused = _expect_none(at.program("game", "lookup"))
    return [refused.line, *_told(at, "secret/1.read", outcome="refused", explained=True)]


def _overwrite(at: Stage) -> list[str]:
    stored = _done(at.program("mailer", "store", "second"))
    found = _expect_secret(at.program("mailer", "lookup"), "second")
    return [stored.line, found.line, *_told(at, "secret/1.create", outcome="allowed")]


def _bring_back(at: Stage) -> list[str]:
    at.user.approves(action_contains="was changed", times=1)
    at.user.approves(action_contains="bring back", times=1)
    listed = _done(at.etui("history", "mail"))
    restored = _done(at.etui("restore-value", "mail", "1"))
    found = _expect_secret(at.program("mailer", "lookup"), "first")
    told = _told(at, "secret/1.history", "secret/1.restore", outcome="approved")
    return [listed.line, restored.line, found.line, *told]


def _lock(at: Stage) -> list[str]:
    locked = _done(at.etui("lock"))
    _wait_for_state(at, "locked")
    at.user.dismisses(face="unlock")
    nothing = _expect_none(at.program("mailer", "lookup"))
    at.user.forgets()
    return [locked.line, nothing.line, "It gets nothing now: no process has a key any more."]


def _unlock(at: Stage) -> list[str]:
    unlocked = _done(at.etui("unlock"))
    found = _expect_secret(at.program("mailer", "lookup"), "first")
    return [unlocked.line, found.line, *_told(at, "secret/1.read", outcome="allowed")]


def _allow_once(at: Stage) -> list[str]:
    at.user.approves(name_contains="game", remember="once", times=1)
    found = _expect_secret(at.program("game", "lookup"), "first")
    told = _told(at, "secret/1.read", outcome="approved", explained=True)
    nothing = _expect_none(at.program("game", "lookup"))
    return [found.line, *told, nothing.line, "When it asks again the user is asked again: once was once."]


def _make_key(at: Stage) -> list[str]:
    made = _done(at.etui("key", "make", "Contracts", "--bound", "--no-ssh"))
    return [made.line, made.stdout.splitlines()[0], *_told(at, "crypto/1.generate", outcome="allowed")]


def _sign(at: Stage) -> list[str]:
    text, signed_text = at.folder / "lease.txt", at.folder / "lease.jws"
    text.write_text("I rent the flat in Gartengasse 7.\n", encoding="utf-8")
    at.user.approves(action_contains="have you sign", text_contains="Gartengasse 7", times=1)
    signed = _done(at.etui("sign", str(text), "--key", "contracts", "--out", str(signed_text)))
    told = _told(at, "sign/1.sign_text", outcome="approved")
    verified = _done(at.etui("verify", str(signed_text), "--text", str(text)))
    return [signed.line, *told, verified.line, verified.stdout.splitlines()[0]]


def _verify(at: Stage) -> list[str]:
    verified = _done(at.etui("audit", "verify"))
    return [verified.line, verified.stdout.splitlines()[0]]


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
    Step("A key is made that the wallet never gives out", _make_key),
    Step("A text is read in the dialog, signed, and verified", _sign),
    Step("The audit is whole", _verify),
)


def _told(at: Stage, *actions: str, outcome: str = "", explained: bool = False) -> list[str]:
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


def _lines(at: Stage, record: wallet.RecordRow, *, explained: bool) -> list[str]:
    of = f" {quoted(record.what)}" if record.what else ""
    lines = [single_line(f"{record.id} {record.outcome}: {record.label}: {record.action}{of}")]
    if not explained:
        return lines
    why = _done(at.etui("why", record.id))
    return [*lines, why.line, *(text for text in why.stdout.splitlines() if text.startswith(_DECIDING))]


def _done(ran: Ran) -> Ran:
    if ran.status != 0:
        raise StepError(f"{ran.line} ended with {ran.status}: {ran.stderr.strip()}")
    return ran


def _expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001  # an assertion
    if not holds:
        raise StepError(otherwise)


def _expect_secret(ran: Ran, value: str) -> Ran:
    _expect(_done(ran).stdout == value, f"{ran.line} got another value than the one that was stored")
    return ran


def _expect_none(ran: Ran) -> Ran:
    _expect(ran.status != 0 and not ran.stdout, f"{ran.line} got the secret")
    return ran


def _expect_state(at: Stage, state: str) -> None:
    _expect(_state(at) == state, f"the wallet is not {state}")


def _wait_for_state(at: Stage, state: str) -> None:
    deadline = time.monotonic() + _CHANGE_S
    while _state(at) != state:
        _expect(time.monotonic() < deadline, f"the wallet is not {state} after {_CHANGE_S:.0f} s")


def _state(at: Stage) -> str:
    """Locked or not; empty for the moment in which one Router has ended and the next does not answer yet."""
    ran = at.etui("status", "--json")
    if ran.status == Exit.NOT_RUNNING:
        return ""
    state: str = msgspec.json.decode(_done(ran).stdout)["state"]
    return state
