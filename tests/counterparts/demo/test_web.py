"""Who may ask a site: its own name, and its own pages."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message

from etui.counterparts.demo.sites.web import form_in, site

HOST = "127.0.0.1:8101"


async def _echo(request: Request) -> Response:
    return PlainTextResponse(repr(sorted((await form_in(request)).items())))


def asked(method: str = "POST", body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and content of an answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        sent.append(message)

    given = [(name.encode(), value.encode()) for name, value in {"host": HOST, **headers}.items()]
    scope = {"type": "http", "method": method, "path": "/", "raw_path": b"/", "query_string": b"", "headers": given}
    application = site(HOST, [Route("/", _echo, methods=["GET", "POST"])])

    async def ask() -> None:
        await application({**scope, "http_version": "1.1", "scheme": "http"}, receive, send)

    asyncio.run(ask())
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, sent[1]["body"]


@pytest.mark.parametrize("host", ["evil.test:8101", "127.0.0.1", "127.0.0.1:8102", "localhost:8101", ""])
def test_another_name_is_not_answered(host: str) -> None:
    assert asked("GET", host=host)[0] == 421


def test_nothing_is_changed_by_a_page_of_somebody_elses() -> None:
    for origin in ("http://evil.test", "http://127.0.0.1:8102", "https://127.0.0.1:8101", "null"):
        assert asked(origin=origin)[0] == 403
    assert asked(origin=f"http://{HOST}")[0] == 200
    assert asked()[0] == 200, "a program that is no browser"


@pytest.mark.parametrize("host", [HOST, "evil.test"])
def test_every_answer_says_what_a_page_may_load(host: str) -> None:
    policy = asked("GET", host=host)[1]["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_form_is_read_up_to_its_limit() -> None:
    assert asked(body=b"name=ad%C3%A0&blank=&name=b")[2] == repr([("blank", ""), ("name", "b")]).encode()
    assert asked(body=b"x" * (16 << 10))[0] == 200
    assert asked(body=b"x" * ((16 << 10) + 1))[0] == 413
