"""A program on the bus that knows the Secret Service alone, and never waits for ever."""

from __future__ import annotations

from typing import Final, Self

from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection

_ANSWER_S: Final = 20
_BASE: Final = "/org/freedesktop/secrets"


class RefusedError(Exception):
    """The Secret Service answered an error, or nothing in time."""


class Program:
    """A connection to the bus at an address."""

    def __init__(self, bus: str) -> None:
        self._connection = open_dbus_connection(bus)

    def store(self, label: str, value: bytes) -> bool:
        """Stores a secret in the default collection, in a session of its own; whether that was acknowledged.

        What would need the user is no acknowledgement.
        """
        try:
            _, session = self._ask("", "Service", "OpenSession", "sv", "plain", ("s", ""))
            properties = {"org.freedesktop.Secret.Item.Label": ("s", label)}
            item, _ = self._ask(
                "/aliases/default",
                "Collection",
                "CreateItem",
                "a{sv}(oayays)b",
                properties,
                (session, b"", value, "text/plain"),
                False,  # noqa: FBT003  # whether to replace, as D-Bus has it
            )
        except RefusedError:
            return False
        return item != "/"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _ask(self, path: str, interface: str, member: str, signature: str, *body: object) -> tuple[str, str]:
        """The two values that are answered; raises ``RefusedError``."""
        address = DBusAddress(_BASE + path, "org.freedesktop.secrets", f"org.freedesktop.Secret.{interface}")
        message = new_method_call(address, member, signature, body)
        try:
            reply = self._connection.send_and_get_reply(message, timeout=_ANSWER_S)
        except TimeoutError:
            raise RefusedError from None
        if reply.header.message_type is MessageType.error:
            raise RefusedError(reply.body)
        first, second = reply.body
        return str(first), str(second)
