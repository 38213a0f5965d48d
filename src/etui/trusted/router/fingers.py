"""A finger in place of the PIN: whether the user chose that, and what fprintd says while a question is shown.

Rules:

1. It is off until the user gives the passphrase for it, and in every copy of the wallet that a backup makes.
2. fprintd is asked only where policy takes a finger, while that question is in front, and once for each question.
3. What it says is taken from the supervisor, never from the dialog; a finger that was recognised confirms the question
   that it was waited for, and that one alone, within a minute. The yes is still said in the dialog.
4. The question takes the PIN or the passphrase all the while.
5. It is no key: it opens nothing, and a locked wallet asks for none.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.control import FingerSaid, FingerState, FingerUnwanted, FingerWanted
from etui.trusted.dialog.requests import Finger, FingerStage

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from etui.trusted.router.callers import Caller
    from etui.trusted.router.router import Router

SETTING: Final = "fingerprint"
LASTS_S: Final = 60.0
"""How long a finger that was recognised counts."""
_LOOK_S: Final = 30.0
_PURPOSE: Final = "have a finger confirm in place of your PIN"
_CAUTION: Final = (
    "From then on a finger that fprintd recognises may stand for your PIN, where policy takes it. fprintd of this"
    " machine vouches for that, and the wallet cannot check it. A finger unlocks nothing."
)
_EXPIRED: Final = "the finger was recognised more than a minute ago"


class Fingers:
    """What one Router knows of fingers."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._waiting: dict[int, Callable[[FingerSaid], None]] = {}
        self._look: asyncio.Task[str] | None = None

    @property
    def enabled(self) -> bool:
        """Whether the user chose it, for this copy of the wallet."""
        opened = self._router.opened
        return opened is not None and bool(opened.copy) and opened.settings.get(SETTING) == opened.copy

    def hear(self, said: FingerSaid) -> None:
        """Takes what the supervisor says."""
        if (take := self._waiting.get(said.number)) is not None:
            take(said)

    def wait(self, take: Callable[[FingerSaid], None], *, look: bool = False) -> Callable[[], None]:
        """Has fprintd asked, and ``take`` told what it says; what is given back ends that."""
        router = self._router
        number = router.number()
        self._waiting[number] = take
        test = router.profile.test is not None
        router.tell_supervisor(FingerWanted(number=number, look=look, test=test))

        def end() -> None:
            if self._waiting.pop(number, None) is not None:
                router.tell_supervisor(FingerUnwanted(number=number))

        return end

    async def hindrance(self) -> str:
        """Why no finger could be recognised now; empty where one could. Who asks meanwhile is told the same."""
        if self._look is None or self._look.done():
            self._look = asyncio.ensure_future(self._looked())
        return await asyncio.shield(self._look)

    async def _looked(self) -> str:
        future: asyncio.Future[FingerSaid] = asyncio.get_running_loop().create_future()
        end = self.wait(lambda said: None if future.done() else future.set_result(said), look=True)
        try:
            async with asyncio.timeout(_LOOK_S):
                said = await future
        except TimeoutError:
            return "fprintd does not answer"
        finally:
            end()
        return "" if said.state is FingerState.RECOGNISED else said.note

    async def switch_on(self, caller: Caller) -> None:
        """Has the user give the passphrase for it; raises ``ProtocolError``, also where no finger could confirm."""
        self._router.unlocked()
        if reason := await self.hindrance():
            raise ProtocolError(ErrorCode.UNAVAILABLE, f"no finger can confirm: {reason}")
        await self._router.unlocking.confirm(caller, _PURPOSE, _CAUTION, "a finger confirms nothing, as before")
        opened = self._router.unlocked()
        if not opened.copy:
            text = f"the disk does not say which copy this is: make {self._router.home / 'device'} writable"
            raise ProtocolError(ErrorCode.UNWRITABLE, text)
        await self._put(opened.copy)
        self._router.unlocking.record_change(caller, "a finger that fprintd recognises confirms in place of the PIN")

    async def switch_off(self, caller: Caller) -> None:
        """No finger confirms from now on, which narrows and needs no yes."""
        self._router.unlocked()
        await self._put("")
        self._router.unlocking.record_change(caller, "no finger confirms any more")

    async def _put(self, value: str) -> None:
        opened = self._router.unlocked()
        await opened.state.put("setting", SETTING, value)
        opened.settings[SETTING] = value


class FingerOf:
    """The finger of one question, from the moment that it is shown until it is answered."""

    def __init__(self, fingers: Fingers, *, changed: Callable[[Finger], None]) -> None:
        self._fingers = fingers
        self._changed = changed
        self._end: Callable[[], None] | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self.shown = Finger()

    def begin(self) -> None:
        """The question is in front: a finger is waited for, where none was before."""
        if self._end is None:
            self._end = self._fingers.wait(self._take)

    @property
    def is_recognised(self) -> bool:
        """Whether fprintd recognised it, and lately."""
        return self.shown.stage is FingerStage.RECOGNISED

    def _take(self, said: FingerSaid) -> None:
        if said.state is FingerState.RECOGNISED:
            self._expiry = asyncio.get_running_loop().call_later(LASTS_S, self._expire)
        self._show(Finger(stage=FingerStage(said.state.value), note=said.note))

    def _expire(self) -> None:
        self._show(Finger(stage=FingerStage.OVER, note=_EXPIRED))

    def _show(self, finger: Finger) -> None:
        self.shown = finger
        self._changed(finger)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        if self._end is not None:
            self._end()
