"""Doors, opened and closed, and who served before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.etui import done, etui, told

from etui.testkit import TestWallet

_SERVER = """
import asyncio
from dbus_fast.aio import MessageBus
async def main():
    bus = await MessageBus().connect()
    await bus.request_name("org.freedesktop.secrets")
    print("serving", flush=True)
    await bus.wait_for_disconnect()
asyncio.run(main())
"""


@pytest.fixture
def wallet(short_dir: Path, bus: str) -> Iterator[TestWallet]:
    folder = short_dir / "w"
    folder.mkdir(mode=0o700)
    with TestWallet(folder, environ={"DBUS_SESSION_BUS_ADDRESS": bus}) as started:
        started.create()
        started.user.approves()
        yield started


@pytest.fixture
def another(bus: str) -> Iterator[str]:
    """Another program that serves the name and keeps it; its process id."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", _SERVER],
        env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": bus},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "serving\n"
    yield str(process.pid)
    process.terminate()
    process.communicate()


def test_a_door_is_closed_until_it_is_opened_and_says_who_served_before(wallet: TestWallet) -> None:
    assert [row["state"] for row in told(wallet, "door")] == ["off"]
    result = etui(wallet, "door", "enable", "secret-service")
    assert result.returncode == 0, result.stderr
    assert "served by nobody now" in result.stderr
    assert [row["state"] for row in told(wallet, "door", "list")] == ["open"]
    assert "given back" in done(wallet, "door", "disable", "secret-service")
    assert [row["state"] for row in told(wallet, "door")] == ["off"]


def test_the_user_is_asked_before_a_door_is_opened(wallet: TestWallet) -> None:
    wallet.user.refuses(action_contains="open the door")
    assert etui(wallet, "door", "enable", "secret_service").returncode == 7
    assert [row["state"] for row in told(wallet, "door")] == ["off"]


def test_a_program_that_keeps_the_name_is_named_and_the_door_waits(wallet: TestWallet, another: str) -> None:
    result = etui(wallet, "door", "enable", "secret-service")
    assert result.returncode == 1
    assert f"(process {another})" in result.stderr
    assert "not open" in result.stderr


def test_a_door_that_there_is_not_is_a_usage_error(wallet: TestWallet) -> None:
    assert etui(wallet, "door", "enable", "backdoor").returncode == 2
