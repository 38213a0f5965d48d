"""Programs on the bus, as a test sees them."""

# ruff: noqa: ANN401  # what comes over the bus is of any type

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from tests.doors.secret_service.router_peer import CLIENT_VARIABLE

from etui.standards.secretservice import KeyPair, unwrap, wrap
from etui.standards.secretservice.names import COLLECTION, ITEM, PROMPT, PROPERTIES, SERVICE, SERVICE_PATH

ALIASES = "/org/freedesktop/secrets/aliases/"
DEFAULT = ALIASES + "default"
LOGIN = "/org/freedesktop/secrets/collection/login"
KEPT_FOR_SESSION = "/org/freedesktop/secrets/collection/session"
IS_LOCKED = "org.freedesktop.Secret.Error.IsLocked"
NO_SESSION = "org.freedesktop.Secret.Error.NoSession"
NO_SUCH_OBJECT = "org.freedesktop.Secret.Error.NoSuchObject"
ACCESS_DENIED = "org.freedesktop.DBus.Error.AccessDenied"
CALLER = Path(__file__).with_name("caller.py")


class DBusError(Exception):
    """A call was answered with an error."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name
        self.text = text


class Program:
    """A program of its own on the bus; ``with`` ends it."""

    def __init__(self, environ: dict[str, str], client: str = "alice") -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(CALLER)],
            env={**environ, CLIENT_VARIABLE: client},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders = self._process.stdin
        self._answers = self._process.stdout
        self.unique_name = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        self._answers.close()
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _read(self) -> Any:
        return pickle.load(self._answers)

    def _order(self, *order: object) -> None:
        pickle.dump(order, self._orders)
        self._orders.flush()

    def begin(self, path: str, interface: str | None, member: str, signature: str = "", *body: object) -> None:
        """Begins a call; ``finish`` waits for its answer."""
        self._order("call", path, interface, member, signature, body)

    def finish(self) -> Any:
        """The results of the call that was begun; raises ``DBusError``."""
        answer = self._read()
        if answer[0] == "error":
            raise DBusError(*answer[1:])
        return answer[1]

    def call(self, path: str, interface: str | None, member: str, signature: str = "", *body: object) -> Any:
        """The results of a call; raises ``DBusError``."""
        self.begin(path, interface, member, signature, *body)
        return self.finish()

    def match(self, rule: str) -> None:
        """Asks the bus for signals."""
        self._order("match", rule)
        self._read()

    def signal(self, member: str) -> tuple[str, str, str, Any]:
        """Waits for a signal: path, interface, member, body."""
        self._order("signal", member)
        found: tuple[str, str, str, Any] = self._read()
        return found

    def signals(self) -> list[tuple[str, str, str, Any]]:
        """The signals that have come by now."""
        self._order("signals")
        found: list[tuple[str, str, str, Any]] = self._read()
        return found

    # what the tests ask for again and again

    def get(self, path: str, interface: str, name: str) -> Any:
        return self.call(path, PROPERTIES, "Get", "ss", interface, name)[0][1]

    def open_session(self) -> Encrypted:
        pair = KeyPair(os.urandom(32))
        body = ("dh-ietf1024-sha256-aes128-cbc-pkcs7", ("ay", pair.public))
        (_, given), path = self.call(SERVICE_PATH, SERVICE, "OpenSession", "sv", *body)
        return Encrypted(path, pair.session_key(bytes(given)))

    def open_plain(self) -> Plain:
        _, path = self.call(SERVICE_PATH, SERVICE, "OpenSession", "sv", "plain", ("s", ""))
        return Plain(path)

    def create(self, session: Plain, label: str, attributes: dict[str, str], value: bytes, **more: Any) -> str:
        collection = more.get("collection", DEFAULT)
        item, prompt = self.call(
            collection, COLLECTION, "CreateItem", "a{sv}(oayays)b", _properties(label, attributes), session.wire(value),
            more.get("replace", False),
        )  # fmt: skip
        assert prompt == "/", "nobody has to be asked"
        assert isinstance(item, str)
        return item

    def begin_create(self, session: Plain, label: str, value: bytes) -> None:
        body = (_properties(label, {}), session.wire(value), False)
        self.begin(DEFAULT, COLLECTION, "CreateItem", "a{sv}(oayays)b", *body)

    def search(self, attributes: dict[str, str]) -> tuple[list[str], list[str]]:
        unlocked, locked = self.call(SERVICE_PATH, SERVICE, "SearchItems", "a{ss}", attributes)
        return unlocked, locked

    def read(self, session: Plain, item: str) -> bytes:
        return session.plain(self.call(item, ITEM, "GetSecret", "o", session.path)[0])

    def complete(self, prompt: str) -> tuple[bool, Any]:
        """Starts a prompt and waits for its end."""
        self.call(prompt, PROMPT, "Prompt", "s", "")
        return self.completed(prompt)

    def completed(self, prompt: str) -> tuple[bool, Any]:
        path, _, _, (dismissed, result) = self.signal("Completed")
        assert path == prompt
        return dismissed, result


class Plain:
    """A plain session."""

    def __init__(self, path: str) -> None:
        self.path = path

    def wire(self, value: bytes) -> tuple[str, bytes, bytes, str]:
        return self.path, b"", value, "text/plain"

    def plain(self, secret: Any) -> bytes:
        session, parameters, value, _ = secret
        assert (session, bytes(parameters)) == (self.path, b"")
        return bytes(value)


class Encrypted(Plain):
    """An encrypted session."""

    def __init__(self, path: str, key: bytes) -> None:
        super().__init__(path)
        self.key = key

    def wire(self, value: bytes) -> tuple[str, bytes, bytes, str]:
        iv = os.urandom(16)
        return self.path, iv, wrap(self.key, iv, value), "text/plain"

    def plain(self, secret: Any) -> bytes:
        session, parameters, value, _ = secret
        assert session == self.path
        return unwrap(self.key, bytes(parameters), bytes(value))


def _properties(label: str, attributes: dict[str, str]) -> dict[str, tuple[str, object]]:
    return {f"{ITEM}.Label": ("s", label), f"{ITEM}.Attributes": ("a{ss}", attributes)}
