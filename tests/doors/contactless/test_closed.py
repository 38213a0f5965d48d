"""Who reaches the virtual reader's port, by what the kernel says."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from etui.doors.contactless.closed import Reach, reach_of

_HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
_DEVICES = "Inter-|   Receive\n face |bytes\n"
_SELF = Path("/proc/self/net")
_PORT = 0x8C7B


def net(folder: Path, rows: str, devices: str, *, six: str = "") -> Path:
    (folder / "tcp").write_text(_HEAD + rows)
    (folder / "tcp6").write_text(_HEAD + six)
    (folder / "dev").write_text(_DEVICES + devices)
    return folder


def row(address: str, state: str = "0A") -> str:
    return f"   0: {address}:8C7B 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 1\n"


_LO = "    lo: 1 2\n"
_WAN = _LO + "  eth0: 1 2\n"
_ANY_6, _ONE_6 = "0" * 32, "0" * 24 + "01000000"


@pytest.mark.parametrize(
    ("rows", "six", "devices", "reach"),
    [
        (row("00000000"), "", _WAN, Reach.OUTSIDE),
        (row("0100007F"), "", _WAN, Reach.INSIDE),
        (row("0100A8C0"), "", _WAN, Reach.OUTSIDE),
        (row("0100007F"), row(_ANY_6), _WAN, Reach.OUTSIDE),
        ("", row(_ONE_6), _WAN, Reach.INSIDE),
        (row("00000000"), "", _LO, Reach.INSIDE),
        (row("00000000", "01"), "", _WAN, Reach.NOBODY),
        ("", "", _WAN, Reach.NOBODY),
    ],
)
def test_the_reach_of_a_port_is_by_address_and_interfaces(  # as the cases have them
    tmp_path: Path, rows: str, six: str, devices: str, reach: Reach
) -> None:
    assert reach_of(_PORT, net(tmp_path, rows, devices, six=six)) is reach


@pytest.mark.parametrize(("address", "reach"), [("127.0.0.1", Reach.INSIDE), ("::1", Reach.INSIDE)])
def test_what_the_kernel_says_is_read_as_it_writes_it(address: str, reach: Reach) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        listener = socket.create_server((address, 0), family=family)
    except OSError:
        pytest.skip(f"this machine has no {address}")
    with listener:
        assert reach_of(listener.getsockname()[1], _SELF) is reach


def test_a_port_of_another_is_none_of_ours(tmp_path: Path) -> None:
    assert reach_of(1, net(tmp_path, row("00000000"), _WAN)) is Reach.NOBODY
