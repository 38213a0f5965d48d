"""The signature of a package: over the list of everything in it, verified before anything is unpacked.

Rules:

1. What is signed is the canonical form of publisher, id, version and the list of all files with their digests and
   modes, the manifest among them. Nothing outside that list is in the package, and nothing of the list is missing.
2. ``signature.json`` has one form; other bytes of the same meaning are refused.
3. The key proves that the same publisher speaks as before, and nothing more: whose it is, people compare by its
   fingerprint. ``succeeds`` in ``keys`` says whether it may follow another one.
4. Only ``verify`` makes a ``Verified``; installing takes nothing else.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from etui.interfaces import CompiledInterface
from etui.trusted.package.archive import MAX_FILES, File, check_names, read_archive, write_archive
from etui.trusted.package.contents import check_contents
from etui.trusted.package.errors import ReservedError, SignatureError
from etui.trusted.package.keys import (
    MAX_HANDOVERS,
    Handover,
    PublicKey,
    PublisherKey,
    Signature,
    fingerprint,
    signed_by,
)
from etui.trusted.package.manifest import ETUI, MAX_PUBLISHER_CHARACTERS, Manifest, read_manifest
from etui.trusted.package.paths import MANIFEST, MAX_PATH_BYTES, SIGNATURE

_PURPOSE: Final = "etui/package/1"


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """One file of the list: path, whether it may be executed, SHA-256 in hexadecimal digits."""

    path: Annotated[str, Meta(max_length=MAX_PATH_BYTES)]
    executable: bool
    sha256: Annotated[str, Meta(min_length=64, max_length=64)]


class PackageSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The content of ``signature.json``."""

    format: Literal[1]
    publisher: Annotated[str, Meta(max_length=MAX_PUBLISHER_CHARACTERS)]
    algorithm: Literal["ed25519"]
    key: PublicKey
    handovers: Annotated[tuple[Handover, ...], Meta(max_length=MAX_HANDOVERS)] = ()
    files: Annotated[tuple[Listed, ...], Meta(max_length=MAX_FILES)]
    signature: Signature


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """A package whose signature holds and whose content is what its manifest says.

    Args:
        manifest: what the Extension says of itself.
        key: the publisher's public key, 32 bytes.
        handovers: statements by which earlier keys of the publisher name later ones.
        files: everything to unpack, the manifest first and the signature last.
        documents: the interfaces that come in the package.
        digest: of the signed list; two packages with the same one have the same content.

    """

    manifest: Manifest
    key: bytes
    handovers: tuple[Handover, ...]
    files: tuple[File, ...]
    documents: tuple[CompiledInterface, ...]
    digest: str

    @property
    def fingerprint(self) -> str:
        """The publisher's key for people."""
        return fingerprint(self.key)


def sign(archive: bytes, key: PublisherKey, handovers: tuple[Handover, ...] = ()) -> bytes:
    """The package: ``archive`` with the signature of ``key`` in the place of one that it may have had.

    ``handovers``: at most 16 statements that lead from earlier keys to this one. Raises ``PackageError`` where the
    content could never be installed, so that a publisher learns it first.
    """
    files = tuple(file for file in read_archive(archive) if file.path != SIGNATURE)
    manifest, _ = _examine(files)
    listed = _list(files)
    signature = PackageSignature(
        format=1,
        publisher=manifest.publisher,
        algorithm="ed25519",
        key=key.public,
        handovers=handovers,
        files=listed,
        signature=key.sign(_signed(manifest, listed)),
    )
    return write_archive((*files, File(SIGNATURE, msgspec.json.encode(signature))))


def verify(archive: bytes) -> Verified:
    """The package in ``archive``, once its signature and content have been checked. It writes nothing.

    Raises ``ArchiveError``, ``SignatureError``, ``ManifestError``, ``ContentError`` or ``ReservedError``.
    """
    return verify_files(read_archive(archive))


def verify_files(files: tuple[File, ...]) -> Verified:
    """As ``verify``, of files in the order of an archive."""
    check_names(files)
    packed = tuple(file for file in files if file.path != SIGNATURE)
    signature = _read_signature(files)
    listed = _list(packed)
    _compare(listed, signature.files)
    # The manifest is read as the text that was signed, so its content is trusted only after the next check.
    manifest = read_manifest(packed[0].content)
    if signature.publisher != manifest.publisher:
        raise SignatureError(
            f"the signature is that of {signature.publisher!r}, and the manifest says {manifest.publisher!r}:"
            " do not install it; fetch the package from its publisher"
        )
    message = _signed(manifest, listed)
    if not signed_by(signature.key, signature.signature, message):
        raise SignatureError(
            f"the signature of {manifest.id} does not hold: it was made for another package or changed;"
            " do not install it, fetch the package from its publisher"
        )
    manifest, documents = _examine(packed)
    return Verified(
        manifest=manifest,
        key=signature.key,
        handovers=signature.handovers,
        files=files,
        documents=documents,
        digest=hashlib.sha256(message).hexdigest(),
    )


def _examine(files: tuple[File, ...]) -> tuple[Manifest, tuple[CompiledInterface, ...]]:
    manifest = read_manifest(files[0].content)
    if manifest.publisher == ETUI:
        raise ReservedError(
            f"{MANIFEST}: the publisher {ETUI} is kept for what comes with the wallet; name a domain of yours"
        )
    return manifest, check_contents(manifest, {file.path: file for file in files})


def _read_signature(files: tuple[File, ...]) -> PackageSignature:
    text = next((file.content for file in files if file.path == SIGNATURE), None)
    if text is None:
        raise SignatureError("the package is not signed; its publisher signs it with `etui extension sign`")
    try:
        signature = msgspec.json.decode(text, type=PackageSignature)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SignatureError(f"{SIGNATURE} is no signature of a package: {error}") from None
    if msgspec.json.encode(signature) != text:
        raise SignatureError(f"{SIGNATURE} is not written as signatures are; sign the package again")
    return signature


def _list(files: tuple[File, ...]) -> tuple[Listed, ...]:
    return tuple(Listed(file.path, file.executable, hashlib.sha256(file.content).hexdigest()) for file in files)


def _compare(present: tuple[Listed, ...], listed: tuple[Listed, ...]) -> None:
    if present == listed:
        return
    found, expected = ({file.path: file for file in files} for files in (present, listed))
    if missing := sorted(expected.keys() - found.keys()):
        problem = f"{missing[0]!r} is signed and not there"
    elif extra := sorted(found.keys() - expected.keys()):
        problem = f"{extra[0]!r} is there and not signed"
    elif altered := sorted(path for path, file in found.items() if expected[path] != file):
        problem = f"{altered[0]!r} is not as it was signed"
    else:
        problem = "the signed list is in another order or names a file twice"
    raise SignatureError(f"the package was changed: {problem}; do not install it, fetch it from its publisher")


def _signed(manifest: Manifest, listed: tuple[Listed, ...]) -> bytes:
    return msgspec.json.encode([_PURPOSE, manifest.publisher, manifest.id, manifest.version, listed])
