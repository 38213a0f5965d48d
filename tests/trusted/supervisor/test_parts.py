"""Parts in units: started over a socket, and ended with the connection, whatever they do.

In the place of systemd the test holds each unit's socket, and hands it over as sd_listen_fds(3) says.
"""

from __future__ import annotations

import os
import pwd
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.processes import descendants

from etui.sealing import ChannelKey
from etui.trusted.control import Link, Reply, ToVault, VaultAsk, VaultOperation
from etui.trusted.sandbox import Confinement, python_runtime
from etui.trusted.supervisor.children import Running
from etui.trusted.supervisor.unit import CONFINE
from etui.trusted.supervisor.units import Begin, ConfinedUnit, Unit, Units

WAIT_S = 60
ME = pwd.getpwuid(os.getuid()).pw_name

StartUnit = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start_unit(short_dir: Path) -> Iterator[StartUnit]:
    """Starts what stands in a unit, with its listening socket."""
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, module: str, *fixed: str, owner: str = ME) -> subprocess.Popen[bytes]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(str(short_dir / name))
            listener.listen()
            hand = 'exec env LISTEN_FDS=1 LISTEN_PID=$$ "$@" 3<&0 </dev/null'
            words = [sys.executable, "-I", "-m", "etui.trusted.supervisor.unit", module, "--for", owner, "--", *fixed]
            started.append(subprocess.Popen(["sh", "-c", hand, "sh", *words], stdin=listener.fileno()))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait(WAIT_S)


def start_vault(units: Units) -> tuple[Running, Link[ToVault, Reply]]:
    ours, theirs = Link.pair()
    ours.settimeout(WAIT_S)
    with theirs:
        return units.start("etui.trusted.vault", (), {"--fd": theirs}), Link(ours, Reply)


def is_readable(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


def ask(link: Link[ToVault, Reply]) -> Reply:
    link.send(VaultAsk(number=7, operation=VaultOperation.PUBLIC))
    return link.receive()[0]


def test_a_part_has_its_channel_and_ends_when_it_is_told_to(short_dir: Path, start_unit: StartUnit) -> None:
    process = start_unit("vault", "etui.trusted.vault", "--directory", str(short_dir / "kept"))
    vault, link = start_vault(Units(short_dir))
    assert len(ask(link).value) == 32
    assert not is_readable(vault.pidfd)
    vault.kill()
    assert process.wait(WAIT_S) == -9
    assert vault.pidfd == -1
    vault.kill()  # again is nothing
    link.close()


def test_its_end_is_seen(short_dir: Path, start_unit: StartUnit) -> None:
    process = start_unit("vault", "etui.trusted.vault", "--directory", str(short_dir / "kept"))
    vault, link = start_vault(Units(short_dir))
    ask(link)
    process.kill()
    assert select.select([vault.pidfd], [], [], WAIT_S)[0]
    vault.kill()
    link.close()


def test_it_ends_with_who_started_it(short_dir: Path, start_unit: StartUnit) -> None:
    """As at a ``kill -9`` of the supervisor, also where something keeps the part's channel open."""
    process = start_unit("vault", "etui.trusted.vault", "--directory", str(short_dir / "kept"))
    vault, link = start_vault(Units(short_dir))
    ask(link)
    assert isinstance(vault, Unit)
    vault.close()
    assert process.wait(WAIT_S) == -9
    link.close()


def test_one_that_was_given_up_before_it_began_does_not_begin(short_dir: Path, start_unit: StartUnit) -> None:
    process = start_unit("vault", "etui.trusted.vault", "--directory", str(short_dir / "kept"))
    vault, link = start_vault(Units(short_dir))
    assert isinstance(vault, Unit)
    vault.close()
    assert process.wait(WAIT_S) in {1, -9}
    link.close()


def test_what_stands_in_the_unit_counts_before_what_is_sent(short_dir: Path, start_unit: StartUnit) -> None:
    start_unit("vault", "etui.trusted.vault", "--directory", str(short_dir / "kept"))
    ours, theirs = Link.pair()
    ours.settimeout(WAIT_S)
    with theirs:
        arguments = ("--directory", str(short_dir / "elsewhere"))
        vault = Units(short_dir).start("etui.trusted.vault", arguments, {"--fd": theirs})
    link: Link[ToVault, Reply] = Link(ours, Reply)
    own, public = ChannelKey(), ask(link).value
    sealed = own.seal_to(public, b"a passphrase of the test", "vault.passphrase")
    link.send(
        VaultAsk(number=8, operation=VaultOperation.CREATE, sealed=sealed, dialog_key=own.public, profile="of-a-test")
    )
    assert not link.receive()[0].code
    assert (short_dir / "kept" / "slots.json").exists()
    assert not (short_dir / "elsewhere").exists()
    vault.kill()
    link.close()


def test_a_stranger_starts_nothing(short_dir: Path, start_unit: StartUnit) -> None:
    process = start_unit("vault", "etui.trusted.vault", "--directory", str(short_dir / "kept"), owner="nobody")
    vault, link = start_vault(Units(short_dir))
    assert process.wait(WAIT_S) == 1
    assert select.select([vault.pidfd], [], [], WAIT_S)[0]
    vault.kill()
    link.close()


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"options":[],"arguments":[],"more":1}'])
def test_what_is_no_beginning_begins_nothing(short_dir: Path, start_unit: StartUnit, text: bytes) -> None:
    process = start_unit("vault", "etui.trusted.vault", "--directory", str(short_dir / "kept"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
        stranger.connect(str(short_dir / "vault"))
        stranger.send(text)
        assert process.wait(WAIT_S) == 1


def test_where_no_unit_listens_a_start_says_so(short_dir: Path) -> None:
    with pytest.raises(OSError, match="systemctl status"):
        Unit(short_dir / "vault", Begin((), ()), ())


def confined(short_dir: Path, code: str) -> tuple[ConfinedUnit, socket.socket, int]:
    ours, theirs = socket.socketpair()
    ours.settimeout(WAIT_S)
    key, key_end = os.pipe()
    log, log_end = os.pipe()
    asked = Confinement(argv=(sys.executable, "-I", "-S", "-B", "-c", code), code=python_runtime())
    with theirs:
        process = Units(short_dir).confine(asked, channel=theirs.fileno(), key=key, log=log_end)
    for descriptor in (key, key_end, log_end):
        os.close(descriptor)
    return process, ours, log


def test_an_extension_runs_in_a_unit_and_its_status_is_told(short_dir: Path, start_unit: StartUnit) -> None:
    start_unit("extension", CONFINE)
    process, channel, log = confined(short_dir, "import os; os.write(3, b'here'); os.write(2, b'said'); os._exit(7)")
    assert channel.recv(100) == b"here"
    assert os.read(log, 100) == b"said"
    assert select.select([process], [], [], WAIT_S)[0]
    process.kill()
    assert process.wait(WAIT_S) == 7
    process.close()
    channel.close()
    os.close(log)


def test_an_extension_that_does_not_end_is_ended_with_all_that_is_inside(
    short_dir: Path, start_unit: StartUnit
) -> None:
    unit = start_unit("extension", CONFINE)
    process, channel, log = confined(short_dir, "import os, time; os.write(3, b'here'); time.sleep(600)")
    assert channel.recv(100) == b"here"
    inside = descendants(unit.pid)
    assert inside
    process.kill()
    assert process.wait(WAIT_S) == 128 + 9
    assert unit.wait(WAIT_S) == -9
    assert channel.recv(100) == b""  # nobody has the other end
    process.close()
    channel.close()
    os.close(log)


def test_what_cannot_be_confined_says_why_in_its_log(short_dir: Path, start_unit: StartUnit) -> None:
    unit = start_unit("extension", CONFINE)
    process, channel, log = confined(short_dir, "\0")
    assert b"cannot be confined" in os.read(log, 1000)
    assert unit.wait(WAIT_S) == 1
    process.kill()
    process.close()
    channel.close()
    os.close(log)
