"""Pages are sent compressed, and hold nothing that the length of a compressed page could tell."""

from __future__ import annotations

import gzip
import http.client
import re
from urllib.parse import urljoin, urlsplit

import pytest
from tests.shell.visitor import Visitor

from etui.interfaces import secret_1 as secret
from etui.testkit import TestWallet

SECRETS = "/of/etui/org.etui.secrets"
LINK = re.compile(r'(?:href|src|action|sse-connect)="([^"#]+)"')
MOST_PAGES = 100


def answered(visitor: Visitor, path: str, accept: str) -> tuple[str, bytes]:
    """What the answer to a browser says of its coding, and the whole of it; of what has no end what comes first."""
    connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=60)
    try:
        connection.putrequest("GET", visitor.root + path, skip_accept_encoding=True)
        for name, value in {"Cookie": visitor.cookie, "Accept-Encoding": accept}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 200, path
        begun = answer.getheader("Content-Type", "").startswith("text/event-stream")
        return answer.getheader("Content-Encoding", ""), answer.read1(100_000) if begun else answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/", SECRETS, "/settings", "/static/htmx-2.0.8.min.js"])
def test_a_page_is_a_fraction_of_its_size_for_a_browser_that_takes_it_so(
    wallet: TestWallet, visitor: Visitor, path: str
) -> None:
    del wallet
    coding, sent = answered(visitor, path, "gzip")
    assert coding == "gzip"
    assert len(sent) < len(gzip.decompress(sent)) * 0.4
    assert answered(visitor, path, "identity")[0] == ""


def test_what_is_told_as_it_happens_is_not_held_back_to_be_compressed(wallet: TestWallet, visitor: Visitor) -> None:
    del wallet
    assert answered(visitor, "/events", "gzip") == ("", b": here\n\n")


def test_no_page_holds_what_lets_somebody_in_and_every_link_leads_where_it_says(
    wallet: TestWallet, visitor: Visitor
) -> None:
    with wallet.connect() as client:
        for name in ("Alder", "Birch"):
            client.call(secret.Create(kind="note", label=name, value=b"x"))
    told = visitor.post("/set", {"name": "audit_days", "value": "0"}).headers["location"].removeprefix(visitor.root)
    waiting = [told, "/", "/?text=alder", f"{SECRETS}/nothing", "/of/nobody/nothing"]
    seen: set[str] = set(waiting)
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop()
        answer = visitor.get(path)
        assert answer.status == (200 if "nothing" not in path else answer.status), path
        if "html" not in answer.headers["content-type"]:
            continue
        for secret_part in (visitor.root.strip("/"), visitor.cookie.partition("=")[2]):
            assert secret_part not in answer.text, path
        for link in LINK.findall(answer.text):
            leads = urljoin(visitor.root + path, link.replace("&amp;", "&"))
            assert leads.startswith(f"{visitor.root}/"), f"{link} on {path} leads out of the Shell"
            inner = leads.removeprefix(visitor.root)
            if not _is_posted(urlsplit(inner).path) and inner not in seen:
                seen.add(inner)
                waiting.append(inner)
    assert {"/settings", SECRETS, "/extensions", "/clients"} <= seen
    assert any(re.fullmatch(rf"{SECRETS}/r1\.[\w-]+", path) for path in seen)


def _is_posted(path: str) -> bool:
    """Whether it is where a form goes, or where events come from."""
    return path.rpartition("/")[2] in {"events", "set", "door", "amend", "revoke", "unpair"} or bool(
        re.search(r"/(own/\w+|do|give|hide|follow)$", path)
    )
