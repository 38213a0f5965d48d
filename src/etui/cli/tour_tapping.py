"""The steps of the tour at terminals: the wallet is a contactless card at a pump, a window and a parking meter.

The last one is without a network, at the meter again: an operator's route has its card pay.

Each terminal is a process of ``etui.counterparts.pos``, set up by the town; the reader is a virtual one of pcscd's, in
the network that the tour has of its own.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from etui.cli.tour_checks import Step, StepError, done, expect, told
from etui.testkit import network
from etui.testkit.readers import NEEDS, READER, pyscard_in
from etui.testkit.user import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.cli.stage import Ran, Stage

_NO_LINE: Final = "127.0.0.1:1"
"""Nobody listens there."""
_RECEIPT: Final = "pump.jws"
_RULE: Final = "-" * 40
_ON_PAPER: Final = ("Amount", "Approved by")
_RUN: Final = """\
#!/bin/sh
# The terminal of the {terminal}, with {line}.
{before}PYTHONPATH='{pyscard}' '{python}' -P -m etui.counterparts.pos {words} {signed}\\
    --settings '{settings}' --db 'sqlite:///{folder}/{terminal}.db' --acquirer {acquirer} --reader '{reader}'
"""


def _open_door(at: Stage) -> list[str]:
    at.user.approves(action_contains="open the door", times=1)
    at.user.approves(action_contains="see ")  # which cards there are, at each tap
    enabled = done(at.etui("door", "enable", "contactless"))
    return [enabled.line, *told(at, "wallet/1.door_enable", outcome="approved")]


def _pump(at: Stage) -> list[str]:
    _write(at, "pump", "pump", "pump --litre 1.89 --most 80.00 --litres 20", receipt=_RECEIPT)
    dear = {"face": "confirm", "action_contains": "at a terminal"}  # above 50 euros: with the passphrase
    at.user.rule("approve", when=dear, secret=PASSPHRASE, remember="once", times=1)
    filled, (armed,) = _at_terminal(at, "pump", lambda: [done(at.etui("tap", "80", "EUR"))])
    expect("37.80 EUR" in filled.stdout, f"another amount was taken than what was filled: {filled.stdout}")
    decided = told(at, "apdu/1.arm", outcome="approved", explained=True)
    kept = done(at.etui("receipts", "add", str(at.folder / _RECEIPT)))
    at.user.approves(action_contains="see ", times=1)
    shown = done(at.etui("receipts", "show", "37.80"))
    expect("Verified: signed by the merchant" in shown.stdout, f"the receipt is not the pump's: {shown.stdout}")
    receipt = [kept.line, *kept.stdout.splitlines(), shown.line, *shown.stdout.splitlines()]
    return [filled.line, *_shown(filled), armed.line, *armed.stdout.splitlines(), *decided, *receipt]


def _window(at: Stage) -> list[str]:
    _write(at, "window", "window", "drive-thru --said 12.40 13.90", before="echo y | ")
    at.user.approves(action_contains="at a terminal", times=2)
    served, (armed,) = _at_terminal(at, "window", lambda: [done(at.etui("tap", "12.40", "EUR"))])
    expect("asks for 13.90 EUR" in armed.stderr, f"it paid another total without a question: {armed.stderr}")
    said = [armed.line, *armed.stderr.splitlines(), *armed.stdout.splitlines()]
    return [served.line, *_shown(served), *said, *told(at, "apdu/1.arm", outcome="approved")]


def _meter(at: Stage) -> list[str]:
    return _park(at)


def _without_network(at: Stage) -> list[str]:
    network.cut()
    try:
        told_it = _park(at, "--card", "bank")
    finally:
        network.lay()
    expect("by etui-operators" in str(at.user.asked()[-1]), "the question does not show the operator's card")
    return told_it


def _park(at: Stage, *card: str) -> list[str]:
    _write(at, "meter", "meter", "meter 60 --step 0.50", has_line=False)
    _write(at, "settle", "meter", "settle")
    at.user.approves(action_contains="at a terminal", times=1)
    parked, (armed,) = _at_terminal(at, "meter", lambda: [done(at.etui("tap", "2", "EUR", *card))])
    expect("The card approved 2.00 EUR" in armed.stdout, f"the card did not approve it: {armed.stdout}")
    settled = done(at.run("sh", "settle"))
    said = [armed.line, *armed.stdout.splitlines(), settled.line, *settled.stdout.splitlines()]
    return [parked.line, *_shown(parked), *said, *told(at, "apdu/1.arm", outcome="approved")]


def _at_terminal(at: Stage, script: str, taps: Callable[[], list[Ran]]) -> tuple[Ran, list[Ran]]:
    """What a terminal said that waits for a card, and the commands by which one was tapped meanwhile."""
    with ThreadPoolExecutor(1) as beside:
        begun = threading.Event()

        def wait() -> Ran:
            begun.set()
            return at.run("sh", script)

        terminal = beside.submit(wait)
        begun.wait()
        try:
            tapped = taps()
        except StepError as error:
            raise StepError(f"{error}\n{_said_by(terminal)}") from None
        return done(terminal.result()), tapped


def _said_by(terminal: Future[Ran]) -> str:
    try:
        said = terminal.result()
    except subprocess.TimeoutExpired as late:
        return f"the terminal went on waiting: {late.stdout!r} {late.stderr!r}"
    return f"{said.line}\n{said.stdout}{said.stderr}"


def _write(  # noqa: PLR0913  # what a terminal is
    at: Stage, script: str, terminal: str, words: str, *, before: str = "", has_line: bool = True, receipt: str = ""
) -> None:
    """A script that is a terminal of the town."""
    town = at.town.opened()
    pyscard = at.folder / "pyscard"
    text = _RUN.format(
        terminal=terminal,
        line="a line to its acquirer" if has_line else "no line",
        before=before,
        pyscard=pyscard if pyscard.exists() else pyscard_in(at.folder),
        python=sys.executable,
        words=words,
        signed=f"--receipt '{at.folder / receipt}' --identity '{town.identities[terminal]}' " if receipt else "",
        settings=town.terminals[terminal],
        folder=at.folder,
        acquirer=f"127.0.0.1:{town.acquirer}" if has_line else _NO_LINE,
        reader=READER,
    )
    at.write(script, text)


def _shown(terminal: Ran) -> list[str]:
    """What stood on its display, and of its paper who approved which amount."""
    display, _, paper = terminal.stdout.partition(_RULE)
    lines = [*display.splitlines(), *(line for line in paper.splitlines() if line.startswith(_ON_PAPER))]
    return [" ".join(line.split()) for line in lines if line.strip()]


STEPS: Final = tuple(
    Step(title, play, NEEDS, at_reader=True)
    for title, play in (
        ("The wallet becomes a contactless card, in a reader of its own", _open_door),
        ("At the pump it pays what was filled, and keeps the receipt", _pump),
        ("At the window the total changed: a yes to the other one is none", _window),
        ("At the parking meter, without a line, the card itself says yes", _meter),
    )
)
ROUTED: Final = (
    Step("Without a network the operator's card pays at the meter", _without_network, NEEDS, at_reader=True),
)
