"""A PC/SC reader by the functions of pcsclite, as a terminal has them: for measurements and tests.

Every wait is bounded.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from typing import Any, Final

from etui.testkit.readers import READER

DEBIAN: Final = Path("/usr/lib/python3/dist-packages/smartcard")
"""Where Debian's python3-pyscard lies: there is no wheel of it."""


def _provide() -> None:
    """Has Debian's package found by this Python, which looks at no other of them."""
    if importlib.util.find_spec("smartcard") is None:
        found = importlib.util.spec_from_file_location(
            "smartcard", DEBIAN / "__init__.py", submodule_search_locations=[str(DEBIAN)]
        )
        if found is None or found.loader is None:
            raise ImportError(f"{DEBIAN} is no package")
        module = sys.modules["smartcard"] = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)


_provide()

from smartcard import scard  # noqa: E402  # from where the lines above have it found

_PATIENCE_S: Final = 30.0
_EVENTS_SHIFT: Final = 16
"""Where pcsclite counts, in a reader's state, the cards that came and went."""


class ReaderError(Exception):
    """What a function of PC/SC answers that is no success, or that no card came."""


class Reader:
    """A reader of this name, and the card that is in it once ``wait_for_card`` came back."""

    def __init__(self, name: str = READER) -> None:
        self._name = name
        self._context: Any = _checked(scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM))[0]
        self._card: Any = None
        self._protocol = 0

    def wait_for_card(self, events: int = 0) -> int:
        """Waits until a card is there, and so many came or went in all; how many that were."""
        deadline = time.monotonic() + _PATIENCE_S
        state = scard.SCARD_STATE_UNAWARE
        while not (state & scard.SCARD_STATE_PRESENT and state >> _EVENTS_SHIFT >= events):
            if time.monotonic() > deadline:
                raise ReaderError(f"no card came into {self._name}")
            left_ms = max(1, int(1000 * (deadline - time.monotonic())))
            result, states = scard.SCardGetStatusChange(self._context, left_ms, [(self._name, state)])
            if result == scard.SCARD_S_SUCCESS:
                state = states[0][1] & ~scard.SCARD_STATE_CHANGED
        return int(state >> _EVENTS_SHIFT)

    def connect(self, protocol: int = scard.SCARD_PROTOCOL_T1) -> None:
        """Connects to the card that is there."""
        shared = scard.SCARD_SHARE_SHARED
        self._card, self._protocol = _checked(scard.SCardConnect(self._context, self._name, shared, protocol))

    def transmit(self, apdu: bytes) -> bytes:
        """The card's response."""
        (response,) = _checked(scard.SCardTransmit(self._card, self._protocol, list(apdu)))
        return bytes(response)

    def leave(self) -> None:
        """Lets go of the card, which loses its power."""
        if self._card is not None:
            scard.SCardDisconnect(self._card, scard.SCARD_UNPOWER_CARD)
            self._card = None

    def close(self) -> None:
        """Ends it."""
        self.leave()
        scard.SCardReleaseContext(self._context)


def _checked(answered: tuple[int, *tuple[Any, ...]]) -> tuple[Any, ...]:
    result, *values = answered
    if result != scard.SCARD_S_SUCCESS:
        raise ReaderError(scard.SCardGetErrorMessage(result))
    return tuple(values)
