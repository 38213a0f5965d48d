"""Files of age: which key a recipient is, and the file key that a header holds for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from etui.extensions.encryption.algorithms import unkept_public
from etui.extensions.encryption.errors import UnfitError
from etui.extensions.encryption.usages import WRAP
from etui.standards.age.x25519 import unwrapped
from etui.standards.key_pairs import X25519

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etui.extensions.encryption.algorithms import PrivateKey
    from etui.extensions.encryption.entries import Entry
    from etui.extensions.encryption.secret_keys import SecretKey
    from etui.interfaces import age_1


def public_of(entry: Entry) -> bytes:
    """The X25519 public key (32 bytes) to which files are encrypted; empty where the key is for something else."""
    if entry.item.attributes["algorithm"] != X25519 or entry.usage != WRAP:
        return b""
    public = unkept_public(entry.spki)
    return public.public_bytes_raw() if isinstance(public, X25519PublicKey) else b""


def file_key(private: PrivateKey | SecretKey, stanzas: Iterable[age_1.Stanza]) -> bytes | None:
    """The file key in the first stanza that is for this key, if one is.

    Every stanza is tried, so that the time does not tell which one it was. Raises ``UnfitError`` for a key that is not
    for files.
    """
    if not isinstance(private, X25519PrivateKey):
        raise UnfitError("this key is not for files of age: name one of X25519")
    found = [unwrapped(private, stanza.share, stanza.body) for stanza in stanzas]
    return next((key for key in found if key is not None), None)
