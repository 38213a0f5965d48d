"""One tap: commands come, and go to whose application was selected.

::

    SELECT 2PAY.SYS.DDF01 ──► what is armed, in one directory          SELECT 1PAY.SYS.DDF01 ──► the same, in records
    SELECT application ─────► its Extension: a session begins          any other ──────────────► the session's

A reader that speaks T=0 gives no room for an answer with a command that has data: it is told how much there is, and
fetches it (GET RESPONSE; ISO/IEC 7816-4:2020, section 5.3.4).
"""

from __future__ import annotations

from typing import Final, Protocol

from etui.doors.contactless.directory import SFI, Directory
from etui.doors.contactless.vpcd import MAX_FRAME
from etui.sdk import ErrorCode, ProtocolError
from etui.standards import emv
from etui.standards.iso7816 import (
    MAX_SHORT_NE,
    SELECT,
    Command,
    Iso7816Error,
    Occurrence,
    Response,
    Selection,
    StatusWord,
    read_selection,
)

_GET_RESPONSE: Final = 0xC0
_MORE: Final = 0x6100
_NOT_FOUND: Final = Response(status=StatusWord.FILE_OR_APPLICATION_NOT_FOUND)
_NOT_NOW: Final = Response(status=StatusWord.CONDITIONS_OF_USE_NOT_SATISFIED)
_FAULT: Final = Response(status=StatusWord.NO_PRECISE_DIAGNOSIS)


class Sessions(Protocol):
    """The Extensions, as a tap reaches them; each may raise ``ProtocolError``."""

    async def directory(self) -> Directory:
        """What is armed now."""

    async def select(self, provider: str, name: bytes, *, contactless: bool) -> tuple[str, bytes]:
        """Begins a session with an application: its id, and the response APDU."""

    async def transmit(self, provider: str, session: str, apdu: bytes) -> bytes:
        """The response APDU to a command."""

    async def deselect(self, provider: str, session: str) -> None:
        """Ends a session."""


class Tap:
    """A card in the field, from its power on to its end."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._directory: Directory | None = None
        self._contactless = False
        self._records = False
        self._session: tuple[str, str] | None = None
        self._left = b""

    async def answer(self, apdu: bytes) -> bytes:
        """The response to a command, whatever it is."""
        try:
            command = Command.decode(apdu)
        except Iso7816Error as error:
            return Response(status=error.status).encode()
        if command.ins == _GET_RESPONSE and self._left:
            return self._rest(command)
        self._left = b""
        try:
            response = await self._routed(command, apdu)
        except ProtocolError as error:
            self._session = None
            response = _NOT_NOW if error.code is ErrorCode.CONFLICT else _FAULT
        if response.data and not command.ne:
            self._left = response.data
            return _more(len(self._left)).encode()
        return response.encode()

    async def end(self) -> None:
        """The terminal is gone."""
        ended, self._session = self._session, None
        self._directory, self._records, self._left = None, False, b""
        if ended is not None:
            await self._sessions.deselect(*ended)

    async def _routed(self, command: Command, apdu: bytes) -> Response:
        if command.interindustry and command.ins == SELECT:
            return await self._select(command)
        if self._session is not None:
            return _said(await self._sessions.transmit(*self._session, apdu))
        if self._records and self._directory is not None:
            return _record(self._directory, command)
        return _NOT_NOW

    async def _select(self, command: Command) -> Response:
        try:
            selection = read_selection(command)
        except Iso7816Error as error:
            return Response(status=error.status)
        if selection.name in {emv.PPSE, emv.PSE}:
            return await self._list(selection)
        if self._directory is None or not self._directory.applications:
            self._directory = await self._found()
        listed = self._directory.named(selection.name)
        if listed is None or selection.occurrence is not Occurrence.FIRST_OR_ONLY:
            return _NOT_FOUND
        self._records = False
        self._session = None
        session, answered = await self._sessions.select(listed.provider, listed.name, contactless=self._contactless)
        self._session = listed.provider, session
        return _said(answered)

    async def _list(self, selection: Selection) -> Response:
        await self.end()
        self._directory = await self._found()
        self._contactless = selection.name == emv.PPSE
        self._records = not self._contactless and bool(self._directory.applications)
        return self._directory.proximity() if self._contactless else self._directory.payment()

    async def _found(self) -> Directory:
        """What is armed; nothing where the wallet is locked, or away."""
        try:
            return await self._sessions.directory()
        except ProtocolError:
            return Directory()

    def _rest(self, command: Command) -> bytes:
        size = min(command.ne or MAX_SHORT_NE, MAX_SHORT_NE)
        part, self._left = self._left[:size], self._left[size:]
        return Response(part, _more(len(self._left)).status if self._left else StatusWord.SUCCESS).encode()


def _said(answered: bytes) -> Response:
    """What an Extension answered; a fault where that is no response which a reader takes."""
    try:
        response = Response.decode(answered)
    except Iso7816Error:
        return _FAULT
    return response if len(answered) <= MAX_FRAME else _FAULT


def _more(left: int) -> Response:
    return Response(status=_MORE | (left if left < MAX_SHORT_NE else 0))


def _record(directory: Directory, command: Command) -> Response:
    try:
        request = emv.read_request(command)
    except emv.CommandError as error:
        return Response(status=error.status)
    if not isinstance(request, emv.ReadRecord):
        return _NOT_NOW
    return directory.record(request.record) if request.sfi == SFI else _NOT_FOUND
