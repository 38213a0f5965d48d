"""``etui init · status · unlock · lock · stop``: the wallet's state."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from etui.cli.command import Arguments, Command, connect, one_request
from etui.cli.exits import Exit
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ConnectionLost

if TYPE_CHECKING:
    import argparse

    from etui.cli.output import Output


def _lock(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        is_open = client.call(wallet.Status()).state == "unlocked"
        client.call(wallet.Lock())
        with contextlib.suppress(ConnectionLost):
            while is_open:
                client.next_event()  # until the Router has ended: who asks then is answered by the next one
    output.value({"state": "locked"}, "The wallet is locked.")
    return Exit.OK


def _status(arguments: Arguments, output: Output) -> Exit:
    del arguments
    with connect() as client:
        status = client.call(wallet.Status())
    words = {"none": "there is no wallet in this profile yet (`etui init`)", "locked": "locked", "unlocked": "unlocked"}
    lines = [
        f"state      {words[status.state]}",
        f"installed  {status.installed}",
        f"dialog     {status.display}",
        f"version    {status.version}",
    ]
    if status.locks_at is not None:
        lines.insert(1, f"locks      in {max(0, status.locks_at - int(time.time())) // 60} min without a request")
    if status.test:
        lines.append("profile    TEST PROFILE: it may be scripted, and guards nothing")
    lines += [f"note       {note}" for note in status.notes]
    lines.append("machine    `etui doctor` says what holds on it, and what cures the rest")
    output.value(status, "\n".join(lines))
    return Exit.OK


def _unlock_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recovery", action="store_true", help="unlock with the recovery key")


def _unlock(arguments: Arguments, output: Output) -> Exit:
    with connect() as client:
        client.call(wallet.Unlock(recovery=arguments.recovery or None))
    output.value({"state": "unlocked"}, "The wallet is unlocked.")
    return Exit.OK


INIT = Command(
    name="init",
    help="make the wallet of this profile",
    text="Makes the wallet: the Trusted Dialog asks for picture, phrase and passphrase and shows the recovery key.",
    run=one_request(wallet.Create(), {"state": "unlocked"}, "The wallet is made and unlocked."),
    examples=(("etui init", "make a wallet"),),
)
STATUS = Command(
    name="status",
    help="show whether the wallet is locked, and what it promises",
    run=_status,
    examples=(("etui status --json", "for a program"),),
)
UNLOCK = Command(
    name="unlock",
    help="unlock the wallet in the Trusted Dialog",
    arguments=_unlock_arguments,
    run=_unlock,
    examples=(("etui unlock --recovery", "when the passphrase is forgotten"),),
)
LOCK = Command(
    name="lock",
    help="lock the wallet: every process that held a key ends",
    run=_lock,
    examples=(("etui lock", "at once, without a question"),),
)
STOP = Command(
    name="stop",
    help="end the wallet: it locks, and its programs end",
    run=one_request(wallet.Stop(), {"state": "stopped"}, "The wallet is ended."),
    examples=(("etui stop", "`etui up` runs it again"),),
)
