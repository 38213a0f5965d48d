"""``etui run --tour``: the whole story, without a hand on the keyboard, in a test profile of its own.

Every step does what its title says with the real wallet and real programs, and is checked; the decisions under it are
what the Router recorded. The exit status is 0 only if every step did what it says.
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

from etui.cli.exits import Exit
from etui.cli.output import quoted, single_line
from etui.cli.playbill import Playbill
from etui.cli.stage import Stage, stage
from etui.sdk import ProtocolError
from etui.testkit import StartError

if TYPE_CHECKING:
    from etui.cli.output import Output
    from etui.interfaces import wallet_1 as wallet

_NOBODY: Final = 65534
_NOBODYS: Final = {"HOME": "/nonexistent", "USER": "nobody", "LOGNAME": "nobody"}
_TERMINATED: Final = 143
_LOG_CHARACTERS: Final = 2000
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
        status = _as_nobody(output)
        if status is not None:
            return status
    playbill = Playbill(sys.stdout if not output.as_json else None)
    began = time.monotonic()
    try:
        with stage() as played_on:
            playbill.open(len(_STEPS))
            played = _play(played_on, playbill)
    except StartError as error:
        output.note(error.log.strip() or str(error))
        return error.status or Exit.FAILED
    except StepError as error:
        playbill.failed(str(error))
        output.note("etui: the tour did not get to its end")
        return Exit.FAILED
    seconds = time.monotonic() - began
    playbill.close(seconds)
    if output.as_json:
        output.value({"steps": played, "seconds": round(seconds, 3)}, "")
    return Exit.OK


def _play(played_on: Stage, playbill: Playbill) -> list[Played]:
    played = []
    for step in _STEPS:
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


# as root


def _as_nobody(output: Output) -> int | None:
    """The exit status of the tour as user nobody; None where it cannot be played so, which is said."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")} | _NOBODYS
    readable = _run_as_nobody(["-c", "import etui.cli.tour"], environ, quiet=True)
    if readable == 0:
        json = ["--json"] if output.as_json else []
        status = _run_as_nobody(["-m", "etui.cli", "run", "--tour", *json], environ)
        if status != Exit.NO_CONFINEMENT:
            return status
        output.note("etui: this user cannot confine Extensions here, so the tour runs as root")
    else:
        output.note("etui: no other user can read this installation, so the tour runs as root")
    return None


def _run_as_nobody(arguments: list[str], environ: dict[str, str], *, quiet: bool = False) -> int:
    drain = subprocess.DEVNULL if quiet else None
    command = [sys.executable, "-I", *arguments]
    try:
        process = subprocess.Popen(
            command, env=environ, cwd="/", user=_NOBODY, group=_NOBODY, extra_groups=[], stdout=drain, stderr=drain
        )
    except OSError:  # the interpreter is not for others, or this root may not become another user
        return Exit.FAILED
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


# the steps


def _make(at: Stage) -> list[str]:
    at.test_wallet.create()
    _expect(len(at.user.recovery_key.split("-")) > 1, "no recovery key was shown")
    _expect_state(at, "unlocked")
    return [f"The dialog showed a recovery key of {len(at.user.recovery_key)} characters.", *_told(at, "unlock")]


def _open_door(at: Stage) -> list[str]:
    at.user.approves(action_contains="open the door", times=1)
    _done(at.etui("door", "enable", "secret-service"))
    return ["$ etui door enable secret-service", *_told(at, "wallet/1.door_enable", outcome="approved")]


def _store(at: Stage) -> list[str]:
    _done(at.program("mailer", "store", "first"))
    return ["$ ./mailer store", *_told(at, "secret/1.create", outcome="allowed")]


def _look_up(at: Stage) -> list[str]:
    _expect_secret(at.program("mailer", "lookup"), "first")
    return ["$ ./mailer lookup", *_told(at, "secret/1.read", outcome="allowed")]


def _refuse(at: Stage) -> list[str]:
    at.user.refuses(name_contains="game", times=1)
    _expect_none(at.program("game", "lookup"))
    return ["$ ./game lookup", *_told(at, "secret/1.read", outcome="refused", explained=True)]


def _overwrite(at: Stage) -> list[str]:
    _done(at.program("mailer", "store", "second"))
    _expect_secret(at.program("mailer", "lookup"), "second")
    return ["$ ./mailer store", *_told(at, "secret/1.create", outcome="allowed")]


def _bring_back(at: Stage) -> list[str]:
    at.user.approves(action_contains="was changed", times=1)
    at.user.approves(action_contains="bring back", times=1)
    _done(at.etui("history", "mail"))
    _done(at.etui("restore-value", "mail", "1"))
    _expect_secret(at.program("mailer", "lookup"), "first")
    told = _told(at, "secret/1.history", "secret/1.restore", outcome="approved")
    return ["$ etui history mail", "$ etui restore-value mail 1", *told]


def _lock(at: Stage) -> list[str]:
    at.test_wallet.lock()
    at.user.dismisses(face="unlock")
    _expect_none(at.program("mailer", "lookup"))
    at.user.forgets()
    return ["$ etui lock", "./mailer gets nothing now: no process has a key any more."]


def _unlock(at: Stage) -> list[str]:
    _done(at.etui("unlock"))
    _expect_secret(at.program("mailer", "lookup"), "first")
    return ["$ etui unlock", *_told(at, "secret/1.read", outcome="allowed")]


def _allow_once(at: Stage) -> list[str]:
    at.user.approves(name_contains="game", remember="once", times=1)
    _expect_secret(at.program("game", "lookup"), "first")
    told = _told(at, "secret/1.read", outcome="approved", explained=True)
    _expect_none(at.program("game", "lookup"))
    return ["$ ./game lookup", *told, "When it asks again it is asked for again: once was once."]


def _verify(at: Stage) -> list[str]:
    result = _done(at.etui("audit", "verify"))
    return ["$ etui audit verify", result.stdout.splitlines()[0]]


_STEPS: Final = (
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
    sentences = at.why(record.id)
    decided = [text for text in sentences if text.startswith(_DECIDING)]
    return [*lines, f"$ etui why {record.id}", *map(single_line, decided)] if explained else lines


def _done(result: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    if result.returncode != 0:
        raise StepError(f"{_command(result)} ended with {result.returncode}: {result.stderr.strip()}")
    return result


def _expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001  # an assertion
    if not holds:
        raise StepError(otherwise)


def _expect_secret(result: subprocess.CompletedProcess[str], value: str) -> None:
    _expect(_done(result).stdout == value, f"{_command(result)} got another value than the one that was stored")


def _expect_none(result: subprocess.CompletedProcess[str]) -> None:
    _expect(result.returncode != 0 and not result.stdout, f"{_command(result)} got the secret")


def _expect_state(at: Stage, state: str) -> None:
    result = _done(at.etui("status", "--json"))
    _expect(msgspec.json.decode(result.stdout)["state"] == state, f"the wallet is not {state}")


def _command(result: subprocess.CompletedProcess[str]) -> str:
    return " ".join(os.path.basename(word) for word in result.args)  # noqa: PTH119  # words, not all of them paths
