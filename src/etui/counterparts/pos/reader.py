"""What the terminal wants of a card reader, a reader over any callable, and the whole answer to a command.

A reader waits for a card to come into its field; the card is there until it leaves it, of which the next command says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TypeAlias

from etui.counterparts.pos.errors import CardLostError
from etui.standards.iso7816 import Command, Iso7816Error, Response, next_command

Transmit: TypeAlias = Callable[[bytes], bytes]
"""Sends a card a command and returns its response; raises ``CardLostError`` where it has gone."""
_MOST_PARTS: Final = 16


class Reader(Protocol):
    """A card reader."""

    @contextmanager
    def card(self, timeout_s: float) -> Iterator[Transmit | None]:
        """The next card that comes, None where none came in so many seconds; what it was sent before is over.

        Raises ``ReaderError``.
        """


class CallableReader:
    """A reader over a callable, which brings the next card, or None where there is none."""

    def __init__(self, present: Callable[[], Transmit | None]) -> None:
        self._present = present

    @contextmanager
    def card(self, timeout_s: float) -> Iterator[Transmit | None]:
        """The next card."""
        del timeout_s
        yield self._present()


def exchange(transmit: Transmit, command: Command) -> Response:
    """A command's whole response, with what the card keeps for GET RESPONSE.

    Raises ``CardLostError``, also for a card that has more and more to say, or says what is no response.
    """
    data = b""
    sent = command
    for _ in range(_MOST_PARTS):
        try:
            response = Response.decode(transmit(sent.encode()))
        except Iso7816Error as error:
            raise CardLostError(f"the card answers what is no response: {error}") from error
        data += response.data
        following = next_command(sent, response)
        if following is None:
            return Response(data, response.status)
        sent = following
    raise CardLostError("the card does not come to an end")
