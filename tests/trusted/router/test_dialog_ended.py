"""A dialog that ends, or breaks the protocol, while it is asked: who waits for it is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
import uvloop
from tests.fuzz.router_here import End, RouterHere

from etui.protocol import ErrorCode, Message, encode_notification, encode_request, encode_result
from etui.sealing import ChannelKey
from etui.trusted.control import Role
from etui.trusted.dialog.requests import Hello, Typed

KEY = ChannelKey().public
MANY = 40
"""Answers to what is not asked any more, until the Router ends the connection."""


async def answer(end: End, number: int) -> Message:
    """What answers the request of this number."""
    while (message := await end.receive()) is not None:
        if message.id == number and not message.method:
            return message
    raise AssertionError("the connection ended")


async def asks_twice(folder: Path) -> None:
    """A request that shows two things, of a dialog that answers the first again and again, until it is cut off."""
    here = RouterHere(folder)
    await here.begin()
    try:
        client = await here.client()
        await client.send(encode_request(1, "wallet/1.hello", b'{"versions":[1]}'))
        await answer(client, 1)
        dialog = await here.child(Role.DIALOG, "dialog")
        hello = Hello(key=KEY, display="scripted", sentence="for a test")
        await dialog.send(encode_notification("dialog.hello", msgspec.json.encode(hello)))
        await client.send(encode_request(2, "wallet/1.replace_recovery", b"{}"))
        while (shown := await dialog.receive()) is not None and shown.method != "dialog.show":
            pass
        assert shown is not None
        assert isinstance(shown.id, int)
        typed = encode_result(shown.id, msgspec.json.encode(Typed(sealed=b"a passphrase")))
        await dialog.send(typed * MANY)
        async with asyncio.timeout(30):
            answered = await answer(client, 2)
        assert isinstance(answered.error, msgspec.Struct)
        assert answered.error.code == ErrorCode.NO_DIALOG.value
        await client.close()
        await dialog.close()
    finally:
        await here.end()


async def types_too_much(folder: Path) -> None:
    """A request for a passphrase, which the dialog says is as long as a message may be."""
    here = RouterHere(folder)
    await here.begin()
    try:
        client, dialog = await here.client(), await here.child(Role.DIALOG, "dialog")
        hello = Hello(key=KEY, display="scripted", sentence="for a test")
        await dialog.send(encode_notification("dialog.hello", msgspec.json.encode(hello)))
        await client.send(encode_request(2, "wallet/1.change_pin", b"{}"))
        while (shown := await dialog.receive()) is not None and shown.method != "dialog.show":
            pass
        assert shown is not None
        assert isinstance(shown.id, int)
        typed = {"face": "typed", "sealed": bytes(200_000), "sealed_new": b"12345678"}
        await dialog.send(encode_result(shown.id, msgspec.json.encode(typed)))
        async with asyncio.timeout(30):
            answered = await answer(client, 2)
        assert isinstance(answered.error, msgspec.Struct)
        assert answered.error.code == ErrorCode.NO_DIALOG.value
        await client.close()
        await dialog.close()
    finally:
        await here.end()


@pytest.mark.timeout(120)
def test_what_a_dialog_types_goes_over_the_control_channel_or_nowhere(short_dir: Path) -> None:
    uvloop.run(types_too_much(short_dir))


@pytest.mark.timeout(120)
def test_who_waits_for_a_dialog_that_ended_in_between_is_told(short_dir: Path) -> None:
    uvloop.run(asks_twice(short_dir))
