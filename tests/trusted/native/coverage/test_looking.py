"""Whether there is a network, in namespaces that have one, lose it and get it back; and what the kernel might say."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.interfaces.coverage_1 import LookResult
from etui.interfaces.wallet_1 import Register
from etui.protocol import MessageKind, decode_message, encode_call, encode_notification
from etui.trusted.native.coverage.netlink import (
    MalformedError,
    ask_link,
    ask_route,
    interface_of,
    leads_out,
    messages,
)

_SRC = Path(__file__).parents[4] / "src"
_WAIT_S = 60
_SEEN = {
    "nothing": False,
    "loopback": False,
    "neighbours": False,
    "routed": True,
    "carrier-lost": False,
    "carrier-back": True,
    "unreachable": False,
    "by-rule": True,
    "cut": False,
    "version-6": True,
    "down": False,
}


def apart(*command: str) -> list[str]:
    """A command in a network namespace of its own; skips where none can be had."""
    if shutil.which("ip") is None:
        pytest.skip("needs package iproute2")
    alone = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("namespaces of one's own are not to be had here")
    return [*alone, *command]


def test_a_network_that_is_cut_in_any_way_is_no_coverage() -> None:
    command = apart(sys.executable, str(Path(__file__).with_name("cut.py")))
    environ = os.environ | {"PYTHONPATH": str(_SRC)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert dict(line.split() for line in done.stdout.splitlines()) == {name: str(is_) for name, is_ in _SEEN.items()}


def test_the_process_registers_answers_and_ends_with_its_channel() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = apart(sys.executable, "-m", "etui.trusted.native.coverage", "--fd", str(theirs.fileno()))
        process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], env=os.environ | {"PYTHONPATH": str(_SRC)}, stderr=subprocess.PIPE
        )
        theirs.close()
        ours.settimeout(_WAIT_S)
        lines = ours.makefile("rb")
        registered = decode_message(lines.readline().rstrip(b"\n"))
        assert registered.method == Register.METHOD
        assert msgspec.json.decode(registered.params, type=Register).provides == ["coverage/1"]
        ours.sendall(encode_notification("cancel", b'{"id": 9}'))
        ours.sendall(
            encode_call(1, b'"coverage/1.look"', b"{}", b"{}") + encode_call(2, b'"coverage/1.other"', b"{}", b"{}")
        )
        looked, other = (decode_message(lines.readline().rstrip(b"\n")) for _ in range(2))
        assert not isinstance(looked.result, msgspec.UnsetType)
        assert msgspec.json.decode(looked.result, type=LookResult).covered is False
        assert other.kind is MessageKind.ERROR
        lines.close()
        ours.close()
        assert process.wait(_WAIT_S) == 0
        assert process.stderr is not None
        process.stderr.close()


@given(st.binary(max_size=200))
def test_bytes_of_anybody_are_an_answer_or_refused(data: bytes) -> None:
    with contextlib.suppress(MalformedError):
        for _, _, body in messages(data):
            with contextlib.suppress(MalformedError):
                interface_of(body)
            with contextlib.suppress(MalformedError):
                leads_out(body)


def test_questions_are_as_the_kernel_reads_them() -> None:
    (asked,) = messages(ask_route(socket.AF_INET, bytes([198, 41, 0, 4]), 7))
    assert asked == (
        26,
        7,
        bytes([2, 32, 0, 0, 0, 0, 0, 0]) + bytes(4) + struct.pack("=HH", 8, 1) + b"\xc6\x29\x00\x04",
    )
    (asked,) = messages(ask_link(3, 8))
    assert asked == (18, 8, struct.pack("=BxHiII", 0, 0, 3, 0, 0))


def test_a_route_to_this_machine_itself_leads_nowhere() -> None:
    by_interface = struct.pack("=HHI", 8, 4, 3)
    for kind, index in ((1, 3), (2, None), (6, None), (7, None)):
        route = struct.pack("=BBBBBBBBI", socket.AF_INET, 32, 0, 0, 254, 0, 0, kind, 0)
        assert interface_of(route + by_interface) == index
        assert interface_of(route) is None
