"""The archive of a managed wallet: written once it has locked, restored where there is none, by a unit for it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from etui.protocol.handing import Outcome
from etui.trusted.control import ExportLocked, HandedOver, Reply, TakeHanded
from etui.trusted.supervisor.handed import Handed, HandedFiles

if TYPE_CHECKING:
    from etui.trusted.supervisor.children import Running, StartPart
    from etui.trusted.supervisor.endings import Endings
    from etui.trusted.supervisor.line import RouterLine

MODULE: Final = "etui.trusted.supervisor.archiving"
_FAILED: Final = 1
_USAGE: Final = 2
_UNKNOWN: Final = "nothing was handed over under this token, or whoever did has gone"
_BEGUN: Final = "a wallet is made or restored here: wait for that, or run `etui stop`, and restore again"
IS_THERE: Final = (
    "the machine runs a wallet for you already, and nothing of it is overwritten: name another folder with ETUI_HOME"
)


class Archives:
    """What is handed over, and the unit that writes and restores archives.

    ``start``: starts it. ``why_not``: why nothing may be restored now; empty where it may. ``end``: ends the wallet.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # what it is made of
        self,
        listener: socket.socket,
        start: StartPart,
        endings: Endings,
        line: RouterLine,
        why_not: Callable[[], str],
        end: Callable[[], None],
    ) -> None:
        self._start = start
        self._endings = endings
        self._line = line
        self._why_not = why_not
        self._end = end
        self._handed = HandedFiles(listener, self._restore)
        self._due: Handed | None = None
        self._unit: Running | None = None
        self._restoring: Handed | None = None

    @property
    def is_restoring(self) -> bool:
        """Whether a wallet is restored now, so that none may be made."""
        return self._restoring is not None

    @property
    def is_busy(self) -> bool:
        """Whether an archive is written or restored now, which the wallet's end would cut off."""
        return self._unit is not None

    def open(self) -> None:
        """Begins to take what is handed over."""
        self._handed.open()

    def close(self) -> None:
        """Ends the unit, whatever it does, and lets everybody go."""
        self._handed.close()
        if self._unit is not None:
            self._endings.kill(self._unit)

    def answer(self, message: TakeHanded | ExportLocked) -> None:
        """Gives the Router what it asks for, or notes what is due once it has locked, and replies."""
        if isinstance(message, TakeHanded):
            self._give(message)
        else:
            self._export_when_locked(message)

    def _give(self, message: TakeHanded) -> None:
        handed = self._handed.take(message.token)
        if handed is not None:
            self._line.tell(HandedOver(number=message.number), handed.stream)
            handed.program.close()
        self._reply(message.number, handed)

    def _export_when_locked(self, message: ExportLocked) -> None:
        if self._due is not None:
            self._due.close()
        self._due = self._handed.take(message.token)
        self._reply(message.number, self._due)

    def locked(self) -> None:
        """Has the archive written that is due, since nothing holds a key any more."""
        due, self._due = self._due, None
        if due is None:
            return
        if self._unit is not None:
            due.tell(Outcome(message="another archive is being written: export again when it is there", status=_FAILED))
        else:
            self._begin("export", due)
        due.close()

    def _restore(self, handed: Handed) -> None:
        why_not = self._why_not() or (_BEGUN if self._unit is not None else "")
        if why_not:
            handed.tell(Outcome(message=why_not, status=_USAGE))
            handed.close()
        elif self._begin("restore", handed):
            self._restoring = handed  # whose connection is open as long as this process: then the wallet starts anew
            handed.stream.close()
        else:
            handed.close()

    def _begin(self, what: str, handed: Handed) -> bool:
        """Starts the unit; whether that went well, which the program is told where it did not."""
        try:
            self._unit = self._start(MODULE, (what,), {"--stream": handed.stream, "--report": handed.program})
        except OSError as error:
            handed.tell(Outcome(message=str(error), status=_FAILED))
            return False
        self._endings.watch(self._unit, self._unit_ended)
        return True

    def _unit_ended(self, unit: Running) -> None:
        del unit
        self._unit = None
        if self._restoring is not None:  # the folders of before are gone, or stay: either way it begins anew
            self._end()

    def _reply(self, number: int, handed: Handed | None) -> None:
        code, text = ("", "") if handed is not None else ("unknown", _UNKNOWN)
        self._line.tell(Reply(number=number, code=code, message=text))


def why_nothing_is_restored(*, is_made: bool, is_begun: bool) -> str:
    """Why no archive is restored where a wallet is, or is just made; empty where there is none."""
    return IS_THERE if is_made else _BEGUN if is_begun else ""
