"""A program on the bus for tests: does what it is told over standard input, as whichever Client its environment says.

Told ``("call", path, interface, member, signature, body)`` it answers ``("return", body)`` or ``("error", name,
text)``; told ``("signal", member)`` it waits for that signal and answers ``(path, interface, member, body)``; told
``("signals",)`` it asks the bus for something, so that all that was sent before has come, and answers those it got.
"""

from __future__ import annotations

import pickle
import sys
from collections import deque
from typing import Any

from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from jeepney.low_level import HeaderFields, Message

BUS_NAME = "org.freedesktop.secrets"
_LONGER_THAN_AN_ANSWER_S = 60


class Caller:
    """A connection to the bus, and the signals that came over it."""

    def __init__(self) -> None:
        self.connection = open_dbus_connection()
        self.signals: deque[tuple[str, str, str, Any]] = deque()

    def ask(self, message: Message) -> Message:
        """What answers a message; signals that come before are kept."""
        serial = next(self.connection.outgoing_serial)
        self.connection.send(message, serial=serial)
        while True:
            received: Message = self.connection.receive(timeout=_LONGER_THAN_AN_ANSWER_S)
            if received.header.fields.get(HeaderFields.reply_serial) == serial:
                return received
            self._note(received)

    def call(self, path: str, interface: str | None, member: str, signature: str, body: tuple[object, ...]) -> object:
        """The answer to a call of the service."""
        reply = self.ask(new_method_call(DBusAddress(path, BUS_NAME, interface), member, signature or None, body))
        if reply.header.message_type is MessageType.error:
            return "error", reply.header.fields[HeaderFields.error_name], str(reply.body[0])
        return "return", reply.body

    def wait_for(self, member: str) -> object:
        """The next signal of this name."""
        while (found := next((signal for signal in self.signals if signal[2] == member), None)) is None:
            self._note(self.connection.receive(timeout=_LONGER_THAN_AN_ANSWER_S))
        self.signals.remove(found)
        return found

    def so_far(self) -> object:
        """The signals that were sent by now."""
        self.ask(new_method_call(message_bus, "GetId"))
        found = list(self.signals)
        self.signals.clear()
        return found

    def _note(self, message: Message) -> None:
        fields = message.header.fields
        sender = fields.get(HeaderFields.sender)
        if message.header.message_type is MessageType.signal and sender != message_bus.bus_name:
            names = (fields[HeaderFields.path], fields[HeaderFields.interface], fields[HeaderFields.member])
            self.signals.append((*names, message.body))


def main() -> None:
    """Serves until standard input ends."""
    caller = Caller()
    answer: object = caller.connection.unique_name
    while True:
        sys.stdout.buffer.write(pickle.dumps(answer))
        sys.stdout.buffer.flush()
        try:
            order = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        match order:
            case ("call", *arguments):
                answer = caller.call(*arguments)
            case ("match", rule):
                answer = caller.ask(new_method_call(message_bus, "AddMatch", "s", (rule,))).body
            case ("signal", member):
                answer = caller.wait_for(member)
            case ("signals",):
                answer = caller.so_far()


if __name__ == "__main__":
    main()
