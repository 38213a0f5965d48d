"""Packing and signing a package: what a publisher does, for which no wallet is needed.

Beside ``up`` this is the one module of the command line that imports trusted code, and of that only the pure functions
that make an archive and sign it: what makes a package and what later refuses it must not be two programs. It starts
nothing and reads no profile.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from etui.cli.exits import CommandError
from etui.cli.files import unreadable
from etui.sealing import Secret
from etui.trusted.package import MANIFEST, PackageError, PublisherKey, fingerprint, pack, read_manifest, sign, verify


class Signed(msgspec.Struct, frozen=True):
    """What was signed, and by which key."""

    extension: str
    version: str
    fingerprint: str


def packed(folder: Path) -> bytes:
    """The unsigned package of a folder whose manifest is valid; raises ``CommandError``."""
    try:
        package = pack(folder)
        read_manifest((folder / MANIFEST).read_bytes())
    except PackageError as error:
        raise CommandError(f"{folder} cannot be packed: {error}") from None
    except OSError as error:
        raise unreadable(folder / MANIFEST, error) from None
    return package


Pem: TypeAlias = tuple[bytes, bytes | None]
"""A publisher's key as it is in its file, and the passphrase of one that is encrypted."""


def signed(package: bytes, own: Pem, earlier: Sequence[Pem] = ()) -> tuple[bytes, Signed]:
    """The package with the signature of this key, and what to say of it; raises ``CommandError``.

    ``earlier``: keys of the publisher that this one comes after, each of which states so.
    """
    try:
        key, *before = (_loaded(pem) for pem in (own, *earlier))
        manifest = verify(sign(package, key)).manifest
        handovers = tuple(one.hand_over(manifest.publisher, key.public) for one in before)
        result = sign(package, key, handovers)
    except PackageError as error:
        raise CommandError(str(error)) from None
    return result, Signed(f"ext:{manifest.publisher}/{manifest.id}", manifest.version, fingerprint(key.public))


def _loaded(pem: Pem) -> PublisherKey:
    text, passphrase = pem
    return PublisherKey.load(Secret(text), None if passphrase is None else Secret(passphrase))


def new_key(passphrase: bytes | None) -> tuple[bytes, str]:
    """A new publisher's key as PEM, encrypted if there is a passphrase, and its fingerprint."""
    key = PublisherKey.generate()
    pem = key.pem(None if passphrase is None else Secret(passphrase))
    return pem.reveal(), fingerprint(key.public)
