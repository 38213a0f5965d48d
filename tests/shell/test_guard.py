"""Who a Shell serves: whoever came in by the link, from its own pages, and nobody else."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from tests.compositor import NOBODY, until
from tests.shell.conftest import shell_of
from tests.shell.visitor import Visitor

from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Client
from etui.testkit import TestWallet

PAGES = ["/", "/extensions", "/clients", "/activity", "/settings", "/of/etui/org.etui.secrets", "/none"]


@pytest.fixture(scope="module")
def newcomer(shared: TestWallet) -> Iterator[Visitor]:
    """Somebody with a link to another Shell of the same wallet."""
    with shell_of(shared) as link:
        yield Visitor(link)


@pytest.mark.attack(172)
def test_the_link_is_good_once_and_the_cookie_is_for_this_shell_alone(newcomer: Visitor) -> None:
    answer = newcomer.enter()
    assert (answer.status, answer.headers["location"]) == (303, f"{newcomer.root}/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"etui-shell-{newcomer.port}=")
    for attribute in ("HttpOnly", "SameSite=strict", f"Path={newcomer.root}/"):
        assert attribute in cookie
    assert len(newcomer.root) >= 32
    again = newcomer.send("GET", newcomer.link)
    assert again.status == 401
    assert "set-cookie" not in again.headers
    assert newcomer.get("/").status == 200, "who came in stays in"
    guessed = newcomer.send("GET", f"{newcomer.root}/enter?link={'A' * 32}")
    assert guessed.status == 401


@pytest.mark.attack(202)
def test_another_user_of_the_machine_gets_nothing_by_the_link(shared: TestWallet) -> None:
    if os.geteuid() != 0:
        pytest.skip("to be another user takes root")
    with shell_of(shared) as link:
        code = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1])"
        words = ["/usr/bin/python3", "-I", "-c", code, link]
        other = subprocess.run(words, user=NOBODY, group=NOBODY, extra_groups=(), capture_output=True, check=False)
        assert b"HTTP Error 403: Forbidden" in other.stderr
        assert Visitor(link).enter().status == 303, "and the link is good yet"

        def is_on_record() -> bool:
            with shared.connect() as client:
                records = client.call(shell_interface.Audit(text="turned away, from a program of another user")).records
            return bool(records)

        until(is_on_record)


@pytest.mark.attack(199)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_was_turned_away_and_is_not_told_yet_is_on_record_when_the_shell_ends(
    shared: TestWallet, number: signal.Signals
) -> None:
    def told() -> list[str]:
        with shared.connect() as client:
            rows = client.call(shell_interface.Audit(text="turned away, under another name", limit=100)).records
            return [row.what or "" for row in rows]

    before = len(told())
    with shell_of(shared, number) as link:
        stranger = Visitor(link)
        for _ in range(4):
            assert stranger.send("GET", "/", headers={"Host": f"evil.example:{stranger.port}"}).status == 421
        until(lambda: len(told()) == before + 1)
    last, first = told()[: len(told()) - before]
    assert "1 request turned away" in first
    assert "3 requests turned away" in last


@pytest.mark.attack(172)
@pytest.mark.parametrize("path", PAGES)
def test_without_the_cookie_no_page_is_there(wallet: TestWallet, visitor: Visitor, path: str) -> None:
    del wallet
    for cookie in ({}, {"Cookie": "etui-shell-1=x"}, {"Cookie": f"etui-shell-{visitor.port}={'x' * 32}"}):
        answer = visitor.send("GET", visitor.root + path, headers=cookie)
        assert answer.status == 401, path
        assert "<html" not in answer.text
    assert visitor.send("GET", path, headers={"Cookie": visitor.cookie}).status == 404, "nor without the path"


@pytest.mark.attack(171)
@pytest.mark.parametrize(
    "host", ["localhost:{port}", "127.0.0.1", "evil.example:{port}", "127.0.0.1:1", "[::1]:{port}"]
)
def test_another_name_that_points_here_gets_nothing(visitor: Visitor, host: str) -> None:
    headers = {"Host": host.format(port=visitor.port), "Cookie": visitor.cookie}
    assert visitor.send("GET", f"{visitor.root}/", headers=headers).status == 421


@pytest.mark.attack(170)
@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_what_another_page_sends_does_nothing(wallet: TestWallet, visitor: Visitor, sent: dict[str, str]) -> None:
    with wallet.connect() as client:
        before = len(client.call(shell_interface.Clients()).clients)
        assert visitor.post("/own/lock", {}, **sent).status == 403
        assert visitor.post("/revoke", {"client": "x"}, **sent).status == 403
        assert len(client.call(shell_interface.Clients()).clients) == before, "it is open, and nothing was taken back"


@pytest.mark.attack(170)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_page_embeds_is_not_there(visitor: Visitor, site: str) -> None:
    for path in ("/", "/events", "/static/icon.svg", "/of/etui/org.etui.secrets/logo.png"):
        assert visitor.get(path, **{"Sec-Fetch-Site": site}).status == 403, path


@pytest.mark.attack(199)
def test_what_is_turned_away_is_on_record_and_a_page_that_hammers_fills_nothing(wallet: TestWallet) -> None:
    with wallet.connect() as client, shell_of(wallet) as link:
        before = reports(client)
        visitor = Visitor(link)
        assert visitor.enter().status == 303
        for number in range(50):
            hostile = {"Origin": f"http://evil{number}.example"}
            assert visitor.post("/own/lock", {}, **hostile).status == 403
            assert visitor.send("GET", "/", headers={"Host": "evil.example"}).status == 421
            assert visitor.send("GET", f"{visitor.root}/", headers={}).status == 401
            assert visitor.enter().status == 401
            visitor.cookie = ""
        deadline = time.monotonic() + 20
        while len(new := reports(client)[: -len(before) or None]) < 4 and time.monotonic() < deadline:
            time.sleep(0.05)
        told = sorted(re.sub(r"^[0-9]+ requests? turned away, |\d", "", row.what or "") for row in new)
        assert told == [
            "by a link that was used before, too old or never given",
            "from another site, the last as http://evil.example",
            "under another name than its own, the last as evil.example",
            "without its cookie",
        ], "each once, though all came fifty times"
        sentences = client.call(wallet_interface.Why(id=new[0].id)).sentences
        assert any("what follows is its word" in sentence for sentence in sentences)
        assert any(sentence.startswith("Who reported it") for sentence in sentences)


def reports(client: Client) -> list[shell_interface.RecordRow]:
    """What was reported so far, the newest first."""
    return client.call(shell_interface.Audit(text="report turned away", limit=100)).records


def test_a_form_has_a_length_and_not_much_of_it(visitor: Visitor) -> None:
    assert visitor.post("/set", {"name": "x" * (64 << 10)}).status == 413
    endless = visitor.post("/set", {}, **{"Content-Length": "-1"})
    assert endless.status in {400, 413}
    chunked = visitor.send(
        "POST",
        f"{visitor.root}/set",
        headers={"Cookie": visitor.cookie, "Origin": visitor.origin, "Transfer-Encoding": "chunked"},
    )
    assert chunked.status in {400, 413}


@pytest.mark.attack(173)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_forbids_what_it_does_not_need(wallet: TestWallet, visitor: Visitor, path: str) -> None:
    del wallet
    answer = visitor.get(path)
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    style = policy.pop("style-src")
    assert set(policy.values()) <= {"'none'", "'self'"}, "no inline code, no other host"
    (inline,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL) or [None]
    if inline is not None:
        assert style == f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "HEAD"])
def test_other_methods_do_nothing(wallet: TestWallet, visitor: Visitor, method: str) -> None:
    headers = {"Cookie": visitor.cookie, "Origin": visitor.origin}
    assert visitor.send(method, f"{visitor.root}/own/lock", headers=headers).status == 405
    assert wallet.etui("status").stdout
    with wallet.connect() as client:
        assert client.greeting.locked is False
