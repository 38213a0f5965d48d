"""The audit's anchor in the TPM: how far it went, so that an older copy of the whole disk is noticed.

Rules:

1. At each unlock what the TPM has seen is held against what is here, before it is overwritten. Where the audit does not
   go on from there it was set back: that is put on record, said in the status, and stays in the anchor, so that
   ``etui audit verify`` finds it from then on.
2. It is written at each unlock, each lock, and every hour between: at most 24 times a day and twice for each unlock, of
   the some 100,000 times that a TPM's memory takes. An older copy from between two of these is not noticed.
3. The highest time that was seen is kept with it, so that a copy does not bring back what had run out.
4. A TPM that is gone keeps nobody from the wallet: it is said.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.audit import AuditError, AuditRecord, Kind, Outcome, Witness, WitnessError, continues
from etui.trusted.control import VaultOperation

if TYPE_CHECKING:
    from etui.trusted.control import Reply
    from etui.trusted.router.router import Router

SETTING: Final = "tpm_anchor"
EVERY_S: Final = 3600.0
_AT_LOCK_S: Final = 1.0
_NONE: Final = "no_anchor"


class Anchoring:
    """What the TPM has seen of one wallet's audit."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self.witness: Witness | None = None
        """What it keeps; None where there is no anchor, or where it cannot be told."""
        self.on = False
        self.trouble = ""
        """Why it cannot be told, as a sentence for people."""
        self._next: asyncio.TimerHandle | None = None

    @property
    def trouble_sentence(self) -> str:
        """Why what the TPM has seen cannot be told; empty where it can, or is not wanted."""
        return f"The TPM's anchor: {self.trouble}." if self.on and self.trouble else ""

    async def check(self) -> None:
        """At unlock: holds what was seen against what is here, and keeps what is here from then on."""
        opened = self._router.unlocked()
        wanted = opened.settings.get(SETTING) == "on"
        reply = await self._router.vault(VaultOperation.READ_ANCHOR)
        self._read(reply)
        self.on = wanted or self.witness is not None
        if not self.on:
            return
        if self.witness is None:
            self._tell(self.trouble or "the anchor in the TPM is gone: it was removed or the TPM was cleared")
        else:
            opened.clock.see(float(self.witness.time_s))
            self._compare(self.witness)
        if reply.code in {"", _NONE} and not self.trouble:
            await self.write()
        self._again()

    async def write(self) -> None:
        """Keeps what is here; where that fails, it is said in ``trouble``."""
        router, writer = self._router, self._router.recorder.writer
        if writer is None or router.opened is None or not self.on:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(None, writer.checkpoint)
        except AuditError as error:
            self.trouble = str(error)
            return
        last = writer.last_checkpoint
        if last is None:
            return
        before = self.witness
        new = Witness(
            checkpoints=last.index + 1,
            mac=last.mac,
            time_s=int(router.opened.now()),
            set_back_from=before.set_back_from if before is not None else 0,
            set_back_to=before.set_back_to if before is not None else 0,
        )
        reply = await router.vault(VaultOperation.WRITE_ANCHOR, anchor=new.encode())
        self.trouble = reply.message if reply.code else ""
        if not reply.code:
            self.witness = new

    async def write_at_lock(self) -> None:
        """As ``write``, for a moment: the lock waits for nothing."""
        try:
            async with asyncio.timeout(_AT_LOCK_S):
                await self.write()
        except TimeoutError:
            pass

    async def begin(self) -> None:
        """Has an anchor from now on; raises ``ProtocolError`` where the TPM does not keep one."""
        self.on = True
        await self.write()
        if self.trouble:
            self.on = False
            raise ProtocolError(ErrorCode.UNAVAILABLE, self.trouble)
        self._again()

    async def end(self) -> None:
        """Has none from now on; raises ``ProtocolError`` where the TPM does not forget it."""
        reply = await self._router.vault(VaultOperation.REMOVE_ANCHOR)
        if reply.code:
            raise ProtocolError(ErrorCode.UNAVAILABLE, reply.message)
        self.on, self.witness, self.trouble = False, None, ""

    def _read(self, reply: Reply) -> None:
        self.witness, self.trouble = None, ""
        if reply.code:
            self.trouble = "" if reply.code == _NONE else reply.message
            return
        try:
            self.witness = Witness.decode(reply.value)
        except WitnessError as error:
            self.trouble = str(error)

    def _compare(self, seen: Witness) -> None:
        writer = self._router.recorder.writer
        if writer is None or continues(writer.folder, writer.checkpoints, seen):
            return
        self.witness = Witness(
            checkpoints=seen.checkpoints,
            mac=seen.mac,
            time_s=seen.time_s,
            set_back_from=seen.checkpoints,
            set_back_to=writer.checkpoints,
        )
        self._tell(
            f"this wallet was set back to an older copy: the TPM has seen {seen.checkpoints} checkpoints of its audit, "
            f"and of {writer.checkpoints} that are here the last that it saw is none; what was done between is lost"
        )

    def _tell(self, text: str) -> None:
        router = self._router
        router.notes = (*router.notes, text)
        router.recorder.event(AuditRecord(kind=Kind.ERROR, outcome=Outcome.FAILED, reason=text), sync=True)

    def _again(self) -> None:
        if self._next is not None:
            self._next.cancel()
        self._next = asyncio.get_running_loop().call_later(EVERY_S, self._due)

    def _due(self) -> None:
        if self.on and self._router.opened is not None:
            self._router.later(self.write())
            self._again()
