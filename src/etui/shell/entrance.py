"""Who may come in: the link that was printed, good once and for a minute, and the cookie that it is exchanged for.

A cookie is sent to every port of a host, so its name has this port in it, and its path is one that nobody can guess: a
server of somebody else on another port of the loopback is not sent it.

Source: RFC 6265, section 8.5 (cookies do not keep ports apart).
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final

_BYTES: Final = 24
_LINK_S: Final = 60.0


class Entrance:
    """The one way into a Shell that listens on ``port``; time is passed in, in monotonic seconds."""

    def __init__(self, port: int) -> None:
        self.port: Final = port
        self.origin: Final = f"http://127.0.0.1:{port}"
        self.host: Final = f"127.0.0.1:{port}"
        self.path: Final = f"/{secrets.token_urlsafe(_BYTES)}"
        """What every path begins with."""
        self.cookie: Final = f"etui-shell-{port}"
        self._link = ""
        self._ends = 0.0
        self._session = ""

    def link(self, now: float) -> str:
        """A new link, in place of the last one: good once, within a minute."""
        self._link = secrets.token_urlsafe(_BYTES)
        self._ends = now + _LINK_S
        return f"{self.origin}{self.path}/enter?link={self._link}"

    def enter(self, link: str, now: float) -> str | None:
        """The value of the cookie for who has the link; None for any other, and from the second time on."""
        good = bool(self._link) and now < self._ends and _is_same(link, self._link)
        if not good:
            return None
        self._link = ""
        self._session = secrets.token_urlsafe(_BYTES)
        return self._session

    def admits(self, cookie: str) -> bool:
        """Whether this is the cookie of who came in last."""
        return bool(self._session) and _is_same(cookie, self._session)


def _is_same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
