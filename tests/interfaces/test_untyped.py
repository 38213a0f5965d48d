"""Requests that are made of a document alone: on the wire they are what the typed Python sends."""

from __future__ import annotations

import msgspec

from etui.interfaces import read_document, secret_1, supplied, untyped_request, values_of
from etui.sdk.ends import End

_NAMES = ("from", "class", "METHOD", "SEALED", "on_the_wire", "self")
_NAMED_BADLY = {
    "interface": "org.example.names/1",
    "title": "Names",
    "methods": {
        "give": {
            "title": "Give",
            "effect": "none",
            "params": {name.lower(): {"type": "sealed", "optional": True} for name in _NAMES},
            "result": {name.lower(): {"type": "text", "optional": True} for name in _NAMES},
        }
    },
}


def test_it_travels_as_the_typed_request_does() -> None:
    document = supplied()["secret/1"].document
    typed = secret_1.Find(attributes={"user": "ada"}, kind="login")
    untyped = untyped_request(document, "find", {"attributes": {"user": "ada"}, "kind": "login"})
    assert msgspec.json.decode(msgspec.json.encode(untyped)) == msgspec.json.decode(msgspec.json.encode(typed))
    assert (untyped.METHOD, untyped.WAITS) == (typed.METHOD, typed.WAITS)
    read = untyped_request(document, "read", {"item": "r1.x"})
    assert [read.on_the_wire(name) for name in read.REFERENCES] == list(secret_1.Read.REFERENCES)


def test_a_sealed_field_is_sealed_to_the_other_end_and_never_shown() -> None:
    document = supplied()["secret/1"].document
    request = untyped_request(document, "create", {"kind": "pin", "label": "Bank", "value": b"2743"})
    assert "2743" not in repr(request)
    here, there = End(), End()
    sent = here.encode(request, there.public)
    assert there.decode(secret_1.Create, sent, sender=here.public).value == b"2743"


def test_a_field_may_be_called_like_anything_of_pythons_or_ours() -> None:
    document = read_document(msgspec.json.encode(_NAMED_BADLY))
    request = untyped_request(document, "give", {"on_the_wire": b"a", "from": b"b"})
    here, there = End(), End()
    assert set(msgspec.json.decode(here.encode(request, there.public))) == {"on_the_wire", "from"}
    result = there.decode(request.RESULT, b'{"class": "c", "self": "s"}')
    assert values_of(result) == {"class": "c", "self": "s"}
