"""An interface made ready for the path of a request: one decoder for each method, of the fields that count.

The Router decodes what policy may see, what is material and what is a reference, and forwards the params untouched.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Raw

from etui.interfaces.binding import Item
from etui.interfaces.document import Document, Field, FieldType, Method
from etui.protocol.limits import MAX_INTEGER

Value: TypeAlias = str | int | bool
_DecodedT = TypeVar("_DecodedT")
_DEFAULT_TEXT: Final = 65_536
_REFERENCE_CHARACTERS: Final = 512


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the Router sees of a request's parameters.

    ``references``: field and reference. ``policy``: name for policy and value. ``material``: field and encoded value.
    A field that is null is as absent in each. ``read``: the text that the user reads, where the method has one.
    """

    references: tuple[tuple[str, str], ...]
    policy: dict[str, Value]
    material: dict[str, bytes]
    read: str = ""


class CompiledMethod:
    """One method of an interface, ready to read its params and results."""

    def __init__(self, document: Document, name: str, method: Method) -> None:
        self.interface = document.interface
        self.name = name
        self.action = f"{document.interface}.{name}"
        self.wire_name = msgspec.json.encode(self.action)
        self.method = method
        self.types = document.types
        self.references = tuple(n for n, f in method.params.items() if f.type is FieldType.REFERENCE)
        self._policy = tuple(
            (n, f.policy) for n, f in method.params.items() if f.policy and f.type is not FieldType.REFERENCE
        )
        self._material = tuple(n for n, f in method.params.items() if f.material)
        self.marked = {mark: name for name, mark in self._policy}
        """The field of each value that policy sees, by the name under which it sees it."""
        self.scope = next((mark for n, mark in self._policy if method.params[n].scope), "")
        """The name under which policy sees the value that a grant holds for; empty where there is none."""
        self.read = next((n for n, f in method.params.items() if f.read), "")
        """The field that the user reads whole before each call; empty where there is none."""
        self.parties = tuple(n for n, f in method.params.items() if f.party)
        """The fields that name who is at the other end."""
        seen = {*self.references, *(n for n, _ in self._policy), *((self.read,) if self.read else ())}
        self.material_is_references = set(self._material) <= set(self.references)
        """Whether nothing is material but items: then references say all of what is."""
        self._plain = not seen and not self._material
        self._params = msgspec.json.Decoder(
            msgspec.defstruct(
                "Seen_" + name,
                [_struct_field(n, method.params[n]) for n in method.params if n in seen],
                kw_only=True,
            )
        )
        self._raw = msgspec.json.Decoder(dict[str, Raw])
        self.item_fields = tuple((n, f.type is FieldType.LIST) for n, f in method.result.items() if f.names_items)

    def see(self, params: bytes) -> Seen:
        """What counts of the params; raises ``msgspec.DecodeError`` where a field that counts is wrong."""
        if self._plain:
            return _NOTHING_SEEN
        values = _decoded(self._params, params)
        references = tuple(
            (name, reference) for name in self.references if (reference := getattr(values, name)) is not None
        )
        policy = {mark: value for name, mark in self._policy if (value := getattr(values, name)) is not None}
        material: dict[str, bytes] = {}
        if self._material:
            raw = _decoded(self._raw, params)
            material = {n: bytes(raw[n]) for n in self._material if n in raw and memoryview(raw[n]) != _NULL}
        read = getattr(values, self.read) if self.read else ""
        return Seen(references=references, policy=policy, material=material, read=read)

    def read_items(self, result: bytes) -> tuple[dict[str, Raw], list[Item]]:
        """The result's members, and the items that it names, in order; raises ``msgspec.DecodeError``."""
        members = _decoded(self._raw, result)
        items: list[Item] = []
        for name, is_list in self._given(members):
            if is_list:
                listed = _decoded(_items_decoder, members[name])
                items += listed
            else:
                items.append(_decoded(_item_decoder, members[name]))
        return members, items

    def write_items(self, members: dict[str, Raw], items: list[Item | None]) -> bytes:
        """The result with these items in place of those that ``read_items`` gave; None leaves an item out."""
        rest = iter(items)
        for name, is_list in self._given(members):
            if is_list:
                count = len(_items_decoder.decode(members[name]))
                kept = [item for _ in range(count) if (item := next(rest)) is not None]
                members[name] = Raw(msgspec.json.encode(kept))
            else:
                members[name] = Raw(msgspec.json.encode(next(rest)))
        return msgspec.json.encode(members)

    def _given(self, members: dict[str, Raw]) -> list[tuple[str, bool]]:
        """The fields of items that a result has, and whether each is a list."""
        return [(n, is_list) for n, is_list in self.item_fields if n in members and memoryview(members[n]) != _NULL]


class CompiledInterface:
    """An interface and its methods by name."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.id = document.interface
        self.methods = {name: CompiledMethod(document, name, method) for name, method in document.methods.items()}


_NULL: Final = memoryview(b"null")
_NOTHING_SEEN: Final = Seen(references=(), policy={}, material={})
_item_decoder: Final = msgspec.json.Decoder(Item)
_items_decoder: Final = msgspec.json.Decoder(list[Item])


def _decoded(decoder: msgspec.json.Decoder[_DecodedT], text: bytes | Raw) -> _DecodedT:
    """The value in a text; whatever else the decoder stumbles over is a ``msgspec.DecodeError`` too."""
    try:
        return decoder.decode(text)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from None


def _struct_field(name: str, field: Field) -> tuple[str, Any] | tuple[str, Any, Any]:
    annotation = plain_type(field)
    if field.optional:
        return (name, annotation | None, None)
    return (name, annotation)


def plain_type(field: Field) -> Any:  # noqa: ANN401  # a type expression has no narrower type
    """The type by which msgspec reads a field, with its bounds; ``Raw`` for one that holds others, and for bytes."""
    match field.type:
        case FieldType.TEXT:
            return Annotated[str, Meta(max_length=_DEFAULT_TEXT if field.max is None else field.max)]
        case FieldType.REFERENCE:
            return Annotated[str, Meta(min_length=1, max_length=_REFERENCE_CHARACTERS)]
        case FieldType.INTEGER | FieldType.TIME:
            least = -MAX_INTEGER if field.min is None else field.min
            most = MAX_INTEGER if field.max is None else field.max
            return Annotated[int, Meta(ge=least, le=most)]
        case FieldType.BOOLEAN:
            return bool
        case FieldType.CHOICE:
            return Literal[field.options]
        case _:
            return Raw
