"""Who visits a Shell: bytes of HTTP as they are, or a browser's way of coming in."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """What came of a request. ``headers``: by their names in lower case."""

    status: int
    headers: dict[str, str]
    text: str


class Visitor:
    """Somebody with a link to a Shell, who keeps its cookie. ``port`` and ``root``: where the Shell is."""

    def __init__(self, link: str) -> None:
        parts = urlsplit(link)
        self.port = parts.port or 0
        self.origin = f"http://127.0.0.1:{self.port}"
        self.root = parts.path.removesuffix("/enter")
        self.link = f"{parts.path}?{parts.query}"
        self.cookie = ""

    def send(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request with these headers alone, beside the host."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            named = {"Host": f"127.0.0.1:{self.port}", **(headers or {})}
            if body is not None:
                named = {"Content-Length": str(len(body)), **named}
            for name, value in named.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)
        finally:
            connection.close()

    def enter(self) -> Answer:
        """Comes in by the link."""
        answer = self.send("GET", self.link)
        self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        """A page, as a browser asks for it."""
        own = {"Cookie": self.cookie, "Sec-Fetch-Site": "same-origin", **headers}
        return self.send("GET", self.root + path, headers=own)

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        """A form that is sent from a page of the Shell, without what comes of it."""
        own = {
            "Cookie": self.cookie,
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.origin,
            "Sec-Fetch-Site": "same-origin",
            **headers,
        }
        return self.send("POST", self.root + path, body=urlencode(form).encode(), headers=own)

    def does(self, path: str, form: Mapping[str, str], *, on: str = "/") -> str:
        """A form that is sent from a page, and what the page that follows tells of it."""
        answer = self.post(path, form, Referer=f"{self.origin}{self.root}{on}")
        assert answer.status == 303, answer.text
        page = self.get(answer.headers["location"].removeprefix(self.root))
        found = re.search(r'<section class="told.*?</section>', page.text, re.DOTALL)
        assert found, page.text
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])).strip()
