"""Origins have one spelling, and hold nothing with which a page could take another's name."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etui.trusted.evidence import OriginError, read_origin

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(lambda text: "--" not in text)
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join).filter(lambda name: not name.split(".")[-1].isdigit())
ADDRESSES = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(lambda address: f"[{address}]")
PORTS = st.integers(1, 65535).filter(lambda port: port != 443).map(lambda port: f":{port}") | st.just("")


@pytest.mark.parametrize(
    "text",
    [
        "https://shop.example",
        "https://shop.example:8443",
        "https://xn--mnchen-3ya.example",
        "https://xn--ls8h.la",
        "https://my_app.example",
        "https://203.0.113.7",
        "https://[2001:db8::1]:8443",
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://localhost",
        f"https://{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 61}:65535",
    ],
)
def test_an_origin_is_read_as_it_is(text: str) -> None:
    assert read_origin(text).text == text


@pytest.mark.attack(180)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "file://",
        "file:///etc/passwd",
        "about:blank",
        "data:text/html,hi",
        "blob:https://shop.example",
        "moz-extension://1f2e3d4c",
        "chrome-extension://jfkdjakcbpalmhgeoknmlhpdcdjfkbae",
        "ws://shop.example",
        "http://shop.example",
        "http://localhost.evil.example:8000",
        "http://127.0.0.2:8000",
        "shop.example",
        "//shop.example",
        "https:shop.example",
        "https://",
        "https://shop.example/",
        "https://shop.example/path",
        "https://shop.example?query",
        "https://shop.example#fragment",
        "https://ada@shop.example",
        "https://shop.example@evil.example",
        "https://shop.example:pass@evil.example",
        "https://shop.example@0f3a",
        "https://Shop.example",
        "HTTPS://shop.example",
        "https://shop.example.",
        "https://.shop.example",
        "https://shop..example",
        "https://-shop.example",
        "https://shop.example:",
        "https://shop.example:443",
        "https://shop.example:0",
        "https://shop.example:08443",
        "https://shop.example:65536",
        "https://shop.example:8443:1",
        "http://localhost:80",
        "https://münchen.example",
        "https://xn--.example",
        "https://xn--shop-.example",
        "https://xn--Mnchen-3ya.example",
        "https://xn--mnchen-3YA.example",
        "https://xn--\u00fc.example",
        "https://127.1",
        "https://0x7f.0.0.1",
        "https://shop.0x7f",
        "https://192.168.010.1",
        "https://3232235777",
        "https://[2001:DB8::1]",
        "https://[2001:db8:0:0:0:0:0:1]",
        "https://[::1",
        "https://[fe80::1%eth0]",
        "https://shop.example ",
        " https://shop.example",
        "https://shop.example\n",
        "https://shop.example\0",
        "https://shop\u3002example",
        "https://sho\u200bp.example",
        f"https://{'a' * 64}.example",
        f"https://{'a.' * 127}example",
    ],
)
def test_what_no_browser_writes_is_no_origin(text: str) -> None:
    with pytest.raises(OriginError):
        read_origin(text)


@given(NAMES | ADDRESSES, PORTS)
def test_every_host_and_port_is_read_as_it_is(host: str, port: str) -> None:
    assert read_origin(f"https://{host}{port}").place == f"{host}{port}"


@pytest.mark.attack(180)
@given(st.text() | st.from_regex(r"https?://[a-z0-9.:@\[\]-]{1,30}", fullmatch=True))
@example("https://[::ffff:1.2.3.4]")
def test_whatever_is_taken_has_its_one_spelling_and_nothing_that_ends_a_principal(text: str) -> None:
    try:
        origin = read_origin(text)
    except OriginError:
        return
    assert origin.text == text == text.lower()
    assert text.isascii()
    assert not set(text) & set("@/?# \\%") - {"/"}
    assert text.count("/") == 2
    if origin.host.startswith("["):
        assert str(ipaddress.ip_address(origin.host[1:-1])) == origin.host[1:-1]
