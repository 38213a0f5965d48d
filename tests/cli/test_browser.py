"""``etui browser``: which browsers are paired, and how one is no more."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import msgspec
import pytest
import uvloop
from tests.trusted.router.browser_door import Profile, Wallet, program

from etui.cli.exits import Exit


async def etui(wallet: Wallet, *words: str) -> tuple[int, str, str]:
    """What ``etui`` ends with and says, on both streams."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "etui.cli", *words),
        env=wallet.environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), errors.decode()


@pytest.mark.timeout(90)
def test_a_paired_browser_is_listed_until_it_is_unpaired(short_dir: Path) -> None:
    async def story() -> None:
        async with asyncio.timeout(60), Wallet.opened(short_dir) as wallet:
            wallet.user.approves(action_contains="pair the browser")
            assert (await etui(wallet, "browser"))[1] == "No browser is paired with this wallet.\n"
            with program(short_dir, "chromium") as chromium:
                door = await wallet.door()
                pairing = await door.pair(await door.host(chromium, os.getuid()), Profile())
            status, out, errors = await etui(wallet, "browser", "list", "--json")
            assert status == Exit.OK, errors
            (row,) = msgspec.json.decode(out)
            assert (row["pairing"], row["name"], row["program"]) == (pairing, "Chromium", f"app:{short_dir}/chromium")
            assert pairing in (await etui(wallet, "browser"))[1]
            approved, made = msgspec.json.decode((await etui(wallet, "audit", "--text", "wallet/1.pair", "--json"))[1])[
                ::-1
            ]
            assert (approved["outcome"], approved["what"]) == (
                "approved",
                "pair the browser “Chromium” with this wallet",
            )
            assert made["what"] == f"“Chromium” is paired as {pairing}: its pages may ask"
            words = "In the words of the question: “pair the browser 'Chromium' with this wallet”."
            assert words in (await etui(wallet, "why", approved["id"]))[1].splitlines()
            _, out, _ = await etui(wallet, "browser", "unpair", pairing)
            assert out == "The browser is paired no more; 0 rights of its pages were taken back.\n"
            ended, *earlier = msgspec.json.decode((await etui(wallet, "audit", "--text", pairing, "--json"))[1])
            assert "“Chromium” is paired no more" in ended["what"]
            assert earlier == [made]
            status, _, errors = await etui(wallet, "browser", "unpair", pairing)
            assert (status, "`etui browser list` lists those that are" in errors) == (Exit.NOT_FOUND, True)

    uvloop.run(story())
