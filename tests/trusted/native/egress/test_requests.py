import contextlib

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trusted.native.egress.world import API, get

from etui.interfaces.egress_1 import Header
from etui.trusted.native.egress.errors import EgressError, MalformedError, OversizeError, RefusedError
from etui.trusted.native.egress.limits import LIMITS
from etui.trusted.native.egress.requests import Outgoing, check_size, read_request


def with_header(name: str, value: str) -> Outgoing:
    return read_request(get(headers=[Header(name=name, value=value)]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "b\r\nHost: evil.example"),
        ("X-A", "b\nX: y"),
        ("X-A", "b\rX: y"),
        ("X-A", "b\x00"),
        ("X-A", "b\x0b"),
        ("X-A", " b"),
        ("X-A", "b "),
        ("X-A", "ü"),
        ("X-A: b\r\nHost", "evil.example"),
        ("X A", "b"),
        ("X-A:", "b"),
        ("", "b"),
        ("Höst", "b"),
    ],
)
def test_no_header_begins_another_line(name: str, value: str) -> None:
    with pytest.raises(MalformedError):
        with_header(name, value)


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "hOST",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Upgrade",
        "TE",
        "Trailer",
        "Expect",
        "Keep-Alive",
        "Proxy-Connection",
        "Proxy-Authorization",
        "Accept-Encoding",
        "HTTP2-Settings",
    ],
)
def test_a_caller_does_not_frame_the_message(name: str) -> None:
    with pytest.raises(RefusedError, match=f"{name.lower()} is set by egress alone"):
        with_header(name, "1")


def test_the_host_that_was_decided_about_is_the_url_s() -> None:
    with pytest.raises(RefusedError, match="`host` is not the host of `url`"):
        read_request(get("https://evil.example/"))


def test_a_spelling_that_policy_would_not_know_is_refused() -> None:
    with pytest.raises(RefusedError, match="lower case"):
        read_request(get(host="API.example.org"))


def test_a_get_has_no_body() -> None:
    with pytest.raises(MalformedError, match="has no body"):
        read_request(get(body=b"x"))


def test_a_placeholder_needs_something_to_insert() -> None:
    with pytest.raises(MalformedError, match="`insert` is not"):
        read_request(get(placeholder="here"))


def test_a_part_of_a_response_is_not_asked_for_beside_a_secret() -> None:
    headers = [Header(name="Range", value="bytes=0-3")]
    assert read_request(get(headers=headers)).fields == ((b"Range", b"bytes=0-3"),)
    with pytest.raises(RefusedError, match="range does not go with `insert`"):
        read_request(get(headers=headers, insert=b"sealed", placeholder="here"))


def test_a_head_that_is_too_large_is_not_sent() -> None:
    outgoing = read_request(get(headers=[Header(name=f"X-{n}", value="v" * 8000) for n in range(9)]))
    with pytest.raises(OversizeError, match="the request's head has"):
        check_size(outgoing, LIMITS)


def test_a_request_does_not_show_what_it_carries() -> None:
    outgoing = read_request(
        get(f"https://{API}/path-word", method="POST", body=b"body-word", headers=[Header(name="X", value="head-word")])
    )
    assert "word" not in repr(outgoing)


@given(
    st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=4),
    st.sampled_from(["POST", "PUT", "DELETE"]),
    st.binary(max_size=40),
)
def test_what_is_accepted_arrives_as_one_request_with_these_fields(
    headers: list[tuple[str, str]], method: str, body: bytes
) -> None:
    with contextlib.suppress(EgressError):
        fields = [Header(name=n, value=v) for n, v in headers]
        outgoing = read_request(get(method=method, headers=fields, body=body))
        sender, receiver = h11.Connection(h11.CLIENT), h11.Connection(h11.SERVER)
        request = h11.Request(method=outgoing.method, target=outgoing.target.path, headers=outgoing.head())
        wire = sender.send(request) or b""
        wire += (sender.send(h11.Data(data=body)) or b"") if body else b""
        receiver.receive_data(wire + (sender.send(h11.EndOfMessage()) or b""))
        received = receiver.next_event()
        assert isinstance(received, h11.Request)
        assert list(received.headers.raw_items())[-len(headers) or len(received.headers) :] == [
            (name.encode(), value.encode()) for name, value in headers
        ]
        assert [v for n, v in received.headers if n == b"host"] == [API.encode()]
        got = b""
        while isinstance(event := receiver.next_event(), h11.Data):
            got += event.data
        assert isinstance(event, h11.EndOfMessage)
        assert got == body
        assert receiver.trailing_data == (b"", False)
