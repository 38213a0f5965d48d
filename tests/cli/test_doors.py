"""Doors, opened and closed, and who served before."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.etui import WAIT_S, done, etui, told, wait_until

from etui.cli.bus import SECRETS, serving
from etui.testkit import TestWallet, private_bus

_HOLDER = """
import asyncio
from dbus_fast import NameFlag
from dbus_fast.aio import MessageBus

async def hold():
    bus = await MessageBus().connect()
    await bus.request_name("org.freedesktop.secrets", NameFlag.ALLOW_REPLACEMENT)
    print("serves", flush=True)
    await bus.wait_for_disconnect()

asyncio.run(hold())
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
def keyring(short_dir: Path, bus: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """gnome-keyring, unlocked, which serves the name on this bus and keeps its files in a folder of this test's own."""
    if shutil.which("gnome-keyring-daemon") is None:
        pytest.skip("needs package gnome-keyring")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus)
    own = short_dir / "keyring"
    own.mkdir(mode=0o700)
    folders = {"HOME": str(own), "XDG_DATA_HOME": str(own / "data"), "XDG_RUNTIME_DIR": str(own)}
    with subprocess.Popen(
        ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets", f"--control-directory={own}/c"],
        env={**os.environ, **folders},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"keyring\n")
        process.stdin.close()
        wait_until(lambda: serving(SECRETS) is not None)
        try:
            yield process
        finally:
            process.terminate()


def rows(wallet: TestWallet, *more: str) -> list[dict[str, Any]]:
    """How the door of the Secret Service stands."""
    return [row for row in told(wallet, "door", *more) if row["door"] == "secret-service"]


def states(wallet: TestWallet, *more: str) -> list[str]:
    return [row["state"] for row in rows(wallet, *more)]


def test_a_door_is_closed_until_it_is_opened_and_says_who_served_before(wallet: TestWallet) -> None:
    assert states(wallet) == ["off"]
    result = etui(wallet, "door", "enable", "secret-service")
    assert result.returncode == 0, result.stderr
    assert "served by nobody now" in result.stderr
    assert states(wallet, "list") == ["open"]
    closed = done(wallet, "door", "disable", "secret-service")
    assert f"{SECRETS} is given back, and nobody serves it now" in closed
    assert "starts" not in closed
    assert states(wallet) == ["off"]


def test_the_user_is_asked_before_a_door_is_opened(wallet: TestWallet) -> None:
    wallet.user.refuses(action_contains="open the door")
    assert etui(wallet, "door", "enable", "secret_service").returncode == 7
    assert states(wallet) == ["off"]


def test_the_door_waits_for_who_keeps_the_name_says_how_to_end_it_and_has_the_name_when_it_ends(
    wallet: TestWallet, keeper: subprocess.Popen[str]
) -> None:
    result = etui(wallet, "door", "enable", "secret-service")
    assert result.returncode == 1
    holder = f"is served by {Path(sys.executable).resolve()} (process {keeper.pid})"
    assert f"is enabled, and waits: {SECRETS} {holder}" in result.stderr
    assert "`etui door enable secret-service --take-over` ends it" in result.stderr
    (row,) = rows(wallet)
    assert (row["state"], row["detail"]) == ("waiting", f"it waits, since this {holder}")

    keeper.terminate()
    keeper.wait(WAIT_S)
    wait_until(lambda: states(wallet) == ["open"])
    now = serving(SECRETS)
    assert now is not None
    assert f"PPid:\t{wallet.pid}\n" in Path(f"/proc/{now.pid}/status").read_text()
    assert done(wallet, "door", "enable", "secret-service").startswith("The door secret-service is open")


@pytest.fixture
def holder(bus: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """A program that serves the name, lets go of it, and waits to have it back."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus)
    yield from _serves_by("ALLOW_REPLACEMENT")


@pytest.fixture
def keeper(bus: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """A program that serves the name and does not give it up."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus)
    yield from _serves_by("NONE")


def _serves_by(flag: str) -> Iterator[subprocess.Popen[str]]:
    program = _HOLDER.replace("ALLOW_REPLACEMENT", flag)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "serves\n"
        try:
            yield process
        finally:
            process.terminate()


def test_the_door_takes_over_from_who_lets_go_and_gives_back_when_it_is_closed(
    wallet: TestWallet, holder: subprocess.Popen[str]
) -> None:
    result = etui(wallet, "door", "enable", "secret-service")
    assert result.returncode == 0, result.stderr
    assert f"is served by {Path(sys.executable).resolve()} (process {holder.pid}) now" in result.stderr
    now = serving(SECRETS)
    assert now is not None
    assert now.pid != holder.pid

    closed = done(wallet, "door", "disable", "secret-service")
    again = serving(SECRETS)
    assert again is not None
    assert again.pid == holder.pid
    assert f"is given back: {again} serves it now." in closed


def test_programs_are_told_who_served_before_and_who_serves_again(
    wallet: TestWallet, holder: subprocess.Popen[str]
) -> None:
    before = f"{Path(sys.executable).resolve()} (process {holder.pid})"
    enabled = told(wallet, "door", "enable", "secret-service")
    assert enabled == {"detail": "it is open", "served_by": before, "files": []}
    assert told(wallet, "door", "disable", "secret-service")["served_by"] == before
    assert told(wallet, "door", "enable", "ssh-agent")["served_by"] is None


def test_after_a_taking_over_the_bus_starts_who_is_meant_for_the_name_when_the_door_is_closed(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a bus that was told of gnome-keyring by a file of services, as that of a desktop is."""
    daemon = shutil.which("gnome-keyring-daemon")
    if daemon is None or shutil.which("dbus-daemon") is None:
        pytest.skip("needs package gnome-keyring")
    services, own, folder = short_dir / "services", short_dir / "keyring", short_dir / "w"
    for made in (services, own, folder):
        made.mkdir(mode=0o700)
    command = f"{daemon} --foreground --components=secrets --control-directory={own}/c"
    command = f"/usr/bin/env HOME={own} XDG_DATA_HOME={own}/data XDG_RUNTIME_DIR={own} {command}"
    (services / f"{SECRETS}.service").write_text(f"[D-BUS Service]\nName={SECRETS}\nExec={command}\n")
    with private_bus(short_dir, services=services) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        with TestWallet(folder, environ={"DBUS_SESSION_BUS_ADDRESS": bus.address}) as wallet:
            wallet.create()
            wallet.user.approves()
            ask = ["dbus-send", "--print-reply", f"--dest={SECRETS}", "/", "org.freedesktop.DBus.Peer.Ping"]
            subprocess.run(ask, check=True, capture_output=True)
            first = serving(SECRETS)
            assert first is not None
            assert Path(first.program) == Path(daemon).resolve()
            done(wallet, "door", "enable", "secret-service", "--take-over")
            closed = done(wallet, "door", "disable", "secret-service")
            assert serving(SECRETS) is None
            assert "is given back: the bus starts who is meant for it when a program next asks." in closed
            subprocess.run(ask, check=True, capture_output=True)
            again = serving(SECRETS)
            assert again is not None
            assert (again.program, again.pid != first.pid) == (first.program, True)
            os.kill(again.pid, signal.SIGTERM)


def test_the_door_takes_over_from_gnome_keyring_which_keeps_what_it_has(
    wallet: TestWallet, keyring: subprocess.Popen[bytes]
) -> None:
    result = etui(wallet, "door", "enable", "secret-service")
    assert result.returncode == 0, result.stderr
    assert f"(process {keyring.pid}) is told to end" in result.stderr
    assert keyring.wait(WAIT_S) in {0, -signal.SIGTERM}
    assert states(wallet) == ["open"]
    now = serving(SECRETS)
    assert now is not None
    assert f"PPid:\t{wallet.pid}\n" in Path(f"/proc/{now.pid}/status").read_text()


@pytest.mark.usefixtures("keeper")
def test_a_door_that_took_over_is_told_as_open(wallet: TestWallet) -> None:
    enabled = told(wallet, "door", "enable", "secret-service", "--take-over")
    assert enabled["detail"] == "it is open"
    assert "(process " in enabled["served_by"]


def test_no_program_is_ended_where_the_user_says_no(wallet: TestWallet, keyring: subprocess.Popen[bytes]) -> None:
    wallet.user.refuses(action_contains="open the door")
    assert etui(wallet, "door", "enable", "secret-service", "--take-over").returncode == 7
    assert keyring.poll() is None


def test_a_door_that_there_is_not_is_a_usage_error(wallet: TestWallet) -> None:
    assert etui(wallet, "door", "enable", "backdoor").returncode == 2


def test_nobody_is_asked_about_a_door_that_there_is_not(wallet: TestWallet) -> None:
    result = etui(wallet, "door", "enable", "nosuch")
    assert result.returncode == 2
    assert (
        "there is no door 'nosuch'; those that there are: browser, contactless, portal, secret-service, ssh-agent"
        in result.stderr
    )
    assert wallet.user.asked() == []


def test_the_ssh_agent_says_what_to_put_where_programs_look_for_it_and_takes_nothing_else(wallet: TestWallet) -> None:
    said = done(wallet, "door", "enable", "ssh-agent")
    path = wallet.socket.with_name("ssh-agent")
    assert f"Programs find it by: export SSH_AUTH_SOCK={path}" in said
    assert f"SSH_AUTH_SOCK={path} in ~/.config/environment.d/etui.conf" in said
    assert "Nothing of this was changed" in said
    assert path.is_socket()
    line = next(line for line in said.splitlines() if "export" in line).partition(": ")[2]
    told = subprocess.run(["sh", "-c", f"{line}; ssh-add -l"], capture_output=True, text=True, check=False)
    assert "no identities" in told.stdout, told.stderr
    config = wallet.folder / "ssh_config"
    setting = next(line for line in said.splitlines() if "IdentityAgent" in line).partition("IdentityAgent")[2]
    config.write_text(f"Host *\n  IdentityAgent{setting.partition(' in ')[0]}\n", encoding="utf-8")
    read = subprocess.run(["ssh", "-F", config, "-G", "host.example"], capture_output=True, text=True, check=True)
    assert f"identityagent {path}\n" in read.stdout
    assert states(wallet) == ["off"]
    done(wallet, "door", "disable", "ssh-agent")
    assert not path.exists()
