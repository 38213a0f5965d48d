"""Keys as age writes them, and what a plugin's identity says of one: its public part, and no secret.

A plugin's identity and recipient hold one byte for their format (1) and the X25519 public key.

Source: C2SP, ``age.md``, "The X25519 recipient type"; ``age-plugin.md``, "Mapping recipients and identities to plugin
binaries".
"""

from __future__ import annotations

from typing import Final

from etui.standards.age.bech32 import bech32, read_bech32
from etui.standards.age.errors import AgeError

KEY_BYTES: Final = 32
_RECIPIENT: Final = "age"
_SECRET_KEY: Final = "age-secret-key-"  # noqa: S105  # the prefix of one
_FORMAT: Final = b"\x01"


def recipient(public: bytes) -> str:
    """``age1…``: an X25519 public key (32 bytes) to which everybody can encrypt."""
    return bech32(_RECIPIENT, public)


def read_recipient(text: str) -> bytes:
    """The X25519 public key of ``age1…``; raises ``AgeError``."""
    return _key(text, _RECIPIENT, "recipient")


def secret_key(private: bytes) -> str:
    """``AGE-SECRET-KEY-1…``: an X25519 private key (32 bytes)."""
    return bech32(_SECRET_KEY, private).upper()


def read_secret_key(text: str) -> bytes:
    """The X25519 private key of ``AGE-SECRET-KEY-1…``; raises ``AgeError``."""
    return _key(text, _SECRET_KEY, "secret key")


def plugin_identity(plugin: str, public: bytes) -> str:
    """``AGE-PLUGIN-NAME-1…``: has a plugin decrypt with the key that has this public part."""
    return bech32(f"age-plugin-{plugin}-", _FORMAT + public).upper()


def read_plugin_identity(text: str, plugin: str) -> bytes:
    """The public key that a plugin's identity names; raises ``AgeError``."""
    return _named(text, f"age-plugin-{plugin}-", "identity")


def read_plugin_recipient(text: str, plugin: str) -> bytes:
    """The public key of ``age1name1…``; raises ``AgeError``."""
    return _named(text, f"{_RECIPIENT}1{plugin}", "recipient")


def _key(text: str, prefix: str, what: str) -> bytes:
    found, data = read_bech32(text)
    if found != prefix or len(data) != KEY_BYTES:
        raise AgeError(f"this is no X25519 {what} of age")
    return data


def _named(text: str, prefix: str, what: str) -> bytes:
    found, data = read_bech32(text)
    if found != prefix or len(data) != len(_FORMAT) + KEY_BYTES:
        raise AgeError(f"this is no {what} of the plugin")
    if not data.startswith(_FORMAT):
        raise AgeError(f"this {what} is of format {data[0]}, and 1 is the newest known here")
    return data[len(_FORMAT) :]
