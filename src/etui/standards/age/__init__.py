"""The file encryption format age: its stanzas, the text of its keys, and the plugin protocol's.

A plugin has to start fast, so this room needs the standard library alone, and its values are named tuples. What wraps
and unwraps a file key stands in ``etui.standards.age.x25519``, which is imported by itself.

Source: C2SP, ``age.md`` and ``age-plugin.md``; Bech32: BIP 173.
"""

from etui.standards.age.bech32 import bech32, read_bech32
from etui.standards.age.errors import AgeError
from etui.standards.age.keys import (
    KEY_BYTES,
    plugin_identity,
    read_plugin_identity,
    read_plugin_recipient,
    read_recipient,
    read_secret_key,
    recipient,
    secret_key,
)
from etui.standards.age.stanzas import Stanza, StanzaReader, base64, encode_stanza, read_base64

__all__ = [
    "KEY_BYTES",
    "AgeError",
    "Stanza",
    "StanzaReader",
    "base64",
    "bech32",
    "encode_stanza",
    "plugin_identity",
    "read_base64",
    "read_bech32",
    "read_plugin_identity",
    "read_plugin_recipient",
    "read_recipient",
    "read_secret_key",
    "recipient",
    "secret_key",
]
