"""What a signal or a reply says, read strictly: the wrong type is as good as nothing."""

from __future__ import annotations

from typing import Final

from dbus_fast import Message, Variant

PROPERTIES: Final = "org.freedesktop.DBus.Properties"


def says_true(message: Message | None) -> bool:
    """Whether a message holds one boolean, and that is true."""
    return message is not None and message.signature == "b" and message.body[0] is True


def path_in(message: Message | None) -> str:
    """The object path that a reply consists of, or nothing."""
    return str(message.body[0]) if message is not None and message.signature == "o" else ""


def value_in(reply: Message | None, signature: str) -> object:
    """The value of a property in the reply to ``Get``, where it has this type; else None."""
    return _value(reply.body[0], signature) if reply is not None and reply.signature == "v" else None


def changed(message: Message, interface: str) -> dict[str, object]:
    """The booleans among the properties that have changed on an interface, by name.

    Source: D-Bus Specification 0.43, "org.freedesktop.DBus.Properties".
    """
    if message.interface != PROPERTIES or message.member != "PropertiesChanged" or message.signature != "sa{sv}as":
        return {}
    if message.body[0] != interface:
        return {}
    return {name: value for name, held in message.body[1].items() if (value := _value(held, "b")) is not None}


def _value(held: object, signature: str) -> object:
    return held.value if isinstance(held, Variant) and held.signature == signature else None
