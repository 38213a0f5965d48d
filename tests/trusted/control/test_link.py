"""A control channel: what is no message ends it, and no descriptor is left behind."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest
from tests.fuzz.surface import descriptors

from etui.trusted.control import (
    Connected,
    FromRouter,
    Keys,
    Link,
    LinkClosed,
    Reply,
    Role,
    ToRouter,
    ToVault,
)

NONE = {
    "no JSON": b"{",
    "no UTF-8": b'{"type":"lock_now","reason":"\xff"}',
    "nested beyond any stack": b'{"type":"keys","x":' + b"[" * 60_000 + b"]" * 60_000 + b"}",
    "no message of this direction": b'{"type":"vault","number":1,"operation":"public"}',
    "a number that cannot be sent back": b'{"type":"reply","number":9007199254740992}',
    "a number below zero": b'{"type":"reply","number":-1}',
    "cut off": b'{"type":"lock_now","reason":"' + b"x" * (129 << 10) + b'"}',
}


@pytest.fixture
def ends() -> Iterator[tuple[Link[ToVault, ToRouter], socket.socket]]:
    ours, theirs = Link.pair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    with ours, theirs:
        yield Link(ours, ToRouter), theirs


@pytest.mark.attack(48)
@pytest.mark.parametrize("carried", [False, True])
@pytest.mark.parametrize("what", NONE)
def test_what_is_no_message_closes_the_channel_and_its_descriptor(
    ends: tuple[Link[ToVault, ToRouter], socket.socket], what: str, *, carried: bool
) -> None:
    link, theirs = ends
    with open(os.devnull, "rb") as null:  # noqa: PTH123  # its descriptor is what counts
        socket.send_fds(theirs, [NONE[what]], [null.fileno()] if carried else [])
    held = descriptors(os.getpid())
    with pytest.raises(LinkClosed):
        link.receive()
    assert descriptors(os.getpid()) == held


@pytest.mark.attack(48)
@pytest.mark.parametrize("message", [Reply(number=1), Keys(), Connected(role=Role.DIALOG, name="dialog")])
def test_a_descriptor_comes_with_the_messages_that_carry_one_and_with_no_other(
    ends: tuple[Link[ToVault, ToRouter], socket.socket], message: ToRouter
) -> None:
    link, theirs = ends
    sender: Link[ToRouter, FromRouter] = Link(theirs, FromRouter)
    wrong = None if message.CARRIES else theirs.fileno()
    sender.send(message, theirs.fileno() if message.CARRIES else None)
    received, descriptor = link.receive()
    assert received == message
    assert (descriptor is not None) is message.CARRIES
    if descriptor is not None:
        os.close(descriptor)
    held = descriptors(os.getpid())
    sender.send(message, wrong)
    with pytest.raises(LinkClosed, match="descriptor"):
        link.receive()
    assert descriptors(os.getpid()) == held
