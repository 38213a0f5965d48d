"""A program that asks for its secret, as sandboxed programs do; what it is told to do stands in its arguments.

``retrieve``: asks the desktop's portal once and prints the response and the secret, in hexadecimal digits.
``close``: the same, and closes the request when a line comes in. ``full``: the same, with a pipe that has no room.
``file PATH``: the same, with a file for the secret. ``flood``: asks twenty times, and prints the responses once twelve
have come. ``direct APP_ID HANDLE``: asks the wallet's door itself; prints the
error's name.
"""

from __future__ import annotations

import os
import sys

from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.bus_messages import MatchRule, message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.low_level import HeaderFields

_WAIT_S = 120
_PATH = "/org/freedesktop/portal/desktop"
_PORTAL = DBusAddress(_PATH, "org.freedesktop.portal.Desktop", "org.freedesktop.portal.Secret")
_REQUEST = "org.freedesktop.portal.Request"
_DOOR = DBusAddress(_PATH, "org.freedesktop.impl.portal.desktop.etui", "org.freedesktop.impl.portal.Secret")


def main(order: str, *more: str) -> None:
    """Does what it is told."""
    with open_dbus_connection(enable_fds=True) as connection:
        if order == "direct":
            direct(connection, *more)
        elif order == "flood":
            flood(connection)
        else:
            retrieve(connection, order, *more)


def say(*words: object) -> None:
    """Prints a line, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def retrieve(connection: DBusConnection, order: str, *more: str) -> None:
    """Asks the desktop's portal."""
    rule = MatchRule(type="signal", interface=_REQUEST, member="Response")
    connection.send_and_get_reply(message_bus.AddMatch(rule))
    reading, writing = os.pipe()
    given = os.open(more[0], os.O_WRONLY) if order == "file" else writing
    if order == "full":
        os.set_blocking(writing, False)
        while True:
            try:
                os.write(writing, bytes(4096))
            except BlockingIOError:
                break
    with connection.filter(rule) as responses:
        call = new_method_call(_PORTAL, "RetrieveSecret", "ha{sv}", (given, {}))
        reply = connection.send_and_get_reply(call, timeout=_WAIT_S)
        if reply.header.message_type is MessageType.error:
            sys.exit(f"the portal has nothing for secrets: {reply.body}")
        if order == "close":
            say("asked", connection.unique_name)
            sys.stdin.readline()
            address = DBusAddress(reply.body[0], _PORTAL.bus_name, _REQUEST)
            connection.send_and_get_reply(new_method_call(address, "Close"), timeout=_WAIT_S)
            say("closed")
            return
        response, _ = connection.recv_until_filtered(responses, timeout=_WAIT_S).body
    os.close(writing)
    say(response, "" if order == "full" else os.read(reading, 4096).hex())


def flood(connection: DBusConnection) -> None:
    """Asks the desktop's portal many times at once."""
    rule = MatchRule(type="signal", interface=_REQUEST, member="Response")
    connection.send_and_get_reply(message_bus.AddMatch(rule))
    _, writing = os.pipe()
    responses: list[str] = []
    with connection.filter(rule, bufsize=20) as heard:
        for _ in range(20):
            connection.send(new_method_call(_PORTAL, "RetrieveSecret", "ha{sv}", (writing, {})))
        while len(responses) < 12:
            responses.append(str(connection.recv_until_filtered(heard, timeout=_WAIT_S).body[0]))
    say(*responses)
    sys.stdin.readline()


def direct(connection: DBusConnection, app_id: str, handle: str) -> None:
    """Asks the door; ``OWN`` in the handle stands for this connection's name."""
    reading, writing = os.pipe()
    own = connection.unique_name.removeprefix(":").replace(".", "_")
    body: tuple[object, ...] = (handle.replace("OWN", own), app_id, writing, {})
    reply = connection.send_and_get_reply(new_method_call(_DOOR, "RetrieveSecret", "osha{sv}", body), timeout=_WAIT_S)
    os.close(writing)
    given = os.read(reading, 4096)
    say(reply.header.fields.get(HeaderFields.error_name, "answered"), given.hex())


if __name__ == "__main__":
    main(*sys.argv[1:])
