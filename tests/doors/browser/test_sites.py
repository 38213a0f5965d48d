"""Which logins are a page's own."""

from __future__ import annotations

import pytest

from etui.doors.browser.sites import Site, site_of


@pytest.mark.parametrize(
    ("origin", "host", "domain"),
    [
        ("https://example.com", "example.com", "example.com"),
        ("https://login.example.com", "login.example.com", "example.com"),
        ("https://login.example.co.uk:8443", "login.example.co.uk:8443", "example.co.uk"),
        ("https://ada.github.io", "ada.github.io", "ada.github.io"),
        ("https://github.io", "github.io", ""),
        ("https://co.uk", "co.uk", ""),
        ("https://intranet", "intranet", ""),
        ("https://wiki.intranet", "wiki.intranet", ""),
        ("https://xn--bcher-kva.example.com", "xn--bcher-kva.example.com", "example.com"),
        ("https://192.0.2.7", "192.0.2.7", ""),
        ("https://[2001:db8::1]:8443", "[2001:db8::1]:8443", ""),
        ("https://localhost:8000", "localhost:8000", ""),
        ("http://localhost:8000", "localhost:8000", ""),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", ""),
        ("http://[::1]:8000", "[::1]:8000", ""),
    ],
)
def test_a_page_has_its_host_and_its_registrable_domain(origin: str, host: str, domain: str) -> None:
    assert site_of(origin) == Site(host, domain)


@pytest.mark.parametrize(
    "origin",
    [
        "http://example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "https://user@example.com",
        "https://example.com/",
        "https://example.com/path",
        "HTTPS://example.com",
        "https://",
        "file://",
        "null",
        "chrome-extension://ldfgocgbjhoapfoegmibblaoacnncedh",
        "https://[",
        "",
    ],
)
def test_a_page_that_may_be_anybodys_has_none(origin: str) -> None:
    assert site_of(origin) is None
