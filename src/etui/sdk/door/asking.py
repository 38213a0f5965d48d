"""One question to the Router on behalf of a peer, with all that may happen on the way.

::

    wallet locked? ──► unlock dialog ──► provider's key? ──► post ──► answer
          ▲                                   ▲               │
          └── locked meanwhile (once) ────────┼───────────────┤
                          stale key (once) ───┘               │
          connection lost (once, where repeating does no harm)┘

D-Bus callers wait 25 s by default. So after 20 s the call is answered ``IsLocked``, which says "ask again": what only
reads goes on in the Router, so that the next try finds the user's answer; what changes something is cancelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.sdk import ConnectionLost, ErrorCode, ProtocolError
from etui.sdk.door.link import Posting

if TYPE_CHECKING:
    from collections.abc import Callable

    from etui.sdk.aio import Done
    from etui.sdk.door.link import Link
    from etui.sdk.door.patience import Patience
    from etui.sdk.door.peers import Peer
    from etui.sdk.door.unlocking import Unlocking, Waiter

ANSWER_S: Final = 20.0
_LOCKED: Final = "the wallet is locked: unlock it and ask again"
_LATE: Final = "nobody answered the wallet's dialog in time: ask again"


class Question(msgspec.Struct, frozen=True):
    """What is asked.

    ``params``: makes the encoded params once there is a line, and for ``sealed`` a key to seal to. ``unlocks``: brings
    the unlock dialog rather than fail. ``reads``: does no harm when it is repeated.
    """

    method: str
    params: Callable[[Link], bytes]
    quiet: bool = False
    unlocks: bool = False
    sealed: bool = False
    reads: bool = True


class Ask:
    """One question under way; ``done`` is called once, unless it is given up before."""

    __slots__ = ("_done", "_link", "_patience", "_peer", "_posting", "_question", "_tries", "_unlocking", "_waiter")

    def __init__(  # noqa: PLR0913, PLR0917  # a question has these parts
        self, link: Link, unlocking: Unlocking, patience: Patience, peer: Peer, question: Question, done: Done
    ) -> None:
        self._link = link
        self._unlocking = unlocking
        self._patience = patience
        self._peer = peer
        self._question = question
        self._done: Done | None = done
        self._posting: Posting | None = None
        self._waiter: Waiter | None = None
        self._tries: set[ErrorCode] = set()

    def start(self, limit_s: float | None = ANSWER_S) -> Ask:
        """Asks; ``limit_s``: how long the caller waits, None for as long as the user takes."""
        self._peer.asks.add(self)
        if limit_s is not None:
            self._patience.keep(self, limit_s)
        self._go()
        return self

    def give_up(self) -> None:
        """Nobody waits any longer: what runs is cancelled, and its dialog closes."""
        if self._done is None:
            return
        self._end()
        if self._waiter is not None:
            self._unlocking.dismiss(self._waiter)
        if self._posting is not None:
            self._link.cancel(self._posting)

    def caller_left(self) -> None:
        """The caller left: a question ends, a change that was asked for is carried out."""
        done = self._done
        if self._question.reads and done is not None:
            self.give_up()
            done(ProtocolError(ErrorCode.CANCELLED, "the caller has left"))  # who waits for it goes no further

    def late(self) -> None:
        """The caller has waited long enough: it is answered ``IsLocked``."""
        if self._waiter is not None:
            self._unlocking.leave(self._waiter)
        if self._posting is not None and not self._question.reads:
            self._link.cancel(self._posting)
        self._finish(ProtocolError(ErrorCode.LOCKED, _LATE))

    def _go(self) -> None:
        if self._done is None:
            return
        if self._link.connected and self._link.locked:
            self._unlock_first()
        elif self._question.sealed and self._link.connected and not self._link.provider_key:
            self._link.with_key(self._have_key)
        else:
            self._post()

    def _post(self) -> None:
        """Posts; without a line it only waits for one, since params are made when there is an end to seal with."""
        if self._link.connected:
            try:
                params = self._question.params(self._link)
            except ProtocolError as error:
                self._finish(error)
                return
            self._posting = Posting(
                self._peer, self._question.method, params, self._answered, quiet=self._question.quiet
            )
            self._link.post(self._posting)
        else:
            self._link.when_connected(self._go)

    def _unlock_first(self) -> None:
        if self._question.unlocks:
            self._waiter = self._unlocking.wait(self._peer, self._unlocked)
        else:
            self._finish(ProtocolError(ErrorCode.LOCKED, _LOCKED))

    def _unlocked(self, error: ProtocolError | None) -> None:
        self._waiter = None
        if error is not None:
            self._finish(error)
        else:
            self._go()

    def _have_key(self, error: ProtocolError | None) -> None:
        if error is not None:
            self._answered(error)
        else:
            self._go()

    def _answered(self, answer: bytes | ProtocolError) -> None:
        self._posting = None
        if not isinstance(answer, ProtocolError):
            self._finish(answer)
            return
        code = answer.code
        if code is ErrorCode.LOCKED:
            self._link.note_locked()
        elif code is ErrorCode.STALE_KEY:
            self._link.forget_key()
        lost = isinstance(answer, ConnectionLost) and self._question.reads
        if code in self._tries or not (lost or code in {ErrorCode.LOCKED, ErrorCode.STALE_KEY}):
            self._finish(answer)
            return
        self._tries.add(code)
        self._go()

    def _finish(self, answer: bytes | ProtocolError) -> None:
        done = self._done
        if done is not None:
            self._end()
            done(answer)

    def _end(self) -> None:
        self._done = None
        self._peer.asks.discard(self)
        self._patience.drop(self)
