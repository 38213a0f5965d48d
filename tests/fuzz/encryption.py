"""What reaches keys that encrypt: what age says to the plugin, encrypted messages, and keys that are brought in."""

from __future__ import annotations

import contextlib
import io
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from etui.doors.age.plugin import encrypt
from etui.doors.age.talk import Talk
from etui.extensions.encryption.algorithms import pkcs8, read_pkcs8
from etui.standards import age, jwe

_PUBLIC: Final = bytes(range(32))
_PAIR: Final = X25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
_CURVE: Final = ec.derive_private_key(7, ec.SECP256R1())


def take_age(data: bytes) -> None:
    """A talk of age's with the plugin, and each word of it as a key."""
    with contextlib.suppress(age.AgeError, EOFError):
        encrypt(Talk(io.BytesIO(data), io.BytesIO()))
    for word in data.split():
        text = word.decode("ascii", "replace")
        for read in (age.read_bech32, age.read_recipient, age.read_secret_key, age.read_base64):
            with contextlib.suppress(age.AgeError):
                read(text)


def good_age() -> list[bytes]:
    """A talk that encrypts, and keys of each kind."""
    stanzas = [
        age.Stanza(("add-identity", age.plugin_identity("etui", _PUBLIC))),
        age.Stanza(("add-recipient", age.bech32("age1etui", b"\x01" + _PUBLIC))),
        age.Stanza(("wrap-file-key",), bytes(16)),
        age.Stanza(("done",)),
        *[age.Stanza(("ok",))] * 2,
    ]
    keys = " ".join((age.recipient(_PUBLIC), age.secret_key(_PUBLIC), age.base64(_PUBLIC)))
    return [b"".join(map(age.encode_stanza, stanzas)), keys.encode("ascii")]


def take_jwe(data: bytes) -> None:
    """A message for a key of each kind."""
    for key in (_PAIR, _CURVE, _PUBLIC):
        with contextlib.suppress(jwe.JweError):
            jwe.decrypt_compact(data.decode("utf-8", "replace"), key)


def good_jwe() -> list[bytes]:
    """A message to each of those keys."""
    keys = (_PAIR.public_key(), _CURVE.public_key(), _PUBLIC)
    return [jwe.encrypt_compact(b"a message", key).encode("ascii") for key in keys]


def take_pkcs8(data: bytes) -> None:
    """A private key that is brought in."""
    with contextlib.suppress(ValueError):
        pkcs8(read_pkcs8(data))


def good_pkcs8() -> list[bytes]:
    """A key of each kind."""
    return [pkcs8(key) for key in (_PAIR, _CURVE, ed25519.Ed25519PrivateKey.from_private_bytes(_PUBLIC))]
