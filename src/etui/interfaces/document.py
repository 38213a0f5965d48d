"""An interface as a document: what any package may bring and Router, dialog and Shell render and enforce from.

The document is JSON. ``docs/interfaces.md`` specifies it; the rules that join one member to another stand in
``rules.py``.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from etui.protocol.limits import MAX_INTEGER

_NAME: Final = r"^[a-z][a-z0-9_]{0,39}\Z"
_TYPE_NAME: Final = r"^[A-Z][A-Za-z0-9]{0,39}\Z"
_LINE: Final = r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z"
_MANY: Final = 200
_SOME: Final = 100
PLACEHOLDER: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")

Name = Annotated[str, Meta(pattern=_NAME)]
TypeName = Annotated[str, Meta(pattern=_TYPE_NAME)]
ShortText = Annotated[str, Meta(pattern=_LINE, max_length=120)]
LongText = Annotated[str, Meta(max_length=2000)]


class FieldType(Enum):
    """The types a field can have; a record of fields stands under ``types`` and is named."""

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
    """What is meant to become of copies of an item of a kind: told, and kept by its Extension alone."""

    BOUND = "bound"
    """It is for where it was made; a copy is to be worth nothing."""
    TRANSFERABLE = "transferable"
    """It may move, and is then to be gone from where it was."""
    COPYABLE = "copyable"
    """It may be copied."""


class Effect(Enum):
    """What a method does, which decides whether it is asked for, how it is recorded and what may be remembered."""

    NONE = "none"
    """Discloses and changes nothing of value."""
    ADD = "add"
    """Adds something of the Client's own, beside all that is there."""
    DISCLOSE = "disclose"
    """Tells the Client what not everybody may know."""
    USE = "use"
    """Uses what is there without telling it: signs, pays, makes a code."""
    CHANGE = "change"
    REMOVE = "remove"


class Callers(Enum):
    """Who may call an interface, or one method of it, at all."""

    ANYONE = "anyone"
    """Clients, doors, and Extensions whose manifest says that they use it."""
    DOORS = "doors"
    """Doors of the wallet, for themselves: what comes from outside and no program may say in their place."""
    EXTENSIONS = "extensions"
    """Extensions whose manifest says that they use it."""
    ROUTER = "router"


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One field of params, result or a named type.

    ``material``: what the user consents to; an Extension that serves the call may not change it on the way.
    ``policy``: the name under which policy sees the value (``amount``, ``payee``, …). ``scope``: where the method names
    no item, this value is what policy decides about, so that a grant holds for it alone (a host, a relying party).
    ``read``: a text that the user reads whole before each call: nothing that was allowed before skips that.
    ``observed``: what a door finds out; from anybody else it is shown as what that one says. ``party``: it names who is
    at the other end, by a host or by a name for people; advisers are told of it.
    ``money``: an amount in minor units; the name of the field that has its currency: one beside it or, where there is
    none, in the record that holds it, and of a result in the params.
    ``title``: shown to people; without one the field is not shown. ``max``, ``min``: of a number, its value; of a text,
    of bytes, of a list or map, ``max`` characters, bytes or entries.
    """

    type: FieldType
    title: ShortText | None = None
    text: LongText = ""
    optional: bool = False
    material: bool = False
    policy: Name | None = None
    scope: bool = False
    read: bool = False
    observed: bool = False
    money: Name | None = None
    party: bool = False
    max: Annotated[int, Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)] | None = None
    min: Annotated[int, Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)] | None = None
    options: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=80)], ...], Meta(max_length=_MANY)] = ()
    kinds: Annotated[tuple[Name, ...], Meta(max_length=_SOME)] = ()
    of: Field | None = None
    name: TypeName | None = None

    @property
    def names_items(self) -> bool:
        """Whether it is an item or a list of items."""
        inner = self.of if self.type is FieldType.LIST else self
        return inner is not None and inner.type is FieldType.ITEM


Fields = Annotated[dict[Name, Field], Meta(max_length=_SOME)]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A kind of item: its name for people and what may be done with a copy.

    ``holds``: items of this kind are groups of others, which name them so; a right to what is in no group is none to
    them. ``passing``: items of this kind are gone with the next lock, and so is the right that who makes one has to it.
    """

    title: ShortText
    plural: ShortText | None = None
    text: LongText = ""
    transfer: Transfer = Transfer.COPYABLE
    holds: bool = False
    passing: bool = False


class RecordType(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A named type: fields in order."""

    text: LongText = ""
    fields: Fields


class Method(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One method.

    ``ask`` finishes the sentence "NAME wants to …" and may name fields in braces. ``prepare``: the provider can be
    asked first what the call would amount to; it changes and discloses nothing. ``own``: the method touches what
    belongs to the caller itself, so that who called the caller does not matter. ``creates``: items in the result are
    new and belong to the Client. ``decide``: items in the result are named only as far as this other method would be
    allowed on them. ``waits``: the user, or somebody far away, answers within the call, so that the time limit does not
    run and others are served meanwhile. ``running``: a yes may hold as long as the process that asked runs, even where
    its program cannot be told from others. ``callers``: who may call it, where not all may that may call the interface.
    ``during``: the method, allowed like any other, that a provider has to be serving to be asked this one. ``gives``:
    the method to which the caller proposes a lasting right for itself, up to an amount; the Router answers it.
    """

    title: ShortText
    text: LongText = ""
    ask: ShortText | None = None
    effect: Effect
    callers: Callers | None = None
    params: Fields = {}
    result: Fields = {}
    prepare: bool = False
    own: bool = False
    creates: bool = False
    decide: Name | None = None
    waits: bool = False
    running: bool = False
    during: Name | None = None
    gives: Name | None = None
    timeout_s: Annotated[int, Meta(ge=1, le=600)] = 30


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something a provider tells who subscribed to it.

    ``decide``: the event is about an item, and those are told who may call this method on it without a question.
    ``during``: the method that a provider has to be serving to be heard.
    """

    title: ShortText
    text: LongText = ""
    fields: Fields = {}
    decide: Name | None = None
    during: Name | None = None


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole interface.

    ``owner``: the methods that the Client which created an item may use on it unasked. ``session``: those that the
    user may open to any program of the session, for items that are in no group.
    """

    interface: str
    title: ShortText
    text: LongText = ""
    callers: Callers = Callers.ANYONE
    kinds: Annotated[dict[Name, Kind], Meta(max_length=_SOME)] = {}
    types: Annotated[dict[TypeName, RecordType], Meta(max_length=_SOME)] = {}
    methods: Annotated[dict[Name, Method], Meta(max_length=_MANY)]
    events: Annotated[dict[Name, Event], Meta(max_length=_SOME)] = {}
    owner: Annotated[tuple[Name, ...], Meta(max_length=_MANY)] = ()
    session: Annotated[tuple[Name, ...], Meta(max_length=_MANY)] = ()

    def callers_of(self, method: str) -> Callers:
        """Who may call a method at all."""
        return self.methods[method].callers or self.callers
