"""The session key of an interface's provider: fetched once for all who need it, forgotten when stale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from etui.interfaces import wallet_1 as wallet
from etui.sdk import ConnectionLost, Envelope, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.sdk.aio import AsyncClient

KeyReady: TypeAlias = "Callable[[ProtocolError | None], None]"
_OWN: Final = Envelope()
_answer: Final = msgspec.json.Decoder(wallet.EndsResult)


class ProviderKey:
    """``key`` is the X25519 public key (32 bytes), empty while it is not known."""

    def __init__(self, interface: str) -> None:
        self._ends = msgspec.json.encode(wallet.Ends(interface=interface))
        self.key = b""
        self._waiting: list[KeyReady] = []
        self._fetch = 0

    def forget(self) -> None:
        """The key is another's by now, or will be."""
        self.key = b""

    def when_known(self, client: AsyncClient | None, ready: KeyReady) -> None:
        """Calls ``ready`` once the key is known, or with the error; ``client`` is the present line."""
        if self.key:
            ready(None)
            return
        self._waiting.append(ready)
        if len(self._waiting) > 1:
            return
        if client is None:
            self._end(ConnectionLost("no Router is connected"))
            return
        self._fetch += 1
        fetch = self._fetch
        client.post(wallet.Ends.METHOD, self._ends, _OWN, lambda answer: self._answered(fetch, answer))

    def _answered(self, fetch: int, answer: bytes | ProtocolError) -> None:
        if fetch != self._fetch:
            return
        if isinstance(answer, ProtocolError):
            self._end(answer)
        else:
            self.key = _answer.decode(answer).key
            self._end(None)

    def _end(self, error: ProtocolError | None) -> None:
        waiting, self._waiting = self._waiting, []
        for ready in waiting:
            ready(error)
