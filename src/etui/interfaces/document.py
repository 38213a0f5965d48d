"""An interface as a document: what any package may bring and Router, dialog and Shell render and enforce from.

The document is JSON (``docs/interfaces.md`` specifies it). Rules that this module enforces when it is read:

1. A *sealed* field and an *item* stand at the top level of params or result, so that nobody has to search for them.
2. A field that policy may see has a plain type: text, integer, boolean, or a reference.
3. A name is a lower-case word; an interface of a stranger is named in reverse-DNS form, ``org.example.parking/1``.
4. The question put to the user may name fields in braces, and every field that it names exists.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DOCUMENT_BYTES: Final = 256 << 10
_NAME: Final = r"^[a-z][a-z0-9_]{0,39}\Z"
_TYPE_NAME: Final = r"^[A-Z][A-Za-z0-9]{0,39}\Z"
_INTERFACE: Final = r"^([a-z][a-z0-9_]*|[a-z][a-z0-9-]*(\.[a-z][a-z0-9_-]*){2,})/[1-9][0-9]{0,3}\Z"
PLACEHOLDER: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")

Name = Annotated[str, Meta(pattern=_NAME)]
TypeName = Annotated[str, Meta(pattern=_TYPE_NAME)]
InterfaceId = Annotated[str, Meta(pattern=_INTERFACE, max_length=120)]
ShortText = Annotated[str, Meta(min_length=1, max_length=120)]
LongText = Annotated[str, Meta(max_length=2000)]


class InterfaceError(Exception):
    """A document is not an interface: the message says where it breaks which rule."""

    code = "interface"


class FieldType(Enum):
    """The types a field can have; ``record`` and others by name stand under ``types``."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    BYTES = "bytes"
    TIME = "time"
    """Seconds since 1970-01-01 UTC, an integer."""
    CHOICE = "choice"
    """One of ``options``."""
    SEALED = "sealed"
    """A value that only the two ends can read."""
    REFERENCE = "reference"
    """In params: an item, by the reference that this Client was given."""
    ITEM = "item"
    """In results: an item's entry of the inventory; the Router puts the Client's reference in place of its id."""
    LIST = "list"
    MAP = "map"
    """Text to values of the type ``of``."""
    NAMED = "named"
    """The type under ``types`` that ``name`` names."""


class Transfer(Enum):
    """What a backup, another device or an export may do with an item of a kind."""

    BOUND = "bound"
    TRANSFERABLE = "transferable"
    COPYABLE = "copyable"


class Effect(Enum):
    """What a method does, which decides whether it is asked for, how it is recorded and what may be remembered."""

    NONE = "none"
    """Discloses and changes nothing of value."""
    ADD = "add"
    """Adds something of the Client's own, beside all that is there."""
    DISCLOSE = "disclose"
    USE = "use"
    CHANGE = "change"
    REMOVE = "remove"


class Callers(Enum):
    """Who may call an interface at all."""

    ANYONE = "anyone"
    EXTENSIONS = "extensions"
    """Extensions whose manifest says that they use it."""
    ROUTER = "router"


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One field of params, result or a named type.

    ``material``: what the user consents to; an Extension that serves the call may not change it on the way.
    ``policy``: the name under which policy sees the value (``amount``, ``payee``, …). ``scope``: where the method names
    no item, this value is what policy decides about, so that a grant holds for it alone (a host, a relying party).
    ``title``: shown to people; without one the field is not shown.
    """

    type: FieldType
    title: ShortText | None = None
    text: LongText = ""
    optional: bool = False
    material: bool = False
    policy: Name | None = None
    scope: bool = False
    max: Annotated[int, Meta(ge=0, le=(1 << 53) - 1)] | None = None
    min: Annotated[int, Meta(ge=-(1 << 53) + 1, le=(1 << 53) - 1)] | None = None
    options: tuple[Annotated[str, Meta(max_length=80)], ...] = ()
    kinds: tuple[Name, ...] = ()
    of: Field | None = None
    name: TypeName | None = None


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A kind of item: its name for people and what may be done with a copy."""

    title: ShortText
    plural: ShortText | None = None
    text: LongText = ""
    transfer: Transfer = Transfer.COPYABLE


class RecordType(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A named type: fields in order."""

    text: LongText = ""
    fields: dict[Name, Field]


class Method(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One method.

    ``ask`` finishes the sentence "NAME wants to …" and may name fields in braces. ``prepare``: the provider can be
    asked first what the call would amount to; it changes and discloses nothing. ``own``: the method touches what
    belongs to the caller itself, so that who called the caller does not matter. ``creates``: items in the result are
    new and belong to the Client. ``decide``: items in the result are named only as far as this other method would be
    allowed on them. ``waits``: the user answers within the call, so that the time limit does not run.
    """

    title: ShortText
    text: LongText = ""
    ask: ShortText | None = None
    effect: Effect
    params: dict[Name, Field] = {}
    result: dict[Name, Field] = {}
    prepare: bool = False
    own: bool = False
    creates: bool = False
    decide: Name | None = None
    waits: bool = False
    timeout_s: Annotated[int, Meta(ge=1, le=600)] = 30


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something a provider tells those who may see the item it is about."""

    title: ShortText
    text: LongText = ""
    fields: dict[Name, Field] = {}


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole interface.

    ``owner``: the methods that the Client which created an item may use on it unasked. ``session``: those that the
    user may open to any program of the session, for items that are in no group.
    """

    interface: InterfaceId
    title: ShortText
    text: LongText = ""
    callers: Callers = Callers.ANYONE
    kinds: dict[Name, Kind] = {}
    types: dict[TypeName, RecordType] = {}
    methods: dict[Name, Method]
    events: dict[Name, Event] = {}
    owner: tuple[Name, ...] = ()
    session: tuple[Name, ...] = ()


_decoder: Final = msgspec.json.Decoder(Document)
_POLICY_TYPES: Final = {
    FieldType.TEXT,
    FieldType.INTEGER,
    FieldType.BOOLEAN,
    FieldType.CHOICE,
    FieldType.TIME,
    FieldType.REFERENCE,
}


def read_document(text: bytes) -> Document:
    """The interface in ``text`` (JSON, at most 256 KiB); raises ``InterfaceError`` that names the broken rule."""
    if len(text) > MAX_DOCUMENT_BYTES:
        msg = f"an interface document has at most {MAX_DOCUMENT_BYTES} bytes, this one has {len(text)}"
        raise InterfaceError(msg)
    try:
        document = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        msg = f"not an interface document: {error}"
        raise InterfaceError(msg) from None
    for name, record in document.types.items():
        _check_fields(document, f"types.{name}", record.fields, nested=True)
    for name, method in document.methods.items():
        _check_method(document, name, method)
    for name, event in document.events.items():
        _check_fields(document, f"events.{name}", event.fields, nested=True)
    for name in (*document.owner, *document.session):
        if name not in document.methods:
            msg = f"{document.interface}: owner or session names the method {name!r}, which is not there"
            raise InterfaceError(msg)
    return document


def _check_method(document: Document, name: str, method: Method) -> None:
    where = f"methods.{name}"
    _check_fields(document, f"{where}.params", method.params, nested=False)
    _check_fields(document, f"{where}.result", method.result, nested=False)
    for field_name, field in method.params.items():
        if field.type is FieldType.ITEM:
            msg = f"{document.interface}: {where}.params.{field_name} is an item; params take a reference"
            raise InterfaceError(msg)
    for field_name, field in method.result.items():
        if field.type is FieldType.REFERENCE:
            msg = f"{document.interface}: {where}.result.{field_name} is a reference; results give an item"
            raise InterfaceError(msg)
    for placeholder in PLACEHOLDER.findall(method.ask or ""):
        if placeholder not in method.params:
            msg = f"{document.interface}: {where}.ask names {{{placeholder}}}, which is no field of params"
            raise InterfaceError(msg)
    if method.decide is not None and method.decide not in document.methods:
        msg = f"{document.interface}: {where}.decide names the method {method.decide!r}, which is not there"
        raise InterfaceError(msg)


def _check_fields(document: Document, where: str, fields: Mapping[str, Field], *, nested: bool) -> None:
    for name, field in fields.items():
        _check_field(document, f"{where}.{name}", field, nested=nested)


def _check_field(document: Document, where: str, field: Field, *, nested: bool) -> None:
    def fail(reason: str) -> InterfaceError:
        return InterfaceError(f"{document.interface}: {where} {reason}")

    if reason := _misplaced(field, nested=nested):
        raise fail(reason)
    if (field.of is not None) != (field.type in {FieldType.LIST, FieldType.MAP}):
        raise fail("needs `of` exactly if it is a list or a map")
    if (field.name is not None) != (field.type is FieldType.NAMED):
        raise fail("needs `name` exactly if its type is named")
    if field.name is not None and field.name not in document.types:
        raise fail(f"names the type {field.name!r}, which is not there")
    if bool(field.options) != (field.type is FieldType.CHOICE):
        raise fail("needs `options` exactly if it is a choice")
    unknown = [kind for kind in field.kinds if kind not in document.kinds]
    if unknown:
        raise fail(f"names the kind {unknown[0]!r}, which is not there")
    if field.of is not None:
        items = field.type is FieldType.LIST and field.of.type is FieldType.ITEM and not nested
        _check_field(document, where + ".of", field.of, nested=not items)


def _misplaced(field: Field, *, nested: bool) -> str:
    """What a field of this type or with these marks may not be, where it stands."""
    if nested and field.type in {FieldType.SEALED, FieldType.REFERENCE, FieldType.ITEM}:
        return f"is {field.type.value}, which stands at the top level of params or result alone"
    if field.policy is not None and field.type not in _POLICY_TYPES:
        return f"is marked for policy, which sees no {field.type.value}"
    if field.scope and (nested or field.policy is None or field.type is not FieldType.TEXT):
        return "is a scope, which is a text at the top level that is marked for policy"
    return ""
