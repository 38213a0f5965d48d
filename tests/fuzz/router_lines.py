"""The Router's lines: what a Client or a door asks, what a hostile Extension says, and what a dialog answers.

Each batch has a connection of its own, since the sixteenth line that is no message ends one; a good Client beside it is
answered after every batch.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from tests.fuzz.corpus import recorded
from tests.fuzz.documents import Speaker, encoded, of_type
from tests.fuzz.mutating import Seeds, mutated, writes
from tests.fuzz.router_here import SECRETS, Due, End, RouterHere, answer_id
from tests.fuzz.surface import Unanswered

from etui.interfaces.wallet_1 import IntroduceResult
from etui.protocol import (
    CallInfo,
    ErrorCode,
    ErrorData,
    ErrorObject,
    Message,
    MessageKind,
    encode_error,
    encode_notification,
    encode_request,
    encode_result,
)
from etui.trusted.control import Namespace
from etui.trusted.control import Role as ChildRole
from etui.trusted.dialog.requests import Answer, Dismissed, Hello
from etui.trusted.router.connection import Role
from etui.trusted.router.references import Place

_BATCH: Final = 12
_KEY: Final = bytes(range(32))
_LASTING: Final = 2
"""The connections of the good Client and of the dialog that was there first."""
_MARK: Final = "etui-mark"
_AN_ERROR: Final = ErrorObject(ErrorCode.UNAVAILABLE.value, "no", ErrorData("unavailable"))


class _Line:
    """What the surfaces of the Router share."""

    def __init__(self) -> None:
        self._here: RouterHere
        self._good: End
        self._number = 0
        self._speaker = Speaker()

    async def begin(self, folder: Path) -> None:
        self._here = RouterHere(folder)
        await self._here.begin()
        self._dialog = await self._here.child(ChildRole.DIALOG, "dialog")
        await self._greet(self._dialog, "none")
        self._good = await self._here.client()
        topics = ["secret/1.created", "secret/1.changed", "secret/1.deleted", "items"]
        await self._good.send(encode_request(0, "wallet/1.subscribe", msgspec.json.encode({"topics": topics})))
        await self._serve_good()

    async def end(self) -> None:
        await self._good.close()
        await self._dialog.close()
        await self._here.end()

    async def settled(self) -> None:
        await self._here.settled(_LASTING)

    def outstanding(self) -> dict[str, int]:
        return self._here.outstanding()

    async def _greet(self, dialog: End, display: str) -> None:
        hello = Hello(key=_KEY, display=display, sentence="for a test")
        await dialog.send(encode_notification("dialog.hello", msgspec.json.encode(hello)))

    async def _serve_good(self) -> None:
        """The good Client asks and is answered."""
        self._number += 1
        await self._good.send(encode_request(self._number, "wallet/1.status", b"{}"))
        while (message := await self._good.receive()) is not None:
            if message.id == self._number:
                assert message.error is msgspec.UNSET, message.error
                return
        raise AssertionError("the good Client's connection ended")

    async def _judged(self, end: End, case: list[bytes], chance: random.Random, tally: Counter[str]) -> bool:
        """Sends the lines, and waits until all that is due for them has come; whether the connection goes on."""
        due = Due(end.sent)
        stream = b"\n".join(case) + b"\n"
        for line in stream.split(b"\n"):
            if line:
                due.note(line)
        mark = b'{"jsonrpc":"2.0","id":"%b","method":"wallet/1.no_such_method"}\n' % _MARK.encode()
        await end.send(*writes(chance, stream), mark)
        said_why = marked = False
        try:
            while not (marked and due.nothing):
                message = await end.receive()
                if message is None:
                    assert said_why or end.cut_short, f"the connection ended without a word after {case!r}"
                    tally["closed"] += 1
                    return False
                said_why |= message.id is None
                marked |= message.id == _MARK
                if not message.method:
                    tally["errors" if message.kind is MessageKind.ERROR else "results"] += message.id != _MARK
                due.paid(message)
        except Unanswered:
            raise Unanswered(f"{due.refusals} refusals and answers to {due.answers} are missing for {case!r}") from None
        assert not due.ends, f"the connection goes on after {case!r}"
        return True


def _call_of(message: Message) -> bytes:
    """The id of the call that the Router forwards, where it tells one."""
    if not message.call:
        return b"c1"
    return msgspec.json.decode(message.call, type=CallInfo).id.encode() or b"c1"


class AskingLine(_Line):
    """What a Client asks."""

    def __init__(self) -> None:
        super().__init__()
        speaker = self._speaker
        more = (speaker.request, speaker.request, speaker.notification, speaker.result, speaker.error)
        self._seeds = Seeds(recorded("client"), more)

    async def feed(self, chance: random.Random, tally: Counter[str], frames: int) -> None:
        while frames > 0:
            end = await self._open()
            for _ in range(min(_BATCH, frames)):
                frames -= 1
                lines = [self._altered(self._seeds.bad(chance)) for _ in range(chance.choice((1, 1, 1, 2)))][
                    : frames + 1
                ]
                frames -= len(lines) - 1
                if not await self._judged(end, lines, chance, tally):
                    break
            await end.close()
            await self._serve_good()

    async def _open(self) -> End:
        self._here.renew_budget()
        return await self._here.client()

    def _altered(self, line: bytes) -> bytes:
        return line


class DoorLine(AskingLine):
    """What a door asks, for itself and for a peer."""

    async def _open(self) -> End:
        self._here.renew_budget()
        end = await self._here.child(ChildRole.DOOR, "browser", Namespace.WEB)
        params = msgspec.json.encode({"pid": os.getpid(), "uid": os.getuid()})
        await end.send(encode_request(0, "wallet/1.introduce", params))
        answer = await end.receive()
        assert answer is not None
        assert isinstance(answer.result, msgspec.Raw)
        self._peer = msgspec.json.decode(answer.result, type=IntroduceResult).peer.encode()
        return end

    def _altered(self, line: bytes) -> bytes:
        return line.replace(b'"p1"', b'"%b"' % self._peer)


class _ServingLine(_Line):
    """What the Router asks, and what answers wrongly: the good Client that asked is answered all the same."""

    async def feed(self, chance: random.Random, tally: Counter[str], frames: int) -> None:
        while frames > 0:
            end = await self._open()
            for _ in range(min(_BATCH, frames)):
                frames -= 1
                if not await self._once(end, chance, tally):
                    break
            await end.close()
            await self._serve_good()

    async def _open(self) -> End:
        raise NotImplementedError

    def _request(self, chance: random.Random) -> tuple[str, bytes]:
        """What the good Client asks for."""
        raise NotImplementedError

    def _line(self, chance: random.Random, call: int) -> bytes:
        """What is said in the place of an answer to a call."""
        raise NotImplementedError

    def _rest(self, call: int) -> bytes:
        """A good answer, to what was not answered before."""
        raise NotImplementedError

    async def _once(self, end: End, chance: random.Random, tally: Counter[str]) -> bool:
        """One request of the good Client's, and what the other end makes of the calls that come of it."""
        self._here.renew_budget()
        self._number += 1
        method, params = self._request(chance)
        asked = asyncio.ensure_future(self._answer(self._number))
        await self._good.send(encode_request(self._number, method, params))
        self._sent: list[bytes] = []
        served = asyncio.ensure_future(self._mishandle(end, chance, tally))
        try:
            await asyncio.wait({asked, served}, return_when=asyncio.FIRST_COMPLETED)
            if served.done():
                goes_on = served.result()
                if not goes_on:
                    await end.close()
            answer = await asked
            tally["answered"] += 1
            assert answer is not None
        except Unanswered:
            raise Unanswered(f"{method} {params!r} is not answered when its provider says {self._sent!r}") from None
        finally:
            if not served.done():
                served.cancel()
            await asyncio.gather(asked, served, return_exceptions=True)
        return served.cancelled() or served.result()

    async def _answer(self, number: int) -> Message:
        while (message := await self._good.receive()) is not None:
            if answer_id(message) == number:
                return message
        raise AssertionError("the good Client's connection ended")

    async def _mishandle(self, end: End, chance: random.Random, tally: Counter[str]) -> bool:
        """Answers every call badly, then well; whether the connection goes on."""
        while (message := await end.receive()) is not None:
            call = answer_id(message)
            if not message.method or not isinstance(call, int):
                tally["errors"] += not message.method
                continue
            line = self._line(chance, call).replace(b'"c1"', b'"%b"' % _call_of(message))
            self._sent.append(line)
            await end.send(*writes(chance, line + b"\n"), self._rest(call))
        tally["closed"] += 1
        return False


class ExtensionLine(_ServingLine):
    """What a hostile Extension answers, asks and tells."""

    def __init__(self) -> None:
        super().__init__()
        speaker = self._speaker
        self._asks = Seeds(
            recorded("extension"), (speaker.request, speaker.notification, speaker.event, speaker.event, speaker.result)
        )
        self._results: tuple[Callable[[random.Random], bytes], ...] = (speaker.result, speaker.error)

    async def _open(self) -> End:
        end = await self._here.child(ChildRole.EXTENSION, SECRETS)
        register = msgspec.json.encode({"key": _KEY, "provides": ["secret/1"]})
        await end.send(encode_request(1, "wallet/1.register", register))
        while (message := await end.receive()) is not None and message.id != 1:
            pass
        return end

    def _request(self, chance: random.Random) -> tuple[str, bytes]:
        router = self._here.router
        provider = router.registry.providers[SECRETS]
        opened = router.unlocked()
        callers = [one.caller for one in router.connections if one.role is Role.CLIENT and one.caller is not None]
        client = callers[0].principal.id
        place = Place(provider.installation, chance.choice(("1", "2", "x" * 64, "é")))
        reference = opened.references.make(client, opened.clients.epoch(client), place)
        method = chance.choice(("find", "find", "create", "create", "describe", "read", "delete", "update", "generate"))
        params: dict[str, object] = {"item": reference}
        if method == "create":
            params = {"kind": "note", "label": "Mail"}
        elif method in {"find", "generate"}:
            params = {}
        return f"secret/1.{method}", msgspec.json.encode(params)

    def _line(self, chance: random.Random, call: int) -> bytes:
        if chance.random() < 0.4:
            return self._asks.bad(chance)
        text = chance.choice(self._results)(chance)
        start = text.find(b'"id":') + 5
        end = text.find(b",", start)
        text = text[:start] + b"%d" % call + text[end:]
        return text if chance.random() < 0.5 else mutated(chance, text)

    def _rest(self, call: int) -> bytes:
        return encode_error(call, _AN_ERROR)


class DialogLine(_ServingLine):
    """What a dialog answers."""

    def __init__(self) -> None:
        super().__init__()
        self._answers = Seeds(recorded("answer"), (of_type(Answer),))
        self._hello = of_type(Hello)
        self._others = Seeds(recorded("extension"), (self._speaker.request, self._speaker.notification))

    async def _open(self) -> End:
        self._here.router.dialogs.disconnect()
        end = await self._here.child(ChildRole.DIALOG, "dialog")
        await self._greet(end, "scripted")
        return end

    def _request(self, chance: random.Random) -> tuple[str, bytes]:
        asked = (
            "inventory",
            "clients",
            "grants",
            "audit",
            "appearance",
            "change_passphrase",
            "change_pin",
            "remove_pin",
            "login_unlock_on",
            "login_unlock_off",
            "replace_recovery",
        )
        return f"wallet/1.{chance.choice(asked)}", b"{}"

    def _line(self, chance: random.Random, call: int) -> bytes:
        match chance.randrange(4):
            case 0:
                return self._others.bad(chance)
            case 1:
                hello = encoded({"jsonrpc": "2.0", "method": "dialog.hello", "params": {}})
                return hello.replace(b"{}", mutated(chance, self._hello(chance)))
            case _:
                return encode_result(call, self._answers.bad(chance))

    def _rest(self, call: int) -> bytes:
        return encode_result(call, msgspec.json.encode(Dismissed()))
