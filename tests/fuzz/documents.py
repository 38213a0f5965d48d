"""Requests, results and events that have the form of an interface's document and a content without sense."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from etui.interfaces import CompiledInterface, supplied
from etui.interfaces.document import Document, Field, FieldType
from etui.protocol.limits import MAX_INTEGER

ENDS_THE_ROUTER: Final = frozenset({"wallet/1.lock", "wallet/1.stop"})
"""What is answered by the end of the connection, as it should be: no test of malformed input."""
_WORDS: Final = (
    "",
    "a",
    "mail",
    "\0",
    "\u202e",
    "x" * 300,
    "é",
    "'; drop",
    "{payee}",
    "\n",
    "password",
    "note",
    "totp",
)
_NUMBERS: Final = (0, 1, -1, 31, 32, 2**31, 2**32, MAX_INTEGER, -MAX_INTEGER, MAX_INTEGER + 1, 10**30)


def value_of(chance: random.Random, field: Field, document: Document, depth: int = 0) -> Any:  # noqa: ANN401, C901, PLR0911  # a table of types, of any value
    """Something for a field; now and then of another type."""
    if chance.random() < 0.03 or depth > 4:
        return chance.choice((None, True, 1.5, [], {}, "x", -1, [[]], {"a": None}))
    match field.type:
        case FieldType.TEXT:
            return chance.choice(_WORDS)
        case FieldType.INTEGER | FieldType.TIME:
            return chance.choice((*_NUMBERS, field.min, field.max))
        case FieldType.BOOLEAN:
            return chance.random() < 0.5
        case FieldType.BYTES | FieldType.SEALED:
            text = base64.b64encode(chance.randbytes(chance.choice((0, 1, 16, 32, 61, 200)))).decode()
            return chance.choice((text, text, text, text[:-1], text + "=", "*"))
        case FieldType.CHOICE:
            return chance.choice((*field.options, "none of these"))
        case FieldType.REFERENCE:
            return chance.choice(("r1." + "A" * 60, "r1.", "", "item", "r1." + "A" * 481, "\0"))
        case FieldType.ITEM:
            return item(chance)
        case FieldType.LIST if field.of is not None:
            return [value_of(chance, field.of, document, depth + 1) for _ in range(chance.choice((0, 1, 3)))]
        case FieldType.MAP if field.of is not None:
            return {chance.choice(_WORDS): value_of(chance, field.of, document, depth + 1) for _ in range(2)}
        case FieldType.NAMED if field.name is not None:
            return fields_of(chance, document.types[field.name].fields, document, depth + 1)
        case _:
            return None


def fields_of(chance: random.Random, fields: Mapping[str, Field], document: Document, depth: int = 0) -> dict[str, Any]:
    """Values for some or all fields."""
    return {name: value_of(chance, field, document, depth) for name, field in fields.items() if chance.random() < 0.85}


def item(chance: random.Random) -> dict[str, Any]:
    """An item's entry, by the id that its Extension gives it."""
    entry: dict[str, Any] = {
        "item": chance.choice(("1", "2", "\0", "x" * 64, "é" * 65, "x" * 600, "")),
        "kind": chance.choice(("note", "password", "Note", "", "x" * 41)),
        "label": chance.choice(_WORDS),
        "group": chance.choice(("", "1", "x" * 64)),
        "attributes": {chance.choice(_WORDS): chance.choice(_WORDS)},
        "created": chance.choice(_NUMBERS),
        "modified": chance.choice(_NUMBERS),
    }
    return {name: value for name, value in entry.items() if name in {"item", "kind"} or chance.random() < 0.6}


def encoded(value: object) -> bytes:
    """JSON, of integers of any size too."""
    try:
        return msgspec.json.encode(value)
    except OverflowError:
        import json  # noqa: PLC0415  # which knows no limit, and is slower

        return json.dumps(value).encode()


class Speaker:
    """Says what a document lets be said, as lines of the Router's protocol without their newlines."""

    def __init__(self, interfaces: Iterable[CompiledInterface] | None = None) -> None:
        documents = [one.document for one in (supplied().values() if interfaces is None else interfaces)]
        self._methods = [
            (document, f"{document.interface}.{name}", method)
            for document in documents
            for name, method in document.methods.items()
            if f"{document.interface}.{name}" not in ENDS_THE_ROUTER
        ]
        self._results = [(document, method.result) for document, _, method in self._methods if method.result]
        self._events = [
            (document, f"{document.interface}.{name}", event)
            for document in documents
            for name, event in document.events.items()
        ]

    def request(self, chance: random.Random) -> bytes:
        """A request of any method."""
        document, name, method = chance.choice(self._methods)
        message: dict[str, Any] = {
            "jsonrpc": "2.0",
            "id": chance.choice((chance.randrange(1, 1 << 20), f"s{chance.randrange(1 << 20)}")),
            "method": name,
            "params": fields_of(chance, method.params, document),
        }
        for member in ("for", "under", "to", "quiet"):
            if chance.random() < 0.05:
                message[member] = chance.choice(("p1", "c1", "ext:etui/org.etui.secrets", True, "", 7))
        return encoded(message)

    def call(self, chance: random.Random) -> bytes:
        """A request as the Router forwards it."""
        message = msgspec.json.decode(self.request(chance).replace(b"1" + b"0" * 30, b"1"))
        message["call"] = {
            "id": chance.choice(("c1", "", "\0")),
            "client": chance.choice(("one", "two", "")),
            "name": "somebody",
            "key": base64.b64encode(chance.randbytes(chance.choice((0, 31, 32)))).decode(),
            "hosts": chance.choice(([], ["api.etui.test"], ["*"], "x")),
            "prepare": chance.random() < 0.3,
        }
        return encoded(message)

    def result(self, chance: random.Random) -> bytes:
        """A result of any method, for a request that may be waiting."""
        document, fields = chance.choice(self._results)
        result = fields_of(chance, fields, document)
        return encoded({"jsonrpc": "2.0", "id": chance.randrange(1, 40), "result": result})

    def error(self, chance: random.Random) -> bytes:
        """An error, for a request that may be waiting."""
        data = {"code": chance.choice(("denied", "stale_key", "", "no such code")), "why": chance.choice(_WORDS)}
        error: dict[str, Any] = {"code": chance.choice(_NUMBERS), "message": chance.choice(_WORDS), "data": data}
        return encoded({"jsonrpc": "2.0", "id": chance.randrange(1, 40), "error": error})

    def event(self, chance: random.Random) -> bytes:
        """An event, or what an Extension says that it makes, or of itself."""
        document, topic, event = chance.choice(self._events)
        params: dict[str, Any] = {"topic": topic, "data": fields_of(chance, event.fields, document)}
        if chance.random() < 0.7:
            params["item"] = item(chance)
        if chance.random() < 0.3:
            params = {"call": chance.choice(("c1", "", "c" * 64)), "item": item(chance)}
            return encoded({"jsonrpc": "2.0", "method": "makes", "params": params})
        if chance.random() < 0.1:
            return encoded({"jsonrpc": "2.0", "method": "stays", "params": {"stays": chance.choice((True, 1, None))}})
        return encoded({"jsonrpc": "2.0", "method": "event", "params": params})

    def notification(self, chance: random.Random) -> bytes:
        """``cancel`` and ``chunk``, in and out of order."""
        if chance.random() < 0.4:
            return encoded({"jsonrpc": "2.0", "method": "cancel", "params": {"id": chance.choice((1, "a", None, -1))}})
        part = base64.b64encode(chance.choice((b"{}", b"", b"\n", b'{"jsonrpc":"2.0","id":1,', b"x" * 999))).decode()
        params = {"stream": chance.randrange(6), "seq": chance.choice((0, 0, 0, 1, 2)), "data": part}
        if chance.random() < 0.3:
            params["last"] = chance.random() < 0.8
        return encoded({"jsonrpc": "2.0", "method": "chunk", "params": params})


Maker = Callable[[random.Random], bytes]


def of_type(kind: object) -> Maker:
    """Makes values of a msgspec type: of the right form, with senseless content."""
    described = msgspec.inspect.type_info(kind)
    return lambda chance: encoded(_of(chance, described, 0))


def _of(chance: random.Random, kind: msgspec.inspect.Type, depth: int) -> Any:  # noqa: ANN401, C901, PLR0911, PLR0912  # a table of types, of any value
    if chance.random() < 0.015 or depth > 6:
        return chance.choice((None, True, 1.5, [], {}, "x", -1))
    match kind:
        case msgspec.inspect.UnionType(types=types):
            return _of(chance, chance.choice(types), depth + 1)
        case msgspec.inspect.StructType(fields=fields, tag_field=tag_field, tag=tag):
            made = {
                f.encode_name: _of(chance, f.type, depth + 1) for f in fields if f.required or chance.random() < 0.5
            }
            return made if tag_field is None else {tag_field: tag, **made}
        case msgspec.inspect.EnumType(cls=enum):
            return chance.choice([*(one.value for one in enum), "none of these"])
        case msgspec.inspect.LiteralType(values=values):
            return chance.choice(values)
        case msgspec.inspect.StrType():
            return chance.choice(_WORDS)
        case msgspec.inspect.IntType():
            return chance.choice(_NUMBERS)
        case msgspec.inspect.FloatType():
            return chance.choice((0.0, -1.5, 1e300, 1e-300))
        case msgspec.inspect.BoolType():
            return chance.random() < 0.5
        case msgspec.inspect.BytesType():
            return base64.b64encode(chance.randbytes(chance.choice((0, 1, 32, 32, 32, 61, 93)))).decode()
        case msgspec.inspect.VarTupleType(item_type=inner) | msgspec.inspect.ListType(item_type=inner):
            return [_of(chance, inner, depth + 1) for _ in range(chance.choice((0, 1, 3)))]
        case msgspec.inspect.DictType(value_type=inner):
            return {chance.choice(_WORDS): _of(chance, inner, depth + 1) for _ in range(2)}
        case _:
            return None
