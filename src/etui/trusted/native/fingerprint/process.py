"""``python -m etui.trusted.native.fingerprint --fd N --bus ADDRESS --number N [--look]``: the process.

It tells the supervisor, over the control channel at descriptor N, how it stands with the finger (``FingerSaid``), and
ends when that is settled or the channel closes.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
from collections.abc import Sequence
from typing import Final

from etui.trusted.control import FingerSaid, FingerState, FingerUnwanted, Link, LinkClosed
from etui.trusted.native.bus import Bus, BusError
from etui.trusted.native.fingerprint.fprintd import Fprintd, FprintdError, Say

PATIENCE_S: Final = 60.0
"""How long a finger is waited for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs it."""
    parser = argparse.ArgumentParser(prog="etui-fingerprint", description="Asks fprintd for a finger of this user.")
    parser.add_argument("--fd", type=int, required=True, help="the control channel to the supervisor")
    parser.add_argument("--bus", required=True, metavar="ADDRESS", help="the system's message bus")
    parser.add_argument("--number", type=int, required=True, help="of the question")
    parser.add_argument("--look", action="store_true", help="tell whether it could, and wait for no finger")
    parser.add_argument("--patience", type=float, default=PATIENCE_S, metavar="SECONDS", help="how long to wait")
    options = parser.parse_args(arguments)
    link: Link[FingerSaid, FingerUnwanted] = Link(socket.socket(fileno=options.fd), FingerUnwanted)
    asyncio.run(_serve(link, options))
    return 0


async def _serve(link: Link[FingerSaid, FingerUnwanted], options: argparse.Namespace) -> None:
    """Says what becomes of it, until that is settled or nobody wants to know any more."""

    def say(state: FingerState, note: str = "") -> None:
        link.send(FingerSaid(number=options.number, state=state, note=note))

    asking = asyncio.ensure_future(_ask(say, options))
    asyncio.get_running_loop().add_reader(link, asking.cancel)
    try:
        await asking
    except (asyncio.CancelledError, LinkClosed):
        pass
    finally:
        asyncio.get_running_loop().remove_reader(link)


async def _ask(say: Say, options: argparse.Namespace) -> None:
    try:
        fprintd = await Fprintd.reached(await Bus.connect(options.bus))
        if not options.look:
            async with asyncio.timeout(options.patience):
                await fprintd.recognise(say)
    except BusError:
        say(FingerState.OVER, "the system's message bus cannot be reached, and so fprintd cannot")
    except FprintdError as error:
        say(FingerState.OVER, str(error))
    except TimeoutError:
        say(FingerState.OVER, "no finger came in time")
    else:
        say(FingerState.RECOGNISED)
