"""Private keys in files of other programs: read, and left as they are."""

from __future__ import annotations

import base64
import binascii
import contextlib
import getpass
import signal
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from etui.cli.command import patience
from etui.cli.exits import CommandError, Exit
from etui.cli.output import single_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAX_BYTES: Final = 64 << 10
_OPENSSH: Final = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_CERTIFICATE: Final = b"-cert-v01@openssh.com"
_PEM: Final = b"-----BEGIN "
_AGE: Final = b"AGE-"
_AGE_FILES: Final = (b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----")


class ReadKey(msgspec.Struct, frozen=True):
    """A private key that was read: PKCS#8 in DER, its public part as OpenSSH or age writes it, and whether it signs."""

    private: bytes
    public: str
    signs: bool

    def __repr__(self) -> str:
        return f"ReadKey({self.public})"


def read_certificate(path: Path) -> bytes:
    """The certificate in a file of OpenSSH's, in SSH's form, unverified; raises ``CommandError``."""
    try:
        with path.open("rb") as file:
            fields = file.read(_MAX_BYTES).split()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}", Exit.USAGE) from None
    if len(fields) > 1 and fields[0].endswith(_CERTIFICATE):
        with contextlib.suppress(binascii.Error):
            return base64.b64decode(fields[1], validate=True)
    raise CommandError(f"{path} is no certificate of OpenSSH's for a key", Exit.USAGE)


def read_key_file(path: Path) -> list[ReadKey]:
    """The private keys in a file: one of OpenSSH's or in PEM (PKCS#8, PKCS#1, SEC 1), or the identities of age.

    The passphrase is asked for where there is one. Raises ``CommandError``.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}", Exit.USAGE) from None
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(b"#")]
    try:
        if text.startswith(_AGE_FILES):
            raise CommandError(f"{path} is encrypted itself: `age -d FILE` says what is in it", Exit.USAGE)
        if lines and lines[0].upper().startswith(_AGE):
            return [_age_key(line.decode("ascii", "replace")) for line in lines]
        return [_key(text, path)]
    except ValueError as error:
        raise CommandError(f"{path} holds no key that can be brought in: {error}", Exit.USAGE) from None


def _age_key(line: str) -> ReadKey:
    """The key in an identity of age; raises ``ValueError``."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # only this command waits for it
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: PLC0415  # as above

    from etui.standards import age  # noqa: PLC0415  # as above

    key = X25519PrivateKey.from_private_bytes(age.read_secret_key(line))
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return ReadKey(private, age.recipient(key.public_key().public_bytes_raw()), signs=False)


def _key(text: bytes, path: Path) -> ReadKey:
    """The key in a file of OpenSSH's or in PEM; raises ``ValueError``, ``CommandError``."""
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm  # noqa: PLC0415  # only this command waits for it
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # as above
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: PLC0415  # as above

    from etui.standards import key_pairs  # noqa: PLC0415  # as above

    load: Callable[..., object]
    if text.lstrip().startswith(_OPENSSH):
        load = serialization.load_ssh_private_key
    elif text.lstrip().startswith(_PEM):
        load = serialization.load_pem_private_key
    else:
        raise CommandError(
            f"{path} is no private key of OpenSSH's or age's, and no PEM: give the file without “.pub”", Exit.USAGE
        )
    try:
        with warnings.catch_warnings(action="ignore"):  # of what is old, which is refused below
            key = _loaded(load, text, path)
        if not key_pairs.name_of(key.public_key()):  # type: ignore[attr-defined]  # whichever it is
            raise ValueError(f"it is none of {key_pairs.IN_WORDS}")
        private: bytes = key.private_bytes(  # type: ignore[attr-defined]  # as above
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        if isinstance(key, X25519PrivateKey):
            from etui.standards import age  # noqa: PLC0415  # as above

            return ReadKey(private, age.recipient(key.public_key().public_bytes_raw()), signs=False)
        public: bytes = key.public_key().public_bytes(  # type: ignore[attr-defined]  # as above
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        )
    except (AttributeError, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from None
    except InternalError:  # OpenSSL refuses a length that is wrong, which cryptography does not look at
        raise ValueError("its length is not that of its algorithm") from None
    return ReadKey(private, public.decode("ascii"), signs=True)


def _loaded(load: Callable[..., object], text: bytes, path: Path) -> object:
    """The key, with its passphrase where it needs one; raises ``ValueError``, ``CommandError``."""
    try:
        return load(text, password=None)
    except (TypeError, ValueError) as error:
        if "password" not in str(error).lower() and "encrypted" not in str(error).lower():
            raise ValueError(str(error)) from None
    passphrase = _passphrase(path)
    waiting = f"opening {single_line(str(path))} takes as long as the file says; Ctrl-C ends it"
    try:
        with _ended_by_interrupt(), patience(waiting):
            return load(text, password=passphrase)
    except ValueError:  # each format says something else
        raise CommandError(f"the passphrase is not that of {path}", Exit.USAGE) from None


@contextlib.contextmanager
def _ended_by_interrupt() -> Iterator[None]:
    """Has Ctrl-C end this process at once: a file says itself how long it takes to open, which may be for days."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _passphrase(path: Path) -> bytes:
    """Asked for at the terminal, else one line of standard input."""
    if sys.stdin.isatty():
        try:
            typed = getpass.getpass(f"Passphrase of {path}: ").encode()
        except EOFError:
            typed = b""
    else:
        typed = sys.stdin.buffer.readline().rstrip(b"\r\n")
    if not typed:
        raise CommandError(f"{path} has a passphrase: type it, or pipe it in", Exit.USAGE)
    return typed
