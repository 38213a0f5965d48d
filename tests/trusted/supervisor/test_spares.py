"""Keyless spares: started while the user is asked, used once by the right start, and gone with everything else.

The tests stand where the supervisor stands, with real packages that are really confined.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from tests.fuzz.surface import descriptors
from tests.processes import kill
from tests.trusted.router.strangers import Stranger
from tests.trusted.supervisor.processes import (
    WAIT_S,
    is_gone,
)

from etui.trusted.control import Connected, Ended, FromRouter, HandKey, Link, ToRouter
from etui.trusted.package import Extensions, verify
from etui.trusted.sandbox import Confined, Possible, probe
from etui.trusted.supervisor.confined import StartedExtension, confine_with
from etui.trusted.supervisor.endings import EndedEarlyError, Endings
from etui.trusted.supervisor.extensions import ExtensionError, RunningExtensions
from etui.trusted.supervisor.line import RouterLine

STORES = "ext:etui/org.etui.storage-software"
KEEPS = "ext:etui/org.etui.secrets"
ADVISES = "ext:etui/org.etui.guard"
KNOWS = "ext:etui/org.etui.receipts"
METHODS = {"do": {"title": "Do", "effect": "none", "params": {}, "result": {}}}
WAITS = """
import os, time
os.write(3, b"here")
open(4, "rb").read()
time.sleep(600)
"""


def _pid(started: StartedExtension) -> int:
    assert isinstance(started.process, Confined)
    return started.process.pid


class Wallet:
    """The supervisor's part of a wallet that starts Extensions; the test is its vault, and its Router."""

    def __init__(self, home: Path, *, keep_s: float = 600.0) -> None:
        found = probe()
        assert isinstance(found, Possible)
        self.home = home
        ours, self._router = Link.pair()
        self._router.settimeout(WAIT_S)
        line = RouterLine()
        line.link = Link[ToRouter, FromRouter](ours, FromRouter)
        self._heard: Link[FromRouter, ToRouter] = Link(self._router, ToRouter)
        self.extensions = RunningExtensions(home, confine_with(found.bubblewrap), Endings(), line, keep_s=keep_s)
        self.handed: list[HandKey] = []
        self._links = (ours, self._router)

    def install(self, stranger: Stranger, version: str = "1.0.0") -> None:
        """Installs a package behind everybody's back."""
        Extensions(self.home / "extensions").install(verify(stranger.package(version)), 1)

    def hand_out(self, key: HandKey, pipe: int) -> None:
        self.handed.append(key)
        os.write(pipe, bytes(32))
        os.close(pipe)

    def start(self, name: str) -> int:
        """The process that an Extension is started as, which is connected to the Router."""
        self.extensions.start(name, self.hand_out)
        message, connection = self._heard.receive()
        assert isinstance(message, Connected)
        assert message.name == name
        assert connection is not None
        self.connection = socket.socket(fileno=connection)
        return _pid(self.extensions._running[name])

    def hears(self) -> ToRouter:
        """What the Router is told next."""
        return self._heard.receive()[0]

    def hears_nothing(self) -> bool:
        """Whether the Router was told nothing more."""
        self._router.setblocking(False)  # noqa: FBT003  # the standard library's signature
        try:
            return not self._router.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True

    def spares(self) -> dict[str, int]:
        """The processes that wait."""
        return {name: _pid(spare.started) for name, spare in self.extensions._spares._spares.items()}

    async def waiting(self, name: str) -> int:
        """The process of a spare, once its own code runs."""
        spare = self.extensions._spares._spares[name].started

        def is_here() -> bool:
            try:
                return bool(spare.connection.recv(4, socket.MSG_PEEK | socket.MSG_DONTWAIT))
            except BlockingIOError:
                return False

        await awaited(is_here)
        return _pid(spare)

    def close(self) -> None:
        self.extensions.stop_all()
        os.close(self.extensions._log)
        for end in self._links:
            end.close()


def run(home: Path, test: Callable[[Wallet], Awaitable[None]], *, keep_s: float = 600.0) -> None:
    """Runs a test in an event loop; nothing of its wallet is left."""

    async def within() -> None:
        wallet = Wallet(home, keep_s=keep_s)
        try:
            await test(wallet)
        finally:
            wallet.close()

    asyncio.run(within())


async def awaited(condition: Callable[[], object]) -> None:
    """Returns when it holds."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110  # of the kernel, which tells nobody
            await asyncio.sleep(0.01)


def registration(connection: socket.socket) -> str:
    """The method of the first message that an Extension sends."""
    with connection:
        connection.settimeout(WAIT_S)
        line = connection.makefile("rb").readline()
        return str(msgspec.json.decode(line)["method"])


def test_before_the_first_unlock_what_each_question_takes_is_prepared_and_then_what_ran_before_the_lock(
    short_dir: Path,
) -> None:
    async def test(wallet: Wallet) -> None:
        wallet.extensions.prepare_spares()
        assert set(wallet.spares()) == {STORES, ADVISES, KNOWS}
        wallet.start(KEEPS)
        wallet.connection.close()
        wallet.extensions.stop_all()
        assert wallet.spares() == {}
        for _ in range(2):  # a lock of a wallet in which nothing ran changes nothing
            wallet.extensions.prepare_spares()
            assert set(wallet.spares()) == {KEEPS}
            wallet.extensions.stop_all()

    run(short_dir, test)


def test_a_spare_is_used_once_and_gets_its_key_then_and_not_before(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        wallet.extensions.prepare_spares()
        spare = wallet.spares()[STORES]
        assert wallet.handed == []
        assert wallet.hears_nothing()
        assert wallet.start(STORES) == spare
        assert [key.publisher for key in wallet.handed] == ["etui"]
        assert registration(wallet.connection) == "wallet/1.register"
        assert STORES not in wallet.spares()
        assert wallet.start(STORES) != spare
        wallet.connection.close()
        assert is_gone(spare)

    run(short_dir, test)


def test_to_prepare_again_keeps_those_that_wait_for_as_long_from_then_on(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        wallet.extensions.prepare_spares()
        before, due = wallet.spares(), wallet.extensions._spares._due
        wallet.extensions.prepare_spares()
        assert wallet.spares() == before
        later = wallet.extensions._spares._due
        assert due is not None
        assert later is not None
        assert due.cancelled()
        assert later.when() > due.when()

    run(short_dir, test)


def test_no_more_than_six_are_prepared_those_that_were_started_last(short_dir: Path) -> None:
    names = ["one", "two", "three", "four", "five", "six", "seven"]

    async def test(wallet: Wallet) -> None:
        for name in names:
            stranger = Stranger(name, WAITS, METHODS)
            wallet.install(stranger)
            wallet.start(stranger.principal)
            wallet.connection.close()
        wallet.start("ext:org.example/org.example.one")
        wallet.connection.close()
        wallet.extensions.stop_all()
        wallet.extensions.prepare_spares()
        prepared = [name.rpartition(".")[2] for name in wallet.spares()]
        assert prepared == ["one", "seven", "six", "five", "four", "three"]

    run(short_dir, test)


def test_what_each_question_takes_is_prepared_before_what_was_used_later(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        for name in (ADVISES, STORES, KEEPS):
            wallet.start(name)
            wallet.connection.close()
        wallet.extensions.stop_all()
        wallet.extensions.prepare_spares()
        assert list(wallet.spares()) == [STORES, ADVISES, KEEPS]

    run(short_dir, test)


def test_after_the_unlock_what_is_of_no_use_waits_for_a_shorter_while(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        wallet.extensions.prepare_spares()
        before = wallet.extensions._spares._due
        wallet.extensions.unlocked()
        after = wallet.extensions._spares._due
        assert before is not None
        assert after is not None
        assert before.cancelled()
        assert after.when() < before.when()

    run(short_dir, test)


def test_a_spare_of_another_version_is_dropped_and_not_used(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        stranger = Stranger("stranger", WAITS, METHODS)
        wallet.install(stranger)
        wallet.start(stranger.principal)
        wallet.connection.close()
        wallet.extensions.stop_all()
        wallet.extensions.prepare_spares()
        spare = await wallet.waiting(stranger.principal)
        wallet.install(stranger, "1.0.1")
        assert wallet.start(stranger.principal) != spare
        wallet.connection.close()
        assert is_gone(spare)
        assert wallet.spares() == {}

    run(short_dir, test)


def test_a_spare_of_what_was_installed_anew_or_removed_is_dropped_and_not_used(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        stranger = Stranger("stranger", WAITS, METHODS)
        extensions = Extensions(short_dir / "extensions")
        wallet.install(stranger)
        wallet.start(stranger.principal)
        wallet.connection.close()
        wallet.extensions.stop_all()
        wallet.extensions.prepare_spares()
        spare = await wallet.waiting(stranger.principal)
        extensions.remove(stranger.id)
        wallet.install(stranger)
        assert wallet.start(stranger.principal) != spare
        wallet.connection.close()
        wallet.extensions.stop_all()
        wallet.extensions.prepare_spares()
        spare = await wallet.waiting(stranger.principal)
        extensions.remove(stranger.id)
        with pytest.raises(ExtensionError):
            wallet.start(stranger.principal)
        assert wallet.spares() == {}
        assert is_gone(spare)

    run(short_dir, test)


def test_a_spare_that_nobody_uses_ends_after_a_while_with_all_that_it_held(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        wallet.extensions.prepare_spares()
        wallet.extensions.stop_all()
        held = descriptors(os.getpid())
        wallet.extensions.prepare_spares()
        spare = wallet.spares()[STORES]
        await awaited(lambda: not wallet.spares())
        assert is_gone(spare)
        assert descriptors(os.getpid()) == held
        assert wallet.start(STORES) != spare
        wallet.connection.close()

    run(short_dir, test, keep_s=0.2)


def test_a_stop_and_a_lock_end_a_spare_with_all_that_it_held(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        for end in (wallet.extensions.stop_all, lambda: wallet.extensions.stop(STORES)) * 2:
            held = descriptors(os.getpid())
            wallet.extensions.prepare_spares()
            spare = wallet.spares()[STORES]
            end()
            assert is_gone(spare)
            assert STORES not in wallet.spares()
            wallet.extensions.stop_all()
            assert descriptors(os.getpid()) == held

    run(short_dir, test)


def test_a_spare_that_was_killed_is_not_used_and_its_end_is_told_to_nobody(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        wallet.extensions.prepare_spares()
        seen = wallet.spares()[STORES]
        kill(seen)
        await awaited(lambda: STORES not in wallet.spares())
        assert wallet.hears_nothing()
        wallet.extensions.prepare_spares()
        unseen = wallet.spares()[STORES]
        kill(unseen)  # and the event loop has no moment to see it
        with pytest.raises(EndedEarlyError):  # both ends count, so that it is put off
            wallet.start(STORES)
        assert STORES not in wallet.spares()

    run(short_dir, test)


def test_what_ends_early_as_a_spare_is_started_ever_more_rarely(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        stranger = Stranger("stranger", WAITS, METHODS)
        wallet.install(stranger)
        wallet.start(stranger.principal)
        wallet.connection.close()
        wallet.extensions.stop_all()
        for _ in range(2):
            wallet.extensions.prepare_spares()
            kill(wallet.spares()[stranger.principal])
            await awaited(lambda: not wallet.spares())
        wallet.extensions.prepare_spares()
        assert wallet.spares() == {}
        with pytest.raises(EndedEarlyError):
            wallet.start(stranger.principal)
        assert wallet.hears_nothing()

    run(short_dir, test)


def test_to_have_waited_is_no_stable_run(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(wallet: Wallet) -> None:
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now)
        for _ in range(3):
            wallet.extensions.prepare_spares()
            now += 60.0  # typed slowly
            kill(wallet.start(STORES))
            wallet.connection.close()
            wallet.extensions.give_up(STORES)
            wallet.extensions.stop_all()
        with pytest.raises(EndedEarlyError):
            wallet.start(STORES)

    run(short_dir, test)


def test_who_ends_with_the_router_has_not_ended_early(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        for _ in range(3):
            wallet.start(STORES)
            wallet.extensions.expect_ends()
            wallet.connection.close()  # as the Router does that locks
            await awaited(lambda: STORES not in wallet.extensions._running)
            assert isinstance(wallet.hears(), Ended)
            wallet.extensions.stop_all()

    run(short_dir, test)


def test_what_cannot_be_prepared_is_said_by_the_start(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        (short_dir / "extensions").mkdir(mode=0o700)
        (short_dir / "extensions" / "supplied.json").write_text("damaged")
        wallet.extensions.prepare_spares()
        assert wallet.spares() == {}
        assert wallet.hears_nothing()

    run(short_dir, test)
