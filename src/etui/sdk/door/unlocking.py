"""One unlock dialog for everybody who waits for the wallet to be unlocked.

The first who waits brings the dialog, the others join. A call that was answered ``IsLocked`` after its time leaves the
dialog open, so that nobody's half-typed passphrase is taken away; a prompt that was dismissed closes it where nobody
else waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etui.interfaces import wallet_1 as wallet
from etui.sdk import ConnectionLost, ErrorCode, ProtocolError
from etui.sdk.door.link import Posting

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.sdk.door.link import Link
    from etui.sdk.door.peers import Peer

_MAX_FAILURES: Final = 3


class Waiter:
    """Somebody who waits; called once, with the error where the wallet stays locked."""

    __slots__ = ("peer", "unlocked")

    def __init__(self, peer: Peer, unlocked: Callable[[ProtocolError | None], None]) -> None:
        self.peer = peer
        self.unlocked = unlocked


class Unlocking:
    """Who waits, and the dialog that they wait for."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._waiters: dict[Waiter, None] = {}
        self._posting: Posting | None = None
        self._kept = False
        self._failures = 0

    def wait(self, peer: Peer, unlocked: Callable[[ProtocolError | None], None]) -> Waiter:
        """Calls ``unlocked`` when the wallet is unlocked, or with the error when the user let it be."""
        waiter = Waiter(peer, unlocked)
        self._waiters[waiter] = None
        self._ask()
        return waiter

    def leave(self, waiter: Waiter) -> None:
        """Waits no longer; the dialog stays."""
        self._kept = True
        self._waiters.pop(waiter, None)

    def dismiss(self, waiter: Waiter) -> None:
        """Waits no longer; the dialog closes if nobody else waits."""
        if self._waiters.pop(waiter, 0) == 0 or self._waiters or self._kept or self._posting is None:
            return
        posting, self._posting = self._posting, None
        self._link.cancel(posting)

    def unlocked(self) -> None:
        """The wallet is unlocked, by whatever way."""
        posting, self._posting = self._posting, None
        if posting is not None:
            self._link.cancel(posting)
        self._end(None)

    def _ask(self) -> None:
        """Brings the dialog for the one who has waited longest, unless it is there."""
        if self._posting is None and self._waiters:
            peer = next(iter(self._waiters)).peer
            self._posting = Posting(peer, wallet.Unlock.METHOD, b"{}", self._answered, unnamed=True)
            self._link.post(self._posting)

    def _ask_again(self) -> None:
        """A Router is there again, by what it says locked or not."""
        if self._link.locked:
            self._ask()
        else:
            self.unlocked()

    def _answered(self, answer: bytes | ProtocolError) -> None:
        asked, self._posting = self._posting, None
        if not isinstance(answer, ProtocolError):
            self._link.note_unlocked()
            self._end(None)
            return
        self._failures += 1
        ending = isinstance(answer, ConnectionLost) or answer.code is ErrorCode.LOCKED
        if ending and self._failures < _MAX_FAILURES:  # as when one asks in the moment in which the wallet locks
            self._link.when_succeeded(asked.client if asked is not None else None, self._ask_again)
        elif answer.code is ErrorCode.CANCELLED and self._failures < _MAX_FAILURES:
            self._ask()  # the one in whose name it was asked has left
        else:
            self._end(ProtocolError(ErrorCode.LOCKED, f"the wallet stays locked: {answer.message}", why=answer.why))

    def _end(self, error: ProtocolError | None) -> None:
        self._kept = False
        self._failures = 0
        waiters, self._waiters = self._waiters, {}
        for waiter in waiters:
            waiter.unlocked(error)
