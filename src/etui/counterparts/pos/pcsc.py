"""A reader of PC/SC: the one module that knows ``pyscard``.

A card that went away is told from a reader that did: the first one ends a tap, the second one the terminal's work.

Source: https://pyscard.sourceforge.io; PC/SC Workgroup, part 5.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final

from etui.counterparts.pos.errors import CardLostError, ReaderError
from etui.counterparts.pos.reader import Transmit

try:
    from smartcard.CardRequest import CardRequest
    from smartcard.CardType import AnyCardType
    from smartcard.Exceptions import CardRequestTimeoutException, SmartcardException
    from smartcard.pcsc.PCSCExceptions import BaseSCardException
    from smartcard.System import readers
except ImportError as error:  # it is no part of what the wallet needs
    raise ReaderError("a reader needs pyscard: Debian's python3-pyscard, or requirements/pos.txt") from error

_FAULTS: Final = (SmartcardException, BaseSCardException)
_AGAIN_S: Final = 1.0


def names() -> list[str]:
    """The names of the readers that are there; raises ``ReaderError`` where pcscd does not answer."""
    try:
        return [str(each) for each in readers()]
    except _FAULTS as error:
        raise ReaderError(f"there is no PC/SC service: {error}") from error


class PcscReader:
    """The reader of this whole name, since a device may have several; raises ``ReaderError`` where there is none."""

    def __init__(self, name: str) -> None:
        if name not in names():
            raise ReaderError(f"there is no reader “{name}”: there are {', '.join(names()) or 'none'}")
        self._name = name
        self._left_s = 0.0

    @contextmanager
    def card(self, timeout_s: float) -> Iterator[Transmit | None]:
        """The next card that comes, None where none came in so many seconds. One that stays comes again."""
        service = self._wait(timeout_s)
        if service is None:
            yield None
            return
        connection = service.connection
        transmit: Transmit = partial(_transmit, connection)
        try:
            connection.connect()
        except _FAULTS:  # gone again already
            transmit = _gone
        try:
            yield transmit
        finally:
            self._left_s = time.monotonic()
            with suppress(*_FAULTS):
                connection.disconnect()

    def _wait(self, timeout_s: float) -> Any:  # noqa: ANN401  # pyscard has no types
        time.sleep(max(0.0, self._left_s + _AGAIN_S - time.monotonic()))
        mine = [each for each in readers() if str(each) == self._name]
        if not mine:
            raise ReaderError(f"the reader “{self._name}” is gone")
        try:
            return CardRequest(timeout=timeout_s, readers=mine, cardType=AnyCardType(), newcardonly=False).waitforcard()
        except CardRequestTimeoutException:
            return None
        except _FAULTS as error:
            raise ReaderError(f"the reader “{self._name}” does not work: {error}") from error


def _transmit(connection: Any, command: bytes) -> bytes:  # noqa: ANN401  # as above
    try:
        data, sw1, sw2 = connection.transmit(list(command))
    except _FAULTS as error:
        raise CardLostError("the card went away") from error
    return bytes((*data, sw1, sw2))


def _gone(_command: bytes) -> bytes:
    raise CardLostError("the card went away")
