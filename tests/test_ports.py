"""Held ports: who serves gets them, again and again, and no other test or connection does."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from tests.ports import HeldPort


def test_who_serves_gets_a_held_port_as_often_as_it_is_started() -> None:
    with HeldPort() as port:
        for _ in range(3):
            with (
                socket.create_server(("127.0.0.1", port.number)) as server,
                socket.create_connection(("127.0.0.1", port.number)) as client,
            ):
                server.accept()[0].close()
                assert client.recv(1) == b""
    with socket.socket() as other, pytest.raises(OSError, match="in use"), HeldPort() as held:
        other.bind(("127.0.0.1", held.number))


def test_held_ports_differ_and_are_none_that_the_system_gives_out() -> None:
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split())
    held = [HeldPort() for _ in range(50)]
    numbers = {port.number for port in held}
    for port in held:
        port.release()
    assert len(numbers) == len(held)
    assert numbers.isdisjoint(range(first, last + 1))
