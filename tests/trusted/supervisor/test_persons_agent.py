"""What the supervisor of a managed wallet takes from the agent of its person's session, and what it does not."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest
from tests.trusted.supervisor.looped import turns, with_made

from etui.trusted.control import (
    Connected,
    DisplayWanted,
    DoorState,
    DoorSwitch,
    Ended,
    FromAgent,
    FromRouter,
    Link,
    LinkClosed,
    Namespace,
    OnNothing,
    OnWayland,
    OnX11,
    Reply,
    Role,
    RouterStarted,
    Shown,
    ToAgent,
    ToRouter,
)
from etui.trusted.supervisor.agent import Agent
from etui.trusted.supervisor.children import stream_pair
from etui.trusted.supervisor.doors import known_doors
from etui.trusted.supervisor.line import RouterLine
from etui.trusted.supervisor.persons_agent import MAX_CONNECTIONS, PersonsAgent

DOOR: Final = "ssh-agent"
PATIENCE_S: Final = 20.0


class Wallet:
    """The doors of a managed wallet, what its Router hears of them, and agents that come in."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "session"
        self._held = ExitStack()
        self._listener = self.kept(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        self._listener.bind(str(self.path))
        self._listener.listen()
        ours, theirs = Link.pair()
        self._router: Link[FromRouter, ToRouter] = Link(self.kept(theirs), ToRouter)
        self._router.socket.setblocking(False)  # noqa: FBT003  # the standard library's signature
        line = RouterLine(Link(self.kept(ours), FromRouter))
        self.doors = PersonsAgent(self._listener, line)
        self.doors.open_all(())

    def kept(self, sock: socket.socket) -> socket.socket:
        """One that is closed at the end."""
        return self._held.enter_context(sock)

    def pair(self) -> tuple[socket.socket, socket.socket]:
        """Two ends of a channel, as a door and a Router have them."""
        ours, theirs = stream_pair()
        return self.kept(ours), self.kept(theirs)

    def agent(self) -> Link[FromAgent, ToAgent]:
        """One that comes in."""
        sock = self.kept(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        sock.connect(str(self.path))
        sock.setblocking(False)  # noqa: FBT003  # the standard library's signature
        return Link(sock, ToAgent)

    def heard(self) -> list[tuple[ToRouter, socket.socket | None]]:
        """What the Router was told since it last was asked."""
        told: list[tuple[ToRouter, socket.socket | None]] = []
        while True:
            try:
                message, descriptor = self._router.receive()
            except LinkClosed:  # nothing is there
                return told
            told.append((message, None if descriptor is None else self.kept(socket.socket(fileno=descriptor))))

    async def heard_of(self, kind: type[ToRouter]) -> list[ToRouter]:
        """What it was told of this kind, once it was."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if found := [message for message, _ in self.heard() if isinstance(message, kind)]:
                    return found
                await asyncio.sleep(0.01)

    def close(self) -> None:
        """Ends all of it."""
        self.doors.close_all()
        self._held.close()


def in_wallet(folder: Path, test: Callable[[Wallet], Awaitable[None]]) -> None:
    """Runs a test with such a wallet, in an event loop."""
    with_made(lambda: Wallet(folder), test)


def is_gone(agent: Link[FromAgent, ToAgent]) -> bool:
    """Whether the supervisor has let this agent go."""
    try:
        return agent.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_a_door_of_the_session_is_connected_and_what_it_says_goes_to_the_router(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        agent = wallet.agent()
        ours, theirs = wallet.pair()
        agent.send(Connected(role=Role.DOOR, name=DOOR), theirs.fileno())
        agent.send(DoorState(name=DOOR, title="?", enabled=True, state="open", detail="at a socket"))
        await turns()
        (connected, sock), (state, none) = wallet.heard()
        assert connected == Connected(role=Role.DOOR, name=DOOR)
        assert sock is not None
        assert none is None
        ours.send(b"through")
        assert sock.recv(10) == b"through"
        title = known_doors()[DOOR].title
        assert state == DoorState(name=DOOR, title=title, enabled=True, state="open", detail="at a socket")

    in_wallet(short_dir, test)


def test_a_switch_is_the_agents_to_do_and_its_reply_goes_back(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        agent = wallet.agent()
        await turns()
        wallet.doors.switch(DoorSwitch(number=7, name=DOOR, enabled=True))
        assert agent.receive()[0] == DoorSwitch(number=7, name=DOOR, enabled=True)
        agent.send(Reply(number=7, message="it is open", value=b"more than that", tries_left=3))
        assert await wallet.heard_of(Reply) == [Reply(number=7, message="it is open")]

    in_wallet(short_dir, test)


def test_where_no_agent_is_a_switch_says_so_and_so_does_one_that_it_leaves_undone(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        wallet.doors.switch(DoorSwitch(number=7, name=DOOR, enabled=True))
        agent = wallet.agent()
        await turns()
        wallet.doors.switch(DoorSwitch(number=8, name=DOOR, enabled=True))
        agent.close()
        await turns()
        replies = [message for message, _ in wallet.heard() if isinstance(message, Reply)]
        assert [(reply.number, reply.code) for reply in replies] == [(7, "no_agent"), (8, "no_agent")]

    in_wallet(short_dir, test)


def test_the_agent_hears_of_each_router_and_a_router_without_one_that_the_doors_are_off(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        wallet.doors.connect_all()
        states = await wallet.heard_of(DoorState)
        assert {state.name for state in states if isinstance(state, DoorState)} == set(known_doors())
        agent = wallet.agent()
        await turns()
        wallet.doors.connect_all()
        assert agent.receive()[0] == RouterStarted()

    in_wallet(short_dir, test)


@contextmanager
def descriptors() -> Iterator[dict[str, int]]:
    """Descriptors that are no connection to a Router."""
    with ExitStack() as held:
        read, write = os.pipe()
        held.callback(os.close, read)
        held.callback(os.close, write)
        datagram = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        internet = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        unconnected = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        sockets = {"a datagram socket": datagram, "of the net": internet, "connected to nobody": unconnected}
        yield {"a pipe": read, **{name: sock.fileno() for name, sock in sockets.items()}}


@pytest.mark.attack(267)
@pytest.mark.parametrize(
    "said",
    [
        Reply(number=3, message="of the vault"),
        DoorState(name="another", title="Your bank", enabled=True, state="open"),
        Ended(role=Role.DOOR, name="another", reason="x"),
        Ended(role=Role.DIALOG, name="dialog", reason="x"),
    ],
    ids=["a reply to what it was not asked", "a door that there is not", "its end", "the end of another part"],
)
def test_an_agent_that_says_what_none_may_say_has_left(short_dir: Path, said: FromAgent) -> None:
    async def test(wallet: Wallet) -> None:
        agent = wallet.agent()
        agent.send(said)
        await turns()
        assert is_gone(agent)
        assert [message for message, _ in wallet.heard() if not isinstance(message, DoorState)] == []
        wallet.agent().send(DoorState(name=DOOR, title="", enabled=True, state="open", detail="of the next one"))
        await turns()
        assert "of the next one" in str(wallet.heard())

    in_wallet(short_dir, test)


@pytest.mark.attack(267)
@pytest.mark.parametrize("role", [Role.DIALOG, Role.EXTENSION, Role.NATIVE])
def test_it_connects_nothing_in_the_place_of_another_part(short_dir: Path, role: Role) -> None:
    async def test(wallet: Wallet) -> None:
        agent = wallet.agent()
        _, theirs = wallet.pair()
        agent.send(Connected(role=role, name=DOOR), theirs.fileno())
        await turns()
        assert is_gone(agent)
        assert [message for message, _ in wallet.heard() if isinstance(message, Connected)] == []

    in_wallet(short_dir, test)


@pytest.mark.attack(267)
def test_a_descriptor_that_is_no_connection_reaches_no_router(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        with descriptors() as given:
            for name, descriptor in given.items():
                agent = wallet.agent()
                agent.send(Connected(role=Role.DOOR, name=DOOR), descriptor)
                await turns()
                assert is_gone(agent), name
        assert [message for message, _ in wallet.heard() if isinstance(message, Connected)] == []

    in_wallet(short_dir, test)


@pytest.mark.attack(267)
def test_whom_a_door_may_speak_for_is_not_the_agents_to_say(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        agent = wallet.agent()
        _, theirs = wallet.pair()
        agent.send(Connected(role=Role.DOOR, name=DOOR, asserts=Namespace.WEB), theirs.fileno())
        assert await wallet.heard_of(Connected) == [Connected(role=Role.DOOR, name=DOOR)]

    in_wallet(short_dir, test)


@pytest.mark.attack(267)
def test_connections_without_end_are_not_made_by_agents_one_after_another_either(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        made = 0
        for _ in range(2):
            agent = wallet.agent()
            for _ in range(MAX_CONNECTIONS):
                ours, theirs = stream_pair()
                with ours, theirs, suppress(LinkClosed):
                    agent.send(Connected(role=Role.DOOR, name=DOOR), theirs.fileno())
                await asyncio.sleep(0)
                made += sum(isinstance(message, Connected) for message, _ in wallet.heard())
            await turns()
            made += sum(isinstance(message, Connected) for message, _ in wallet.heard())
            agent.close()
            await turns()
        assert made == MAX_CONNECTIONS
        wallet.doors.connect_all()  # a new Router
        agent = wallet.agent()
        _, theirs = wallet.pair()
        agent.send(Connected(role=Role.DOOR, name=DOOR), theirs.fileno())
        assert len(await wallet.heard_of(Connected)) == 1

    in_wallet(short_dir, test)


def test_where_a_dialog_is_shown_the_agent_is_asked_and_its_connection_comes_here(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        told: list[tuple[Shown, int | None]] = []
        assert not wallet.doors.show(lambda *shown: told.append(shown))
        agent = wallet.agent()
        await turns()
        for answer in (OnX11(display=":7", cookie=b"c" * 16), OnNothing()):
            assert wallet.doors.show(lambda *shown: told.append(shown))
            assert agent.receive()[0] == DisplayWanted()
            agent.send(answer)
            await turns()
            assert told.pop() == (answer, None)
        assert wallet.doors.show(lambda *shown: told.append(shown))
        ours, theirs = wallet.pair()
        agent.send(OnWayland(), theirs.fileno())
        await turns()
        ((shown, descriptor),) = told
        assert shown == OnWayland()
        assert descriptor is not None
        ours.send(b"through")
        assert wallet.kept(socket.socket(fileno=descriptor)).recv(10) == b"through"

    in_wallet(short_dir, test)


def test_a_dialog_that_is_started_anew_meanwhile_takes_the_answer_that_is_due(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        first: list[Shown] = []
        second: list[Shown] = []
        agent = wallet.agent()
        await turns()
        assert wallet.doors.show(lambda shown, _: first.append(shown))
        assert wallet.doors.show(lambda shown, _: second.append(shown))
        assert agent.receive()[0] == DisplayWanted()
        agent.send(OnNothing())
        await turns()
        assert (first, second) == ([], [OnNothing()])
        assert not is_gone(agent)

    in_wallet(short_dir, test)


def test_an_agent_that_goes_before_it_has_said_where_is_none_that_shows_it(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        told: list[tuple[Shown, int | None]] = []
        agent = wallet.agent()
        await turns()
        assert wallet.doors.show(lambda *shown: told.append(shown))
        agent.close()
        await turns()
        assert told == [(OnNothing(), None)]

    in_wallet(short_dir, test)


@pytest.mark.attack(267)
def test_a_display_that_nobody_asked_for_is_none(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        for said in (OnX11(display=":7"), OnNothing()):
            agent = wallet.agent()
            agent.send(said)
            await turns()
            assert is_gone(agent), said

    in_wallet(short_dir, test)


@pytest.mark.attack(267)
@pytest.mark.parametrize("name", [":7 --test-profile", "evil.example:0", "--script", ":7\n"])
def test_a_display_has_the_name_of_one(short_dir: Path, name: str) -> None:
    async def test(wallet: Wallet) -> None:
        told: list[tuple[Shown, int | None]] = []
        agent = wallet.agent()
        await turns()
        assert wallet.doors.show(lambda *shown: told.append(shown))
        assert agent.receive()[0] == DisplayWanted()
        agent.send(OnX11(display=name))
        await turns()
        assert is_gone(agent)
        assert told == [(OnNothing(), None)]

    in_wallet(short_dir, test)


def test_a_second_agent_is_sent_away_while_one_attends(short_dir: Path) -> None:
    async def test(wallet: Wallet) -> None:
        first, second = wallet.agent(), wallet.agent()
        await turns()
        assert (is_gone(first), is_gone(second)) == (False, True)

    in_wallet(short_dir, test)


def test_the_agent_opens_what_its_person_wanted_and_closes_all_with_the_wallet(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real agent with a real door, which has no Router that answers."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_dir))
    monkeypatch.delenv("ETUI_HOME", raising=False)
    home = short_dir / "home"
    home.mkdir()

    async def test(wallet: Wallet) -> None:
        attending = asyncio.ensure_future(Agent(home, wallet.agent()).run())
        await turns()
        wallet.doors.switch(DoorSwitch(number=1, name=DOOR, enabled=True))
        connected = await wallet.heard_of(Connected)
        assert connected == [Connected(role=Role.DOOR, name=DOOR)]
        assert DOOR in (home / "settings.json").read_text()
        wallet.doors.connect_all()
        assert await wallet.heard_of(Connected) == connected
        wallet.doors.close_all()
        async with asyncio.timeout(PATIENCE_S):
            await attending

    in_wallet(short_dir, test)
