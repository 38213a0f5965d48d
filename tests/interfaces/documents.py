"""Documents for the tests: one that keeps every rule, and what is changed in it."""

from __future__ import annotations

import json
from typing import Any, Final

from etui.interfaces import Document, read_document

FIELD_TYPES: Final[dict[str, dict[str, Any]]] = {
    "text": {"type": "text"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "bytes": {"type": "bytes"},
    "time": {"type": "time"},
    "choice": {"type": "choice", "options": ["a", "b"]},
    "sealed": {"type": "sealed"},
    "reference": {"type": "reference"},
    "item": {"type": "item"},
    "list": {"type": "list", "of": {"type": "text"}},
    "map": {"type": "map", "of": {"type": "text"}},
    "named": {"type": "named", "name": "Place"},
}
"""A field of each type, with no more than it needs."""

ITEM: Final = {"type": "reference", "title": "Permit", "material": True, "policy": "item", "kinds": ["permit"]}


def parking(**members: Any) -> dict[str, Any]:  # noqa: ANN401  # members of a document, right or wrong
    """A document that uses every member there is; ``members`` take the place of its own."""
    return {
        "interface": "org.example.parking/1",
        "title": "Parking",
        "text": "Permits to park.",
        "callers": "anyone",
        "kinds": {"permit": {"title": "Permit", "plural": "Permits", "text": "A right.", "transfer": "bound"}},
        "types": {
            "Place": {"text": "Where", "fields": {"street": {"type": "text"}, "next": named("Place", optional=True)}}
        },
        "methods": {"pay": pay(), "show": show(), "find": find()},
        "events": {"ended": {"title": "It ended", "text": "Time is up.", "fields": {"at": {"type": "time"}}}},
        "owner": ["show"],
        "session": ["show"],
        **members,
    }


def pay(**members: Any) -> dict[str, Any]:  # noqa: ANN401
    """A method that creates an item, is asked for and prepared."""
    return {
        "title": "Pay",
        "text": "Pays for a permit.",
        "ask": "pay {amount} {currency} to {payee}",
        "effect": "use",
        "params": {
            "amount": {
                "type": "integer",
                "title": "Amount",
                "policy": "amount",
                "material": True,
                "min": 1,
                "max": 900,
            },
            "currency": {"type": "choice", "title": "Currency", "options": ["EUR", "SEK"], "policy": "currency"},
            "payee": {"type": "text", "title": "To", "max": 80, "policy": "payee", "material": True, "scope": True},
            "code": {"type": "sealed", "optional": True},
            "places": {"type": "list", "of": named("Place"), "max": 4, "optional": True},
            "notes": {"type": "map", "of": {"type": "text", "max": 9}, "optional": True, "text": "Whatever."},
        },
        "result": {"permit": {"type": "item", "kinds": ["permit"]}, "receipt": {"type": "bytes", "max": 4096}},
        "prepare": True,
        "creates": True,
        "waits": True,
        "timeout_s": 60,
        **members,
    }


def show(**members: Any) -> dict[str, Any]:  # noqa: ANN401
    """A method on one item."""
    return {
        "title": "Show",
        "ask": "show “{item}”",
        "effect": "disclose",
        "own": False,
        "params": {"item": ITEM},
        "result": {"until": {"type": "time"}, "value": {"type": "sealed"}},
        **members,
    }


def find(**members: Any) -> dict[str, Any]:  # noqa: ANN401
    """A method that tells of items as far as another one would be allowed on them."""
    return {
        "title": "Find",
        "effect": "none",
        "decide": "show",
        "result": {"items": {"type": "list", "of": {"type": "item"}, "title": "Permits"}},
        **members,
    }


def give(**members: Any) -> dict[str, Any]:  # noqa: ANN401
    """A method by which a Client proposes a lasting right to ``pay``."""
    params = pay()["params"]
    terms: dict[str, Any] = {
        "each": {"type": "integer", "optional": True},
        "period_s": {"type": "integer", "min": 60},
        "until": {"type": "time", "optional": True},
    }
    return {
        "title": "Propose a right",
        "effect": "change",
        "prepare": True,
        "waits": True,
        "gives": "pay",
        "params": {
            "amount": params["amount"],
            "currency": {"type": "text", "title": "Currency", "policy": "currency"},
            "payee": params["payee"],
            **terms,
        },
        "result": {"amount": {"type": "integer"}, "currency": {"type": "text"}, **terms},
        **members,
    }


def named(name: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401
    """A field of a named type."""
    return {"type": "named", "name": name, **members}


def with_param(field: dict[str, Any]) -> dict[str, Any]:
    """The document with one more parameter of ``pay``, called ``extra``."""
    method = pay()
    return parking(methods={"pay": pay(params={**method["params"], "extra": field}), "show": show(), "find": find()})


def with_result(field: dict[str, Any]) -> dict[str, Any]:
    """The document with one more member in the result of ``pay``, called ``extra``."""
    method = pay()
    return parking(methods={"pay": pay(result={**method["result"], "extra": field}), "show": show(), "find": find()})


def with_method(method: dict[str, Any]) -> dict[str, Any]:
    """The document with one more method, called ``more``."""
    return parking(methods={**parking()["methods"], "more": method})


def read(document: dict[str, Any]) -> Document:
    """The document as it is read."""
    return read_document(json.dumps(document).encode())
