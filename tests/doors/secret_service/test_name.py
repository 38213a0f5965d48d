"""The name org.freedesktop.secrets, and the life of the process that holds it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from tests.doors.secret_service.conftest import DoorProcess
from tests.doors.secret_service.programs import Program
from tests.doors.secret_service.router_peer import RouterPeer

from etui.standards.secretservice.names import BUS_NAME
from etui.testkit import PrivateBus

ALLOW_REPLACEMENT = 1


def request_name(environ: dict[str, str], flags: int = 0) -> tuple[Any, int]:
    """A connection that asked for the name, and what the bus said."""
    connection = open_dbus_connection(environ["DBUS_SESSION_BUS_ADDRESS"])
    reply = connection.send_and_get_reply(new_method_call(message_bus, "RequestName", "su", (BUS_NAME, flags)))
    return connection, reply.body[0]


def test_the_door_ends_when_its_supervisor_does(door: DoorProcess) -> None:
    assert door.end() == 0


def test_the_door_ends_when_the_bus_does(environ: dict[str, str], router: RouterPeer, session_bus: PrivateBus) -> None:
    door = DoorProcess(environ, router)
    try:
        assert door.report() == "N"
        with Program(environ):
            os.kill(session_bus.pid, signal.SIGKILL)
            assert door.process.wait(20) == 1
    finally:
        door.end()


def test_without_a_bus_the_door_ends(environ: dict[str, str], router: RouterPeer) -> None:
    environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={environ['HOME']}/nothing"
    door = DoorProcess(environ, router)
    try:
        assert door.process.wait(20) == 1
    finally:
        door.end()


def test_a_name_that_is_anothers_is_reported_and_waited_for(environ: dict[str, str], router: RouterPeer) -> None:
    holder, got = request_name(environ)
    assert got == 1
    door = DoorProcess(environ, router)
    try:
        assert door.report() == f"H{Path('/proc/self/exe').readlink()} (process {os.getpid()})"
        holder.close()
        assert door.report() == "N"
    finally:
        holder.close()
        assert door.end() == 0


def test_without_a_queue_the_door_ends_where_the_name_is_anothers(environ: dict[str, str], router: RouterPeer) -> None:
    holder, _ = request_name(environ)
    door = DoorProcess(environ, router, "--no-queue")
    try:
        assert door.report().startswith("H")
        assert door.process.wait(20) == 3
    finally:
        holder.close()
        door.end()


def test_replace_takes_the_name_from_a_holder_that_lets_go_of_it(environ: dict[str, str], router: RouterPeer) -> None:
    holder, _ = request_name(environ, ALLOW_REPLACEMENT)
    door = DoorProcess(environ, router, "--replace")
    try:
        assert door.report() == "N"
    finally:
        holder.close()
        assert door.end() == 0


@pytest.mark.usefixtures("door")
def test_nobody_can_take_the_name_from_the_door(environ: dict[str, str]) -> None:
    replace, do_not_queue, exists = 2, 4, 3
    taker, got = request_name(environ, replace | do_not_queue)
    assert got == exists
    assert taker.send_and_get_reply(new_method_call(message_bus, "GetNameOwner", "s", (BUS_NAME,))).body[0] != (
        taker.unique_name
    )
    address = DBusAddress("/", BUS_NAME, "org.freedesktop.DBus.Peer")
    assert taker.send_and_get_reply(new_method_call(address, "Ping")).body == ()
    taker.close()
