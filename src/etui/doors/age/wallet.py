"""The wallet, as the plugin reaches it: a Client of two methods, in the standard library and ``cryptography``.

It says hello, asks for the reference to a key, and for a file key. A locked wallet is asked to unlock, once.

Source: Etui's own ``docs/protocol.md``, sections 2 (where the socket is), 5 (messages), 7 (hello), 16 (sealed values).
"""

from __future__ import annotations

import _socket as socket  # what of the module socket is in C: the rest of it takes longer to load than this to run
import json
import os
import struct
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VERSION: Final = 1
_MAX_LINE_BYTES: Final = 1 << 20
_READ_BYTES: Final = 1 << 16
_PATIENCE_S: Final = 1.0
_CREDENTIALS: Final = struct.Struct("3i")
_FIELD: Final = b"age/1.unwrap.file_key"
_NONCE_AT, _BODY_AT, _LEAST_BYTES = 33, 45, 61


class WalletError(Exception):
    """The wallet does not do it; the message says why."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class UnknownKeyError(WalletError):
    """The wallet has no key with this public part."""

    def __init__(self) -> None:
        super().__init__("the wallet has no key of this identity")


class Wallet:
    """A connection to the Router. ``waits`` is called once where it takes long: the user is asked."""

    def __init__(self, waits: Callable[[], None]) -> None:
        self._waits: Callable[[], None] | None = waits
        self._private = X25519PrivateKey.generate()
        self._public = self._private.public_key().public_bytes_raw()
        self._next = 0
        self._items: dict[bytes, str] = {}
        self._socket = _connected()
        self._held = b""
        self._call("wallet/1.hello", {"versions": [_VERSION], "key": _text(self._public), "name": "age"})

    def unwrap(self, public: bytes, stanzas: list[tuple[bytes, bytes]]) -> bytes | None:
        """The file key that one of the stanzas, pairs of share and body, holds for the key with this public part.

        Nothing where none does. Raises ``UnknownKeyError``, ``WalletError``.
        """
        if public not in self._items:
            item = self._asked("age/1.locate", {"public": _text(public)}).get("item")
            if item is None:
                raise UnknownKeyError
            self._items[public] = item["item"]
        given = [{"share": _text(share), "body": _text(body)} for share, body in stanzas]
        found = self._asked("age/1.unwrap", {"item": self._items[public], "stanzas": given}).get("file_key")
        return None if found is None else self._opened(b64decode(found))

    def _asked(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a request, after an unlock where there has to be one."""
        try:
            return self._call(method, params)
        except WalletError as error:
            if error.code != "locked":
                raise
        self._call("wallet/1.unlock", {})
        return self._call(method, params)

    def _call(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self._next += 1
        request = {"jsonrpc": "2.0", "id": self._next, "method": method, "params": params}
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            answer = self._answer()
        except OSError as error:
            raise WalletError(f"the wallet went away: {error.strerror or error}") from None
        if (refused := answer.get("error")) is not None:
            data = refused.get("data", {})
            why = f" (etui why {data['why']})" if data.get("why") else ""
            raise WalletError(f"{refused['message']}{why}", data.get("code", ""))
        result: dict[str, Any] = answer["result"]
        return result

    def _answer(self) -> dict[str, Any]:
        """What answers the last request; events, of which nobody asked for any, are passed over."""
        while True:
            if self._waits is not None and not self._held and not _readable(self._socket, _PATIENCE_S):
                self._waits()
                self._waits = None
            try:
                answer: dict[str, Any] = json.loads(self._line())
            except ValueError:
                raise WalletError("what answers is no wallet") from None
            if answer.get("id") == self._next:
                return answer

    def _line(self) -> bytes:
        line, newline, rest = self._held.partition(b"\n")
        while not newline:
            came = self._socket.recv(_READ_BYTES)
            if not came or len(self._held) > _MAX_LINE_BYTES:
                raise WalletError("the wallet went away: it was locked, or has ended")
            self._held += came
            line, newline, rest = self._held.partition(b"\n")
        self._held = rest
        return line

    def _opened(self, sealed: bytes) -> bytes:
        """The value that was sealed to this end (section 16)."""
        sender = sealed[1:_NONCE_AT]
        salt = min(self._public, sender) + max(self._public, sender)
        if len(sealed) < _LEAST_BYTES or sealed[0] != _VERSION:
            raise WalletError("what the wallet sent is no sealed value")
        try:
            shared = self._private.exchange(X25519PublicKey.from_public_bytes(sender))
            key = HKDF(SHA256(), 32, salt=salt, info=b"etui/sealed-value/1 " + sender).derive(shared)
            return AESGCM(key).decrypt(sealed[_NONCE_AT:_BODY_AT], sealed[_BODY_AT:], _FIELD)
        except (ValueError, InvalidTag):
            raise WalletError("what the wallet sent does not open: try again") from None


def _connected() -> socket.socket:
    """A connection to the wallet of this environment, which has to be this user's own, or root's."""
    path = _path(os.environ, os.getuid())
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except OSError as error:
        reason = error.strerror or error
        raise WalletError(f"no wallet answers at {path} ({reason}); start one with `etui up`") from None
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    if _CREDENTIALS.unpack(peer)[1] not in {os.geteuid(), 0}:
        raise WalletError(f"the wallet at {path} is another user's; set XDG_RUNTIME_DIR")
    return connection


def _path(environ: Mapping[str, str], uid: int) -> str:
    """Where the Router listens (section 2)."""
    if environ.get("ETUI_SOCKET"):
        return environ["ETUI_SOCKET"]
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    base = f"{runtime.rstrip('/')}/etui" if runtime.startswith("/") else f"/tmp/etui-{uid}"  # noqa: S108
    if environ.get("ETUI_HOME"):
        home = _absolute(environ["ETUI_HOME"])
        data = environ.get("XDG_DATA_HOME", "")
        data = data if data.startswith("/") else f"{environ.get('HOME') or ''}/.local/share"
        if home != _absolute(f"{data}/etui"):
            digest = Hash(SHA256())
            digest.update(home.encode("utf-8", "surrogateescape"))
            base += f"/p-{digest.finalize().hex()[:8]}"
    return f"{base}/router"


def _absolute(path: str) -> str:
    """The path from the root, as ``pathlib`` has it, which takes longer to load than all of this to run."""
    if path.startswith("/") and not any(part in {"", "."} for part in path[1:].split("/")):
        return path
    from pathlib import Path  # noqa: PLC0415  # as just said

    return str(Path(path).absolute())


def _readable(connection: socket.socket, timeout_s: float) -> bool:
    """Whether something comes within that time; it stays there."""
    connection.settimeout(timeout_s)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return False
    finally:
        connection.settimeout(None)
    return True


def _text(value: bytes) -> str:
    return b64encode(value).decode("ascii")
