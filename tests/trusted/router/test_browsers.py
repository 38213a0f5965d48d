"""Paired browsers at a real Router: who speaks for pages, and who does not; each refusal is on record."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import uvloop
from tests.trusted.router.browser_door import SHOP, Door, Profile, Wallet, program

from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.audit import AuditRecord, Outcome

PAIR = "pair the browser"
UID = os.getuid()
Story: TypeAlias = Callable[[Wallet, Door, Path], Coroutine[Any, Any, None]]


def play(folder: Path, story: Story) -> None:
    """Plays a story in a wallet that is unlocked, with a door to which the namespace is assigned."""

    async def run() -> None:
        async with asyncio.timeout(60), Wallet.opened(folder) as wallet:
            wallet.user.approves(action_contains=PAIR)
            await story(wallet, await wallet.door(), folder)

    uvloop.run(run())


async def refused(asked: Coroutine[Any, Any, object]) -> ProtocolError:
    """The error that answers."""
    with pytest.raises(ProtocolError) as caught:
        await asked
    return caught.value


def denied(wallet: Wallet, method: str) -> AuditRecord:
    """The newest record, of a refusal of this method."""
    newest = wallet.records()[0]
    assert (newest.action, newest.outcome) == (method, Outcome.DENIED)
    return newest


@pytest.mark.timeout(90)
def test_the_pages_of_a_paired_browser_are_clients_of_their_own(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        profile = Profile()
        with program(folder, "chromium") as chromium:
            host = await door.host(chromium, UID)
            pairing = await door.pair(host, profile)
            (asked,) = wallet.user.asked()
            assert asked["asker"] == "chromium"
            assert asked["lead"].endswith("pair the browser “Chromium” with this wallet"), asked
            page = await door.page(host)
            other = await door.page(host, "https://other.example:8443")
            assert (page.client, page.label, page.strength) == (f"web:{SHOP}@{pairing}", "shop.example", "observed")
            assert (other.client, other.label) == (f"web:https://other.example:8443@{pairing}", "other.example:8443")
        with program(folder, "chromium") as later:
            host = await door.host(later, UID)
            await door.prove(host, profile, pairing)
            assert (await door.page(host)).client == page.client
        assert len(wallet.user.asked()) == 1

    play(short_dir, story)


@pytest.mark.attack(176)
@pytest.mark.timeout(90)
def test_who_starts_the_native_host_speaks_for_no_page_before_the_user_says_so(short_dir: Path) -> None:
    async def story(wallet: Wallet, door: Door, folder: Path) -> None:
        wallet.user.refuses(action_contains=PAIR)
        with program(folder, "thief") as thief:
            host = await door.host(thief, UID)
            error = await refused(door.page(host))
            assert error.code is ErrorCode.DENIED
            assert error.why
            assert "proven no pairing" in denied(wallet, "wallet/1.introduce_within").reason
            assert (await refused(door.pair(host, Profile(), quiet=True))).code is ErrorCode.DENIED
            assert "would have had to be asked" in denied(wallet, "wallet/1.pair").reason
            assert not wallet.user.asked()
            codes = [(await refused(door.pair(host, Profile(), name=f"B{n}"))).code for n in range(32)]
            assert codes == [ErrorCode.REFUSED] * 30 + [ErrorCode.NOT_NOW] * 2
            assert (await refused(door.page(host))).code is ErrorCode.DENIED

    play(short_dir, story)
