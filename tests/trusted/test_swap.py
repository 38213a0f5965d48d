"""Where memory is swapped to a disk in the clear, ``etui status`` says so."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import pytest

from etui.interfaces import wallet_1 as wallet
from etui.sdk import Client
from etui.trusted.control import Link
from etui.trusted.profile import Profile
from etui.trusted.sandbox.bubblewrap import installed
from etui.trusted.swap import swap_in_the_clear

HEADER: Final = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
DISK: Final = "/dev/sda3                               partition\t8388604\t\t0\t\t-2\n"
FILE: Final = "/swap.img                               file\t\t2097148\t\t512\t\t-3\n"
ZRAM: Final = "/dev/zram0                              partition\t4194300\t\t0\t\t100\n"
MAPPED: Final = "/dev/dm-1                               partition\t4194300\t\t0\t\t-2\n"


@pytest.fixture
def swaps(tmp_path: Path) -> Path:
    return tmp_path / "swaps"


@pytest.mark.parametrize(
    ("table", "clear"),
    [
        ("", ()),
        (HEADER, ()),
        (HEADER + DISK, ("/dev/sda3",)),
        (HEADER + ZRAM, ()),
        (HEADER + ZRAM + FILE + DISK, ("/swap.img", "/dev/sda3")),
    ],
)
def test_disks_and_files_are_told_and_memory_is_not(swaps: Path, table: str, clear: tuple[str, ...]) -> None:
    swaps.write_text(table, encoding="utf-8")
    assert swap_in_the_clear(swaps) == clear


@pytest.mark.parametrize(
    ("uuid", "clear"),
    [("CRYPT-PLAIN-swap\n", ()), ("CRYPT-LUKS2-1234-swap\n", ()), ("LVM-abcd\n", ("/dev/dm-1",))],
)
def test_what_dm_crypt_encrypts_is_not_told(swaps: Path, tmp_path: Path, uuid: str, clear: tuple[str, ...]) -> None:
    swaps.write_text(HEADER + MAPPED, encoding="utf-8")
    (tmp_path / "dm-1/dm").mkdir(parents=True)
    (tmp_path / "dm-1/dm/uuid").write_text(uuid, encoding="utf-8")
    assert swap_in_the_clear(swaps, tmp_path) == clear


def test_a_kernel_without_swap_has_none(tmp_path: Path) -> None:
    assert swap_in_the_clear(tmp_path / "missing") == ()


@contextmanager
def router(folder: Path, swaps: Path) -> Iterator[Path]:
    """The socket of a Router to which the kernel seems to say this of its swap."""
    home, path = folder / "home", folder / "router"
    home.mkdir()
    (home / "profile.json").write_bytes(msgspec.json.encode(Profile(id="swapping")))
    control, theirs = Link.pair()
    with control, theirs, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        command = [str(installed()[0]), "--dev-bind", "/", "/", "--ro-bind", str(swaps), "/proc/swaps", sys.executable]
        command += ["-m", "etui.trusted.router", "--home", str(home)]
        command += ["--control", str(theirs.fileno()), "--listen", str(listener.fileno())]
        descriptors = (theirs.fileno(), listener.fileno())
        with subprocess.Popen(command, pass_fds=descriptors) as process:
            theirs.close()
            listener.close()
            try:
                yield path
            finally:
                control.close()  # at which it ends
                process.wait(60)


@pytest.mark.parametrize("table", [HEADER, HEADER + DISK])
def test_the_routers_status_says_what_may_be_written_there(short_dir: Path, swaps: Path, table: str) -> None:
    swaps.write_text(table, encoding="utf-8")
    with router(short_dir, swaps) as path, Client.connect(path) as client:
        notes = client.call(wallet.Status()).notes
    told = [note for note in notes if note.startswith("this machine swaps to /dev/sda3: what Extensions, doors, ")]
    assert len(told) == (table != HEADER)
