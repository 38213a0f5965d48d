"""The names of the Secret Service API: bus, paths, interfaces, algorithms, errors and properties.

Source: Secret Service API Draft 0.2, https://specifications.freedesktop.org/secret-service/ ; the names of
``org.freedesktop.DBus`` from the D-Bus Specification 0.43, https://dbus.freedesktop.org/doc/dbus-specification.html .
"""

from __future__ import annotations

from enum import Enum
from typing import Final

BUS_NAME: Final = "org.freedesktop.secrets"
SERVICE_PATH: Final = "/org/freedesktop/secrets"
COLLECTION_PREFIX: Final = SERVICE_PATH + "/collection/"
ALIAS_PREFIX: Final = SERVICE_PATH + "/aliases/"
SESSION_PREFIX: Final = SERVICE_PATH + "/session/"
PROMPT_PREFIX: Final = SERVICE_PATH + "/prompt/"
DEFAULT_ALIAS: Final = "default"
SESSION_ALIAS: Final = "session"
"""Of the collection that is cleared when the session ends: SECRET_COLLECTION_SESSION of libsecret."""
NO_OBJECT: Final = "/"
"""Stands where an object path is due and there is none: no prompt, no collection."""

SERVICE: Final = "org.freedesktop.Secret.Service"
COLLECTION: Final = "org.freedesktop.Secret.Collection"
ITEM: Final = "org.freedesktop.Secret.Item"
SESSION: Final = "org.freedesktop.Secret.Session"
PROMPT: Final = "org.freedesktop.Secret.Prompt"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
INTROSPECTABLE: Final = "org.freedesktop.DBus.Introspectable"
PEER: Final = "org.freedesktop.DBus.Peer"

ITEM_LABEL: Final = ITEM + ".Label"
ITEM_ATTRIBUTES: Final = ITEM + ".Attributes"
ITEM_TYPE: Final = ITEM + ".Type"
"""Not in draft 0.2; older Clients still send it, and newer ones use the attribute ``xdg:schema``."""
COLLECTION_LABEL: Final = COLLECTION + ".Label"
SCHEMA_ATTRIBUTE: Final = "xdg:schema"
GENERIC_SCHEMA: Final = "org.freedesktop.Secret.Generic"


class Algorithm(Enum):
    """How secrets travel in a session."""

    PLAIN = "plain"
    DH = "dh-ietf1024-sha256-aes128-cbc-pkcs7"


class ErrorName(Enum):
    """The errors of the API, and those of D-Bus that a service answers with."""

    IS_LOCKED = "org.freedesktop.Secret.Error.IsLocked"
    NO_SESSION = "org.freedesktop.Secret.Error.NoSession"
    NO_SUCH_OBJECT = "org.freedesktop.Secret.Error.NoSuchObject"
    ALREADY_EXISTS = "org.freedesktop.Secret.Error.AlreadyExists"
    FAILED = "org.freedesktop.DBus.Error.Failed"
    NO_REPLY = "org.freedesktop.DBus.Error.NoReply"
    TIMEOUT = "org.freedesktop.DBus.Error.Timeout"
    ACCESS_DENIED = "org.freedesktop.DBus.Error.AccessDenied"
    LIMITS_EXCEEDED = "org.freedesktop.DBus.Error.LimitsExceeded"
    NOT_SUPPORTED = "org.freedesktop.DBus.Error.NotSupported"
    INVALID_ARGS = "org.freedesktop.DBus.Error.InvalidArgs"
    UNKNOWN_METHOD = "org.freedesktop.DBus.Error.UnknownMethod"
    UNKNOWN_OBJECT = "org.freedesktop.DBus.Error.UnknownObject"
    UNKNOWN_INTERFACE = "org.freedesktop.DBus.Error.UnknownInterface"
    UNKNOWN_PROPERTY = "org.freedesktop.DBus.Error.UnknownProperty"
    PROPERTY_READ_ONLY = "org.freedesktop.DBus.Error.PropertyReadOnly"
