"""The browsers that are paired, on the Shell's page of programs."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
import uvloop
from tests.shell.conftest import shell_of
from tests.shell.visitor import Visitor
from tests.trusted.router.browser_door import Profile, Wallet, program


def unpairs(wallet: Wallet, pairing: str) -> None:
    """Somebody finds a browser on the page, and unpairs it there."""
    with shell_of(wallet) as link:
        visitor = Visitor(link)
        assert visitor.enter().status == 303
        page = visitor.get("/clients").text
        assert "<h3>Chromium &amp; &lt;b&gt;</h3>" in page
        assert f'name="pairing" value="{pairing}"' in page
        told = visitor.does("/unpair", {"pairing": pairing}, on="/clients")
        assert told == "The browser is paired no more."
        assert pairing not in visitor.get("/clients").text
        assert "no browser is paired" in visitor.does("/unpair", {"pairing": pairing}, on="/clients")


@pytest.mark.timeout(90)
def test_a_browser_is_unpaired_on_the_page_of_programs(short_dir: Path) -> None:
    async def story() -> None:
        async with asyncio.timeout(60), Wallet.opened(short_dir) as wallet:
            wallet.user.approves()
            with program(short_dir, "chromium") as chromium:
                door = await wallet.door()
                host = await door.host(chromium, os.getuid())
                pairing = await door.pair(host, Profile(), name="Chromium & <b>")
                await asyncio.to_thread(unpairs, wallet, pairing)
            assert not wallet.here.router.unlocked().pairings.all()

    uvloop.run(story())
