import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etui.trusted.native.egress.errors import MalformedError
from etui.trusted.native.egress.targets import Scheme, Target, is_host, read_target, redirected

AT = Target(Scheme.HTTPS, "api.example.org", 443, "/a/b?c=d")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://api.example.org", Target(Scheme.HTTPS, "api.example.org", 443, "/")),
        ("https://api.example.org?q", Target(Scheme.HTTPS, "api.example.org", 443, "/?q")),
        ("HTTPS://API.Example.ORG:443/X#part", Target(Scheme.HTTPS, "api.example.org", 443, "/X")),
        ("https://api.example.org:8443/%2F", Target(Scheme.HTTPS, "api.example.org", 8443, "/%2F")),
        ("http://shop.etui.test/", Target(Scheme.HTTP, "shop.etui.test", 80, "/")),
        ("https://xn--bcher-kva.example/", Target(Scheme.HTTPS, "xn--bcher-kva.example", 443, "/")),
    ],
)
def test_a_url_is_taken_apart(url: str, target: Target) -> None:
    assert read_target(url) == target


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.org/",
        "//api.example.org/",
        "https:/api.example.org/",
        "https:///api.example.org/",
        "ftp://api.example.org/",
        "file:///etc/passwd",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0x7f.0x0.0x0.0x1/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://api.example.org./",
        "https://user@api.example.org/",
        "https://user:word@api.example.org/",
        "https://api.example.org@evil.example/",
        "https://api.example.org:0/",
        "https://api.example.org:65536/",
        "https://api.example.org:00443/",
        "https://api.example.org:+443/",
        "https://api.example.org\\@evil.example/",
        "https://evil.example\\.api.example.org/",
        "https://api.example.org/a b",
        "https://api.example.org/\r\nX: y",
        "https://api.example.org/\tx",
        "https://api.example.org/\x00",
        "https://api.example.org/ü",
        "https://bücher.example/",
        "https://api。example.org/",
        "https://api.example.org/%zz",
        "https://-api.example.org/",
        "https://a..example.org/",
        "https://" + "a." * 127 + "example/",
        "https://api.example.org/" + "a" * 8192,
    ],
)
def test_anything_else_is_no_url(url: str) -> None:
    with pytest.raises(MalformedError):
        read_target(url)


@given(
    st.one_of(
        st.text(),
        st.from_regex(r"https?://[a-z0-9.@:\[\]\\%-]{1,40}(/[ -~]{0,20})?", fullmatch=True),
    )
)
def test_whatever_is_taken_reads_the_same_again(url: str) -> None:
    with contextlib.suppress(MalformedError):
        target = read_target(url)
        assert is_host(target.host)
        assert target.path.startswith("/")
        assert target.path.isascii()
        assert target.path.isprintable()
        assert " " not in target.path
        assert read_target(target.url) == target


@pytest.mark.parametrize(
    ("location", "url"),
    [
        (b"/x", "https://api.example.org/x"),
        (b"x?y", "https://api.example.org/a/x?y"),
        (b"", "https://api.example.org/a/b?c=d"),
        (b"?e", "https://api.example.org/a/b?e"),
        (b"//other.example.org/x", "https://other.example.org/x"),
        (b"http://other.example.org/", "http://other.example.org/"),
        (b"../../../x", "https://api.example.org/x"),
        (b"/a b\xc3\xbc", "https://api.example.org/a%20b%C3%BC"),
    ],
)
def test_a_location_is_seen_from_where_it_was_sent(location: bytes, url: str) -> None:
    assert redirected(AT, location).url == url


@given(st.binary(max_size=60))
def test_no_location_leads_anywhere_but_to_a_host(location: bytes) -> None:
    with contextlib.suppress(MalformedError):
        assert is_host(redirected(AT, location).host)


def test_a_target_does_not_show_its_path() -> None:
    assert "c=d" not in repr(AT)
