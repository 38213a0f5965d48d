"""The API's interfaces with their signatures, as data: what a service dispatches by and what it says of itself.

Source: Secret Service API Draft 0.2, part "D-Bus API Reference"; ``Item.Type`` as gnome-keyring and KWallet have it.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

from etui.standards.secretservice.names import (
    COLLECTION,
    INTROSPECTABLE,
    ITEM,
    PEER,
    PROMPT,
    PROPERTIES,
    SERVICE,
    SESSION,
)
from etui.standards.secretservice.secret import SECRET_SIGNATURE

Arguments: TypeAlias = tuple[tuple[str, str], ...]
"""Names and single complete types, in order."""


class Method(msgspec.Struct, frozen=True):
    """A method: what it takes and what it gives."""

    takes: Arguments = ()
    gives: Arguments = ()

    @property
    def signature(self) -> str:
        """The signature of a call's body."""
        return "".join(kind for _, kind in self.takes)

    @property
    def answer_signature(self) -> str:
        """The signature of an answer's body."""
        return "".join(kind for _, kind in self.gives)


class Property(msgspec.Struct, frozen=True):
    """A property: its type, and whether it may be set."""

    type: str
    writable: bool = False


class Interface(msgspec.Struct, frozen=True):
    """One interface's members by their names."""

    methods: dict[str, Method] = {}
    signals: dict[str, Arguments] = {}
    properties: dict[str, Property] = {}


INTERFACES: Final[dict[str, Interface]] = {
    SERVICE: Interface(
        methods={
            "OpenSession": Method(
                (("algorithm", "s"), ("input", "v")),
                (("output", "v"), ("result", "o")),
            ),
            "CreateCollection": Method(
                (("properties", "a{sv}"), ("alias", "s")),
                (("collection", "o"), ("prompt", "o")),
            ),
            "SearchItems": Method((("attributes", "a{ss}"),), (("unlocked", "ao"), ("locked", "ao"))),
            "Unlock": Method((("objects", "ao"),), (("unlocked", "ao"), ("prompt", "o"))),
            "Lock": Method((("objects", "ao"),), (("locked", "ao"), ("prompt", "o"))),
            "GetSecrets": Method(
                (("items", "ao"), ("session", "o")),
                (("secrets", f"a{{o{SECRET_SIGNATURE}}}"),),
            ),
            "ReadAlias": Method((("name", "s"),), (("collection", "o"),)),
            "SetAlias": Method((("name", "s"), ("collection", "o"))),
        },
        signals={
            "CollectionCreated": (("collection", "o"),),
            "CollectionDeleted": (("collection", "o"),),
            "CollectionChanged": (("collection", "o"),),
        },
        properties={"Collections": Property("ao")},
    ),
    COLLECTION: Interface(
        methods={
            "Delete": Method((), (("prompt", "o"),)),
            "SearchItems": Method((("attributes", "a{ss}"),), (("results", "ao"),)),
            "CreateItem": Method(
                (("properties", "a{sv}"), ("secret", SECRET_SIGNATURE), ("replace", "b")),
                (("item", "o"), ("prompt", "o")),
            ),
        },
        signals={
            "ItemCreated": (("item", "o"),),
            "ItemDeleted": (("item", "o"),),
            "ItemChanged": (("item", "o"),),
        },
        properties={
            "Items": Property("ao"),
            "Label": Property("s", writable=True),
            "Locked": Property("b"),
            "Created": Property("t"),
            "Modified": Property("t"),
        },
    ),
    ITEM: Interface(
        methods={
            "Delete": Method((), (("prompt", "o"),)),
            "GetSecret": Method((("session", "o"),), (("secret", SECRET_SIGNATURE),)),
            "SetSecret": Method((("secret", SECRET_SIGNATURE),)),
        },
        properties={
            "Locked": Property("b"),
            "Attributes": Property("a{ss}", writable=True),
            "Label": Property("s", writable=True),
            "Type": Property("s"),
            "Created": Property("t"),
            "Modified": Property("t"),
        },
    ),
    SESSION: Interface(methods={"Close": Method()}),
    PROMPT: Interface(
        methods={"Prompt": Method((("window_id", "s"),)), "Dismiss": Method()},
        signals={"Completed": (("dismissed", "b"), ("result", "v"))},
    ),
    PROPERTIES: Interface(
        methods={
            "Get": Method((("interface_name", "s"), ("property_name", "s")), (("value", "v"),)),
            "GetAll": Method((("interface_name", "s"),), (("properties", "a{sv}"),)),
            "Set": Method((("interface_name", "s"), ("property_name", "s"), ("value", "v"))),
        },
        signals={
            "PropertiesChanged": (
                ("interface_name", "s"),
                ("changed_properties", "a{sv}"),
                ("invalidated_properties", "as"),
            )
        },
    ),
    INTROSPECTABLE: Interface(methods={"Introspect": Method((), (("xml_data", "s"),))}),
    PEER: Interface(methods={"Ping": Method(), "GetMachineId": Method((), (("machine_uuid", "s"),))}),
}
