"""A Client that has no SDK: a socket, lines of JSON, and nothing that hides what passes."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any, Final, Self

_WAIT_S: Final = 60.0


class Bare:
    """One connection to a Router."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_WAIT_S)
        self._socket.connect(str(path))
        self._received = self._socket.makefile("rb")

    def send(self, *lines: bytes) -> None:
        """Sends these lines, without an end of theirs."""
        self._socket.sendall(b"".join(line + b"\n" for line in lines))

    def ask(self, message_id: int | str, method: str, params: dict[str, Any] | None = None, **beside: Any) -> None:  # noqa: ANN401  # JSON
        """Sends a request."""
        message = {"jsonrpc": "2.0", "id": message_id, "method": method, "params": params or {}, **beside}
        self.send(json.dumps(message).encode())

    def notify(self, method: str, params: dict[str, Any]) -> None:
        """Sends a notification."""
        self.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def hear(self) -> dict[str, Any] | None:
        """The next message; None where the Router has closed the connection."""
        try:
            line = self._received.readline()
        except ConnectionResetError:
            return None
        if not line:
            return None
        message: dict[str, Any] = json.loads(line)
        return message

    def answer(self, message_id: int | str, method: str, params: dict[str, Any] | None = None, **beside: Any) -> Any:  # noqa: ANN401  # JSON
        """What answers a request: its result, or the code of its error."""
        self.ask(message_id, method, params, **beside)
        heard = self.hear()
        assert heard is not None
        assert heard["id"] == message_id
        return heard["result"] if "result" in heard else heard["error"]["data"]["code"]

    def close(self) -> None:
        """Closes the connection."""
        self._received.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
