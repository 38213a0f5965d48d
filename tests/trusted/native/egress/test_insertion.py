import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trusted.native.egress.world import API, OTHER, get

from etui.interfaces.egress_1 import Header
from etui.sealing import Secret
from etui.trusted.native.egress.errors import MalformedError, RefusedError
from etui.trusted.native.egress.insertion import Insertion, Where, insert, read_insertion
from etui.trusted.native.egress.requests import Outgoing, read_request

SECRET = 'pa&ss/wörd"'
HERE = "SECRET_HERE"


def sealed(**members: Any) -> bytes:  # noqa: ANN401  # what a caller may have sealed
    return msgspec.json.encode({"secret": SECRET.encode(), "hosts": [API], "where": "header", **members})


def insertion(where: Where, secret: str = SECRET) -> Insertion:
    return Insertion(Secret.from_text(secret), frozenset({API}), where, HERE)


def outgoing(url: str = f"https://{API}/", host: str = API, **more: Any) -> Outgoing:  # noqa: ANN401  # Fetch's fields
    return read_request(get(url, host, insert=b"sealed", placeholder=HERE, **more))


def posted(body: bytes, content_type: str) -> bytes:
    headers = [Header(name="Content-Type", value=content_type)]
    return insert(outgoing(method="POST", body=body, headers=headers), insertion(Where.BODY)).body


def test_what_is_sealed_is_read() -> None:
    read = read_insertion(sealed(), HERE)
    assert read.secret == Secret.from_text(SECRET)
    assert (read.hosts, read.where, read.placeholder) == (frozenset({API}), Where.HEADER, HERE)


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"null",
        SECRET.encode(),
        sealed(secret=b"abc"),
        sealed(secret=b"a" * 4097),
        sealed(secret=b"\xff" * 8),
        sealed(secret=b"abc\r\nX: y"),
        sealed(hosts=[]),
        sealed(hosts=["*.example.org"]),
        sealed(hosts=["API.example.org"]),
        sealed(where="anywhere"),
        sealed(more=1),
    ],
)
def test_what_does_not_fit_is_refused_and_not_shown(plain: bytes) -> None:
    with pytest.raises(MalformedError) as refused:
        read_insertion(plain, HERE)
    assert "ss/w" not in str(refused.value)
    assert refused.value.__context__ is None or refused.value.__suppress_context__


@pytest.mark.parametrize("placeholder", ["", "abc", "a b c d", "{secret}", "a" * 65, "schlüssel"])
def test_a_placeholder_is_a_word_that_stands_anywhere(placeholder: str) -> None:
    with pytest.raises(MalformedError, match="placeholder"):
        read_insertion(sealed(), placeholder)


def test_without_a_placeholder_nothing_is_put_in_and_nothing_goes_to_another_host() -> None:
    unasked = read_insertion(sealed(), None)
    plain = read_request(get(f"https://{API}/", API, insert=b"sealed"))
    assert insert(plain, unasked) == plain
    with pytest.raises(RefusedError, match="does not name that host"):
        insert(read_request(get(f"https://{OTHER}/", OTHER, insert=b"sealed")), unasked)


def test_a_secret_goes_into_a_header() -> None:
    headers = [Header(name="Authorization", value=f"Bearer {HERE}"), Header(name="X-Other", value="kept")]
    filled = insert(outgoing(headers=headers), insertion(Where.HEADER))
    assert filled.fields == ((b"Authorization", b"Bearer " + SECRET.encode()), (b"X-Other", b"kept"))


def test_a_secret_goes_into_a_url_percent_encoded() -> None:
    filled = insert(outgoing(f"https://{API}/a/{HERE}?k={HERE}"), insertion(Where.URL))
    assert filled.target.path == "/a/pa%26ss%2Fw%C3%B6rd%22?k=pa%26ss%2Fw%C3%B6rd%22"
    assert filled.target.host == API


@pytest.mark.parametrize(
    ("content_type", "body", "filled"),
    [
        ("application/json", b'{"p":"SECRET_HERE"}', b'{"p":"pa&ss/w\xc3\xb6rd\\""}'),
        ("application/vnd.x+json; charset=utf-8", b'"SECRET_HERE"', b'"pa&ss/w\xc3\xb6rd\\""'),
        ("application/x-www-form-urlencoded", b"p=SECRET_HERE&q=1", b"p=pa%26ss%2Fw%C3%B6rd%22&q=1"),
        ("text/plain", b"SECRET_HERE!", b'pa&ss/w\xc3\xb6rd"!'),
    ],
)
def test_a_secret_goes_into_a_body_as_its_media_type_asks(content_type: str, body: bytes, filled: bytes) -> None:
    assert posted(body, content_type) == filled


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=4, max_size=60))
def test_a_json_body_stays_the_json_that_it_was(secret: str) -> None:
    request = outgoing(
        method="POST",
        body=b'{"a":"SECRET_HERE","b":1}',
        headers=[Header(name="Content-Type", value="application/json")],
    )
    filled = insert(request, insertion(Where.BODY, secret))
    assert msgspec.json.decode(filled.body) == {"a": secret, "b": 1}


@pytest.mark.parametrize("where", list(Where))
@pytest.mark.attack(77)
def test_a_placeholder_in_another_part_than_its_item_names_is_refused(where: Where) -> None:
    parts: dict[Where, dict[str, Any]] = {
        Where.HEADER: {"headers": [Header(name="X", value=HERE)]},
        Where.BODY: {"body": HERE.encode()},
        Where.URL: {"url": f"https://{API}/{HERE}"},
    }
    assert insert(outgoing(method="POST", **parts[where]), insertion(where)) is not None
    for other in set(Where) - {where}:
        both = outgoing(method="POST", **(parts[where] | parts[other]))
        with pytest.raises(RefusedError, match="the placeholder stands in"):
            insert(both, insertion(where))


@pytest.mark.attack(77)
def test_a_secret_stands_in_the_one_header_that_its_item_names() -> None:
    named = msgspec.structs.replace(insertion(Where.HEADER), name="x-key")
    filled = insert(outgoing(headers=[Header(name="X-Key", value=HERE)]), named)
    assert filled.fields == ((b"X-Key", SECRET.encode()),)
    for headers in ([Header(name="X-Other", value=HERE)], [Header(name=n, value=HERE) for n in ("X-Key", "Cookie")]):
        with pytest.raises(RefusedError, match=r"the placeholder stands in the header (x-other|cookie), .*x-key alone"):
            insert(outgoing(headers=headers), named)


@pytest.mark.parametrize("scheme", ["Basic", "basic"])
def test_a_secret_goes_into_the_credentials_of_basic(scheme: str) -> None:
    credentials = base64.b64encode(f"ada:{HERE}".encode()).decode()
    headers = [Header(name="Authorization", value=f"{scheme} {credentials}")]
    ((_, value),) = insert(outgoing(headers=headers), insertion(Where.HEADER)).fields
    sent, _, encoded = value.decode().partition(" ")
    assert (sent, base64.b64decode(encoded).decode()) == (scheme, f"ada:{SECRET}")


@pytest.mark.attack(77)
def test_a_placeholder_within_basic_is_seen_where_it_may_not_stand() -> None:
    credentials = base64.b64encode(f"ada:{HERE}".encode()).decode()
    headers = [Header(name="Authorization", value=f"Basic {credentials}"), Header(name="X-Key", value=HERE)]
    with pytest.raises(RefusedError, match="the header authorization"):
        insert(outgoing(headers=headers), msgspec.structs.replace(insertion(Where.HEADER), name="x-key"))


@pytest.mark.attack(30)
def test_a_secret_goes_to_no_other_host_than_its_item_names() -> None:
    request = outgoing(f"https://{OTHER}/{HERE}", OTHER)
    with pytest.raises(RefusedError, match="its item does not name that host"):
        insert(request, insertion(Where.URL))


def test_a_placeholder_that_stands_elsewhere_is_told() -> None:
    with pytest.raises(MalformedError, match="does not stand in the request's header"):
        insert(outgoing(f"https://{API}/"), insertion(Where.HEADER))


def test_a_secret_that_a_header_would_not_keep_is_refused() -> None:
    headers = [Header(name="X", value=HERE)]
    with pytest.raises(MalformedError, match="space"):
        insert(outgoing(headers=headers), insertion(Where.HEADER, " leading"))


def test_an_insertion_does_not_show_its_secret() -> None:
    shown = repr(insertion(Where.URL)) + repr(insert(outgoing(f"https://{API}/{HERE}"), insertion(Where.URL)))
    assert "ss" not in shown.replace("class", "")
    assert base64.b64encode(SECRET.encode()).decode() not in shown
