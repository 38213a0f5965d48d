"""Secrets: the typed Python of ``secret/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Item, Request, Result

INTERFACE: Final = "secret/1"

__all__ = [
    "INTERFACE",
    "Code",
    "CodeResult",
    "Compare",
    "CompareResult",
    "Create",
    "CreateResult",
    "Delete",
    "DeleteResult",
    "Describe",
    "DescribeResult",
    "Fetch",
    "FetchDrop",
    "FetchDropResult",
    "FetchMore",
    "FetchMoreResult",
    "FetchResult",
    "Find",
    "FindResult",
    "Generate",
    "GenerateResult",
    "Header",
    "History",
    "HistoryResult",
    "Import",
    "ImportPart",
    "ImportPartResult",
    "ImportResult",
    "Incoming",
    "Login",
    "LoginCode",
    "LoginCodeResult",
    "LoginResult",
    "Outcome",
    "Own",
    "OwnResult",
    "Read",
    "ReadResult",
    "Restore",
    "RestoreResult",
    "Reveal",
    "RevealResult",
    "UndoImport",
    "UndoImportResult",
    "Update",
    "UpdateResult",
    "Version",
]


class Version(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An earlier value of an item."""

    version: Annotated[int, Meta(ge=1)]
    replaced: int
    size: Annotated[int, Meta(ge=0)]


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A header field."""

    name: Annotated[str, Meta(max_length=200)]
    value: Annotated[str, Meta(max_length=8192)]


class Incoming(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item of another keyring, without its value."""

    kind: Literal["password", "note"]
    label: str
    attributes: dict[str, str]
    content_type: str | None = None
    size: Annotated[int, Meta(ge=0)]
    """Bytes of its value among those that come with it."""
    created: int | None = None
    modified: int | None = None
    session: bool | None = None
    """True: it is erased when the wallet is started anew."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of an item of another keyring."""

    outcome: Literal["taken", "there", "differs", "refused"]
    """`there`: the same is in the wallet already.

    `differs`: another one with the same attributes is there, and both are kept. `refused`: it is not taken.
    """
    why: str | None = None


class CreateResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.create``."""

    METHOD: ClassVar[str] = "secret/1.create"

    item: Item
    replaced: bool | None = None
    """True: the item was there already, and has the new value."""


class Create(Request[CreateResult], frozen=True, kw_only=True, omit_defaults=True):
    """Store a secret.

    Stores a new item. With `replace`, an item of this Client with the same attributes in the same group is
    overwritten instead, and its old value goes to its history.
    """

    METHOD: ClassVar[str] = "secret/1.create"
    RESULT: ClassVar[type[Result]] = CreateResult
    SEALED: ClassVar[tuple[str, ...]] = ("value", "wrap_key")
    REFERENCES: ClassVar[tuple[str, ...]] = ("group",)

    kind: Literal["login", "password", "pin", "note", "file", "code", "group"]
    label: Annotated[str, Meta(max_length=1000)]
    attributes: dict[str, Annotated[str, Meta(max_length=4096)]] | None = None
    """Public: names and values by which the item is found again.

    `etui:lasts` with the value `session` has the item erased when the wallet is started anew.
    """
    group: str | None = None
    content_type: Annotated[str, Meta(max_length=200)] | None = None
    replace: bool | None = None
    value: bytes | None = None
    wrap_key: bytes | None = None
    """A value under the key of a session that an outside program made with its door (AES-128-CBC, PKCS#7, as
    org.freedesktop.Secret has it): the key is sealed to the Extension, so that the door relays what it does
    not read.
    """
    wrap_iv: Annotated[bytes, Meta(max_length=16)] | None = None
    wrap_value: Annotated[bytes, Meta(max_length=1048592)] | None = None


class OwnResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.own``."""

    METHOD: ClassVar[str] = "secret/1.own"
    SEALED: ClassVar[tuple[str, ...]] = ("value",)

    item: Item
    value: bytes
    made: bool | None = None
    """False: it was there already."""


class Own(Request[OwnResult], frozen=True, kw_only=True, omit_defaults=True):
    """Have a secret of its own.

    64 random bytes that the wallet makes for this Client at its first call, and gives it at each one after:
    of the kind `program`, by these very attributes. Its maker reads the item unasked; so a Client looks for
    it first (`find`, quietly), and the user is asked once. Programs that the wallet cannot tell from each
    other have one together.
    """

    METHOD: ClassVar[str] = "secret/1.own"
    RESULT: ClassVar[type[Result]] = OwnResult

    label: Annotated[str, Meta(max_length=1000)]
    attributes: dict[str, Annotated[str, Meta(max_length=4096)]]
    """Public: names and values by which the item is found again, at least one."""


class FindResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.find``."""

    METHOD: ClassVar[str] = "secret/1.find"

    items: list[Item]


class Find(Request[FindResult], frozen=True, kw_only=True, omit_defaults=True):
    """Find.

    The items whose attributes include all that are given. Those that the Client may not read unasked are put
    to the user; what stays unanswered is left out.
    """

    METHOD: ClassVar[str] = "secret/1.find"
    RESULT: ClassVar[type[Result]] = FindResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("group",)

    attributes: dict[str, Annotated[str, Meta(max_length=4096)]] | None = None
    """Public: names and values by which the item is found again.

    `etui:lasts` with the value `session` has the item erased when the wallet is started anew.
    """
    kind: Annotated[str, Meta(max_length=40)] | None = None
    group: str | None = None
    ungrouped: bool | None = None
    without: Annotated[list[Annotated[str, Meta(max_length=4096)]], Meta(max_length=16)] | None = None
    """Names of attributes that none of the items has."""
    text: Annotated[str, Meta(max_length=400)] | None = None
    limit: Annotated[int, Meta(ge=1, le=10000)] | None = None


class DescribeResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.describe``."""

    METHOD: ClassVar[str] = "secret/1.describe"

    item: Item
    content_type: Annotated[str, Meta(max_length=200)] | None = None


class Describe(Request[DescribeResult], frozen=True, kw_only=True, omit_defaults=True):
    """Describe."""

    METHOD: ClassVar[str] = "secret/1.describe"
    RESULT: ClassVar[type[Result]] = DescribeResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str


class ReadResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.read``."""

    METHOD: ClassVar[str] = "secret/1.read"
    SEALED: ClassVar[tuple[str, ...]] = ("value",)

    value: bytes | None = None
    content_type: Annotated[str, Meta(max_length=200)] | None = None
    wrap_iv: Annotated[bytes, Meta(max_length=16)] | None = None
    wrap_value: Annotated[bytes, Meta(max_length=1048592)] | None = None


class Read(Request[ReadResult], frozen=True, kw_only=True, omit_defaults=True):
    """Read."""

    METHOD: ClassVar[str] = "secret/1.read"
    RESULT: ClassVar[type[Result]] = ReadResult
    SEALED: ClassVar[tuple[str, ...]] = ("wrap_key",)
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    wrap_key: bytes | None = None
    """A value under the key of a session that an outside program made with its door (AES-128-CBC, PKCS#7, as
    org.freedesktop.Secret has it): the key is sealed to the Extension, so that the door relays what it does
    not read.
    """


class CodeResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.code``."""

    METHOD: ClassVar[str] = "secret/1.code"
    SEALED: ClassVar[tuple[str, ...]] = ("value",)

    value: bytes
    valid_s: Annotated[int, Meta(ge=0, le=3600)]


class Code(Request[CodeResult], frozen=True, kw_only=True, omit_defaults=True):
    """One-time code."""

    METHOD: ClassVar[str] = "secret/1.code"
    RESULT: ClassVar[type[Result]] = CodeResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str


class LoginResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.login``."""

    METHOD: ClassVar[str] = "secret/1.login"
    SEALED: ClassVar[tuple[str, ...]] = ("value",)

    item: Item
    """Its attribute `user` is the name to log in with."""
    value: bytes


class Login(Request[LoginResult], frozen=True, kw_only=True, omit_defaults=True):
    """Log in.

    The password of a login for one place: of those whose attribute `host` is the host or, where there is
    none, whose attribute `site` is the domain. One alone is settled before the user is asked, and among
    several the user chooses one in the question. `unknown_item`: there is none.
    """

    METHOD: ClassVar[str] = "secret/1.login"
    RESULT: ClassVar[type[Result]] = LoginResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str | None = None
    """It is settled, or chosen; one that is named has to be for that host or domain."""
    host: Annotated[str, Meta(max_length=300)]
    """As browsers write it: with the port where that is not the scheme's own."""
    domain: Annotated[str, Meta(max_length=253)] | None = None
    """The registrable domain of the host."""


class LoginCodeResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.login_code``."""

    METHOD: ClassVar[str] = "secret/1.login_code"
    SEALED: ClassVar[tuple[str, ...]] = ("value",)

    item: Item
    value: bytes
    valid_s: Annotated[int, Meta(ge=0, le=3600)]


class LoginCode(Request[LoginCodeResult], frozen=True, kw_only=True, omit_defaults=True):
    """Log in by a one-time code.

    A one-time code for one place: of the keys whose attribute `host` is the host or, where there is none,
    whose attribute `site` is the domain. One alone is settled before the user is asked, and among several
    the user chooses one in the question. `unknown_item`: there is none.
    """

    METHOD: ClassVar[str] = "secret/1.login_code"
    RESULT: ClassVar[type[Result]] = LoginCodeResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str | None = None
    """It is settled, or chosen; one that is named has to be for that host or domain."""
    host: Annotated[str, Meta(max_length=300)]
    """As browsers write it: with the port where that is not the scheme's own."""
    domain: Annotated[str, Meta(max_length=253)] | None = None
    """The registrable domain of the host."""


class RevealResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.reveal``."""

    METHOD: ClassVar[str] = "secret/1.reveal"


class Reveal(Request[RevealResult], frozen=True, kw_only=True, omit_defaults=True):
    """Show in the Trusted Dialog.

    Shows the value in the Trusted Dialog; the Client gets nothing.
    """

    METHOD: ClassVar[str] = "secret/1.reveal"
    RESULT: ClassVar[type[Result]] = RevealResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)
    WAITS: ClassVar[bool] = True

    item: str


class FetchResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.fetch``."""

    METHOD: ClassVar[str] = "secret/1.fetch"

    status: Annotated[int, Meta(ge=100, le=599)]
    headers: list[Header]
    body: bytes
    rest: Annotated[str, Meta(max_length=64)] | None = None
    """There is more of the body: the handle for `fetch_more`."""


class Fetch(Request[FetchResult], frozen=True, kw_only=True, omit_defaults=True):
    """Use in a web request.

    Sends one request in which the value stands where `placeholder` stood, and gives the answer with every
    echo of the value masked; the Client never has it. `etui:use.hosts` names the hosts, with blanks between,
    to which `fetch` may send the value; beside it `etui:use.in` says where it stands (`header:NAME`, `body`
    or `url`; else `header:Authorization`), `etui:use.methods` and `etui:use.paths` which methods and
    beginnings of paths (else any), `etui:use.variable` the variable in which a program looks for it, and
    `etui:use.base-url` the variable that names the service's address to it. What the item does not name is
    refused. Redirects are answers. A request goes out as it is where no `placeholder` is given; an echo of
    the value in its answer is masked as well.
    """

    METHOD: ClassVar[str] = "secret/1.fetch"
    RESULT: ClassVar[type[Result]] = FetchResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)
    WAITS: ClassVar[bool] = True

    item: str
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    host: Annotated[str, Meta(max_length=253)]
    url: Annotated[str, Meta(max_length=8192)]
    on_behalf: Annotated[str, Meta(max_length=400)] | None = None
    """For which program, as the Client says."""
    headers: Annotated[list[Header], Meta(max_length=100)] | None = None
    body: Annotated[bytes, Meta(max_length=1048576)] | None = None
    placeholder: Annotated[str, Meta(max_length=64)] | None = None
    """What the value takes the place of: 4 to 64 letters, digits, dots, hyphens and underscores."""
    stream: bool | None = None
    """True: what answers is the head, with what has come of the body, maybe nothing, and while more is to come
    `rest`; the body may be of any length.

    Without it the answer is given when it is whole, and has at most 2 MiB. A Client reads at most 8 answers
    so at once, all Clients together 16; what is asked for beside them is answered as without `stream`.
    """


class FetchMoreResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.fetch_more``."""

    METHOD: ClassVar[str] = "secret/1.fetch_more"

    body: bytes
    rest: Annotated[str, Meta(max_length=64)] | None = None
    """There is more: the handle of the next part."""


class FetchMore(Request[FetchMoreResult], frozen=True, kw_only=True, omit_defaults=True):
    """Read on in the answer to a web request.

    The next part of an answer that `fetch` began with `stream`, masked as a whole one: what is there, at
    most about 512 KiB of it. Waits until something is. Nobody is asked, since the `fetch` was decided. Each
    `rest` is good for one part, for the Client and the item of that `fetch`; any other is `unknown_item`. A
    call that is given up, or fails, ends the answer; so do 60 seconds in which nobody reads on, 300 in which
    the service sends nothing, and the lock.
    """

    METHOD: ClassVar[str] = "secret/1.fetch_more"
    RESULT: ClassVar[type[Result]] = FetchMoreResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)
    WAITS: ClassVar[bool] = True

    item: str
    rest: Annotated[str, Meta(max_length=64)]


class FetchDropResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.fetch_drop``."""

    METHOD: ClassVar[str] = "secret/1.fetch_drop"


class FetchDrop(Request[FetchDropResult], frozen=True, kw_only=True, omit_defaults=True):
    """Give up the rest of the answer to a web request.

    Ends the connection on which it comes. A `rest` that is not known means nothing.
    """

    METHOD: ClassVar[str] = "secret/1.fetch_drop"
    RESULT: ClassVar[type[Result]] = FetchDropResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    rest: Annotated[str, Meta(max_length=64)]


class UpdateResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.update``."""

    METHOD: ClassVar[str] = "secret/1.update"

    item: Item


class Update(Request[UpdateResult], frozen=True, kw_only=True, omit_defaults=True):
    """Change."""

    METHOD: ClassVar[str] = "secret/1.update"
    RESULT: ClassVar[type[Result]] = UpdateResult
    SEALED: ClassVar[tuple[str, ...]] = ("value", "wrap_key")
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    label: Annotated[str, Meta(max_length=1000)] | None = None
    attributes: dict[str, Annotated[str, Meta(max_length=4096)]] | None = None
    """Public: names and values by which the item is found again.

    `etui:lasts` with the value `session` has the item erased when the wallet is started anew.
    """
    content_type: Annotated[str, Meta(max_length=200)] | None = None
    value: bytes | None = None
    wrap_key: bytes | None = None
    """A value under the key of a session that an outside program made with its door (AES-128-CBC, PKCS#7, as
    org.freedesktop.Secret has it): the key is sealed to the Extension, so that the door relays what it does
    not read.
    """
    wrap_iv: Annotated[bytes, Meta(max_length=16)] | None = None
    wrap_value: Annotated[bytes, Meta(max_length=1048592)] | None = None


class DeleteResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.delete``."""

    METHOD: ClassVar[str] = "secret/1.delete"


class Delete(Request[DeleteResult], frozen=True, kw_only=True, omit_defaults=True):
    """Delete."""

    METHOD: ClassVar[str] = "secret/1.delete"
    RESULT: ClassVar[type[Result]] = DeleteResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str


class HistoryResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.history``."""

    METHOD: ClassVar[str] = "secret/1.history"

    versions: list[Version]


class History(Request[HistoryResult], frozen=True, kw_only=True, omit_defaults=True):
    """Earlier values."""

    METHOD: ClassVar[str] = "secret/1.history"
    RESULT: ClassVar[type[Result]] = HistoryResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str


class RestoreResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.restore``."""

    METHOD: ClassVar[str] = "secret/1.restore"

    item: Item


class Restore(Request[RestoreResult], frozen=True, kw_only=True, omit_defaults=True):
    """Bring back."""

    METHOD: ClassVar[str] = "secret/1.restore"
    RESULT: ClassVar[type[Result]] = RestoreResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)

    item: str
    version: Annotated[int, Meta(ge=1)]


class GenerateResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.generate``."""

    METHOD: ClassVar[str] = "secret/1.generate"
    SEALED: ClassVar[tuple[str, ...]] = ("value",)

    value: bytes


class Generate(Request[GenerateResult], frozen=True, kw_only=True, omit_defaults=True):
    """Generate a password.

    A random password that nobody has seen; it is not stored.
    """

    METHOD: ClassVar[str] = "secret/1.generate"
    RESULT: ClassVar[type[Result]] = GenerateResult

    length: Annotated[int, Meta(ge=4, le=256)] | None = None
    words: Annotated[int, Meta(ge=3, le=20)] | None = None
    symbols: bool | None = None


class CompareResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.compare``."""

    METHOD: ClassVar[str] = "secret/1.compare"

    run: Annotated[str, Meta(max_length=64)]
    """The handle of an `import` or a `compare`."""


class Compare(Request[CompareResult], frozen=True, kw_only=True, omit_defaults=True):
    """Compare with another keyring.

    Begins to hold the items of another keyring against those here. `import_part` then brings them, at most
    `count`, and says of each what an `import` would make of it; nothing is stored.
    """

    METHOD: ClassVar[str] = "secret/1.compare"
    RESULT: ClassVar[type[Result]] = CompareResult

    source: Annotated[str, Meta(max_length=200)]
    """The keyring, as the Client says."""
    count: Annotated[int, Meta(ge=1, le=100000)]
    collections: Annotated[list[Annotated[str, Meta(max_length=1100)]], Meta(max_length=1000)] | None = None
    """The collections there, with how many items are in each, for the user."""


class ImportResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.import``."""

    METHOD: ClassVar[str] = "secret/1.import"

    run: Annotated[str, Meta(max_length=64)]
    """The handle of an `import` or a `compare`."""
    name: Annotated[str, Meta(max_length=300)]
    """What `undo_import` knows it by."""


class Import(Request[ImportResult], frozen=True, kw_only=True, omit_defaults=True):
    """Import from another keyring.

    Begins to take the items of another keyring over. `import_part` then brings them, at most `count`. What
    comes belongs to no Client: who wants to read it is asked about, or has it as any program of the session.
    One from the same source that was broken off is gone on with.
    """

    METHOD: ClassVar[str] = "secret/1.import"
    RESULT: ClassVar[type[Result]] = ImportResult

    source: Annotated[str, Meta(max_length=200)]
    """The keyring, as the Client says."""
    count: Annotated[int, Meta(ge=1, le=100000)]
    collections: Annotated[list[Annotated[str, Meta(max_length=1100)]], Meta(max_length=1000)] | None = None
    """The collections there, with how many items are in each, for the user."""


class ImportPartResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.import_part``."""

    METHOD: ClassVar[str] = "secret/1.import_part"

    outcomes: list[Outcome]


class ImportPart(Request[ImportPartResult], frozen=True, kw_only=True, omit_defaults=True):
    """Bring items from another keyring.

    Some items of an `import` or a `compare`, all in one collection. They are durable together when this is
    answered. Nobody is asked, since what it belongs to was. A `run` is good for the Client that began it,
    until the lock; any other is `unknown_item`.
    """

    METHOD: ClassVar[str] = "secret/1.import_part"
    RESULT: ClassVar[type[Result]] = ImportPartResult
    SEALED: ClassVar[tuple[str, ...]] = ("values",)

    run: Annotated[str, Meta(max_length=64)]
    """The handle of an `import` or a `compare`."""
    collection: Annotated[str, Meta(max_length=1000)] | None = None
    """The name of their collection, which is made where no import made one of that name; without it they lie in
    none.
    """
    items: Annotated[list[Incoming], Meta(max_length=1000)]
    values: bytes
    """Their values, one after the other, each of `size` bytes."""
    last: bool | None = None
    """True: no more come, and it is done."""


class UndoImportResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``secret/1.undo_import``."""

    METHOD: ClassVar[str] = "secret/1.undo_import"

    name: Annotated[str, Meta(max_length=300)]
    removed: Annotated[int, Meta(ge=0)]
    kept: list[str]
    earlier: Annotated[str, Meta(max_length=300)] | None = None


class UndoImport(Request[UndoImportResult], frozen=True, kw_only=True, omit_defaults=True):
    """Undo an import.

    Deletes the items that an import brought and that are as they came, with the collections that it made and
    that are empty then. What was changed since stays, and is named. Without `name` it is the latest import.
    """

    METHOD: ClassVar[str] = "secret/1.undo_import"
    RESULT: ClassVar[type[Result]] = UndoImportResult

    name: Annotated[str, Meta(max_length=300)] | None = None
