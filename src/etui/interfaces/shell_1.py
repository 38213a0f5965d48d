"""The wallet as a Shell shows it: the typed Python of ``shell/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Item, Request, Result

INTERFACE: Final = "shell/1"

__all__ = [
    "INTERFACE",
    "AskAgain",
    "AskAgainResult",
    "Audit",
    "AuditResult",
    "ClientRow",
    "Clients",
    "ClientsResult",
    "GrantRow",
    "Grants",
    "GrantsResult",
    "HideLink",
    "HideLinkResult",
    "Inventory",
    "InventoryResult",
    "Known",
    "KnownResult",
    "KnownRow",
    "PairingRow",
    "Pairings",
    "PairingsResult",
    "RecordRow",
    "Room",
    "Shelf",
    "Shelves",
    "ShelvesResult",
    "Space",
    "SpaceResult",
    "TurnedAway",
    "TurnedAwayResult",
    "Unpair",
    "UnpairResult",
]


class Shelf(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an Extension holds of one kind."""

    extension: str
    kind: str
    title: str
    """The kind for people: of several where there are several."""
    count: Annotated[int, Meta(ge=0)]


class Room(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an Extension keeps in the wallet's storage."""

    extension: str
    records: Annotated[int, Meta(ge=0)]
    bytes: Annotated[int, Meta(ge=0)]
    quota_bytes: Annotated[int, Meta(ge=0)]
    """Bytes, as its manifest asks for."""


class ClientRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A Client that the wallet has met, or that has a lasting right."""

    client: str
    label: str
    strength: str
    """Empty where the wallet has not met it."""
    since: int | None = None
    """Absent where the wallet has not met it."""
    last: int | None = None
    """Absent where the wallet has not met it."""
    rights: Annotated[int, Meta(ge=0)]
    """How many lasting rights it has."""
    refused_until: int | None = None
    """Until when something that the user refused to it is refused at once, without a question; absent where
    there is nothing.
    """


class GrantRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision of the user that lasts."""

    grant: str
    client: str
    label: str
    action: str
    scope: str
    what: str
    why: str
    since: int
    until: int | None = None
    uses_left: int | None = None
    limit_minor: int | None = None
    currency: str | None = None
    left_minor: int | None = None
    """What is left of `limit_minor` now."""
    each_minor: int | None = None
    period_s: int | None = None
    """Seconds after which the limit begins anew; absent for the whole life of the right."""


class RecordRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the audit."""

    id: str
    at: int
    client: str
    label: str
    action: str
    what: str | None = None
    """The item's name; of a right its id, whose it is, and for what, how often, up to how much and until when
    it holds; of a change to the wallet itself what was asked, in the words of the question.
    """
    outcome: str
    through: str | None = None
    stopped: str | None = None
    """Of a request that an adviser stopped: what the user was told of it."""


class KnownRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody with whom the user has a relationship, as advisers are told or remember."""

    name: str
    hosts: list[str]
    """Its own."""
    since: int
    whence: Literal["extension", "right", "dealt", "yes"]
    """`extension`: it is installed.

    `right`: the user gave it a right that lasts. `dealt`: the Extension `by` proves that the user has dealt
    with it. `yes`: the user said yes to a question that named it, as the adviser `by` remembers.
    """
    by: str | None = None


class PairingRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A paired browser: its pages ask in their own names."""

    pairing: str
    name: str
    """What it called itself when it was paired."""
    about: str
    """As the browser said."""
    program: str
    """Who was seen to ask: the pairing holds for that alone."""
    since: int
    last: int


class ShelvesResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``shell/1.shelves``."""

    METHOD: ClassVar[str] = "shell/1.shelves"

    shelves: list[Shelf]
    left_out: list[str] | None = None
    """Extensions whose items are not among these, each with the reason."""


class Shelves(Request[ShelvesResult], frozen=True, kw_only=True, omit_defaults=True):
    """What lies in the wallet.

    How many items of which kind each Extension holds, the Extension that was installed first to begin with.
    """

    METHOD: ClassVar[str] = "shell/1.shelves"
    RESULT: ClassVar[type[Result]] = ShelvesResult
    WAITS: ClassVar[bool] = True


class InventoryResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``shell/1.inventory``."""

    METHOD: ClassVar[str] = "shell/1.inventory"

    items: list[Item]
    left_out: list[str] | None = None
    """Extensions whose items are not among these, each with the reason."""
    total: Annotated[int, Meta(ge=0)] | None = None
    """How many fit; absent without `limit`."""


class Inventory(Request[InventoryResult], frozen=True, kw_only=True, omit_defaults=True):
    """Items.

    The items of every Extension, by name and kind, or those that fit: one, those of one Extension, of one
    kind, or with every word of `text` in their label, kind or attributes. Where `limit` is given they come
    by their labels and in parts, from the one at `skip` on: so many, or fewer where one answer holds no
    more. An Extension that does not tell its own keeps nobody else's from being told.
    """

    METHOD: ClassVar[str] = "shell/1.inventory"
    RESULT: ClassVar[type[Result]] = InventoryResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("item",)
    WAITS: ClassVar[bool] = True

    item: str | None = None
    """That item alone."""
    extension: Annotated[str, Meta(max_length=250)] | None = None
    kind: Annotated[str, Meta(max_length=40)] | None = None
    text: Annotated[str, Meta(max_length=200)] | None = None
    skip: Annotated[int, Meta(ge=0)] | None = None
    limit: Annotated[int, Meta(ge=1, le=10000)] | None = None


class SpaceResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``shell/1.space``."""

    METHOD: ClassVar[str] = "shell/1.space"

    rooms: list[Room]
    left_out: list[str] | None = None
    """Providers of storage that did not say, each with the reason."""


class Space(Request[SpaceResult], frozen=True, kw_only=True, omit_defaults=True):
    """Space used.

    How much each Extension that keeps data through `storage/1` has there: keys and sealed values together,
    as the providers of storage count them. `left_out`: providers that did not say, so that what lies there
    is in no sum.
    """

    METHOD: ClassVar[str] = "shell/1.space"
    RESULT: ClassVar[type[Result]] = SpaceResult
    WAITS: ClassVar[bool] = True


class ClientsResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``shell/1.clients``."""

    METHOD: ClassVar[str] = "shell/1.clients"

    clients: list[ClientRow]
    total: Annotated[int, Meta(ge=0)] | None = None
    """How many fit; absent without `limit`."""


class Clients(Request[ClientsResult], frozen=True, kw_only=True, omit_defaults=True):
    """Clients.

    Who has asked for something, the last of them first, and who else has a lasting right; or those that fit:
    one, or with every word of `text` in their name or principal. Where `limit` is given they come in parts,
    from the one at `skip` on: so many, or fewer where one answer holds no more. Of those that have no right
    the wallet forgets whoever was here long ago, where there are many.
    """

    METHOD: ClassVar[str] = "shell/1.clients"
    RESULT: ClassVar[type[Result]] = ClientsResult
    WAITS: ClassVar[bool] = True

    client: Annotated[str, Meta(max_length=400)] | None = None
    """That one alone."""
    text: Annotated[str, Meta(max_length=200)] | None = None
    skip: Annotated[int, Meta(ge=0)] | None = None
    limit: Annotated[int, Meta(ge=1, le=10000)] | None = None


class AskAgainResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``shell/1.ask_again``."""

    METHOD: ClassVar[str] = "shell/1.ask_again"

    ended: Annotated[int, Meta(ge=0)]
    """How many questions were not put to the user until now."""


class AskAgain(Request[AskAgainResult], frozen=True, kw_only=True, omit_defaults=True):
    """Have a Client asked about again.

    What the user refused to a Client is put to the user again when it asks next, and not only after a while.
    Who may see what lies in the wallet may do this.
    """

    METHOD: ClassVar[str] = "shell/1.ask_again"
    RESULT: ClassVar[type[Result]] = AskAgainResult
    WAITS: ClassVar[bool] = True

    client: Annotated[str, Meta(max_length=400)]


class GrantsResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``shell/1.grants``."""

    METHOD: ClassVar[str] = "shell/1.grants"

    grants: list[GrantRow]
    total: Annotated[int, Meta(ge=0)] | None = None
    """How many fit; absent without `limit`."""


class Grants(Request[GrantsResult], frozen=True, kw_only=True, omit_defaults=True):
    """Grants.

    The lasting rights, the newest first, or those that fit: one, those of one Client, or with every word of
    `text` in their Client, methods or item. Where `limit` is given they come in parts, from the one at
    `skip` on: so many, or fewer where one answer holds no more.
    """

    METHOD: ClassVar[str] = "shell/1.grants"
    RESULT: ClassVar[type[Result]] = GrantsResult
    WAITS: ClassVar[bool] = True

    grant: Annotated[str, Meta(max_length=32)] | None = None
    """That one alone."""
    client: Annotated[str, Meta(max_length=400)] | None = None
    """Those of that Client alone."""
    text: Annotated[str, Meta(max_length=200)] | None = None
    skip: Annotated[int, Meta(ge=0)] | None = None
    limit: Annotated[int, Meta(ge=1, le=10000)] | None = None


class AuditResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``shell/1.audit``."""

    METHOD: ClassVar[str] = "shell/1.audit"

    records: list[RecordRow]


class Audit(Request[AuditResult], frozen=True, kw_only=True, omit_defaults=True):
    """Audit."""

    METHOD: ClassVar[str] = "shell/1.audit"
    RESULT: ClassVar[type[Result]] = AuditResult
    WAITS: ClassVar[bool] = True

    limit: Annotated[int, Meta(ge=1, le=10000)] | None = None
    text: Annotated[str, Meta(max_length=200)] | None = None
    """Only records that have each of these words in any member of their row, or in the id of the right that
    they are about or that allowed it.
    """
    before: Annotated[str, Meta(max_length=32)] | None = None
    by_clients: bool | None = None
    """Without what Extensions asked for on their own account."""
    but_looking: bool | None = None
    """Without that somebody was let see names, which each page of a Shell is."""
    stopped: bool | None = None
    """Only requests that an adviser stopped."""


class KnownResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``shell/1.known``."""

    METHOD: ClassVar[str] = "shell/1.known"

    known: list[KnownRow]
    left_out: list[str] | None = None
    """Extensions that did not say, each with the reason."""
    total: Annotated[int, Meta(ge=0)]


class Known(Request[KnownResult], frozen=True, kw_only=True, omit_defaults=True):
    """Whom the wallet knows.

    Whom advisers are told of and whom they remember, the longest known first: whoever looks like one of
    these and is not is stopped. They come in parts, from the one at `skip` on: `limit` of them, or fewer
    where one answer holds no more.
    """

    METHOD: ClassVar[str] = "shell/1.known"
    RESULT: ClassVar[type[Result]] = KnownResult
    WAITS: ClassVar[bool] = True

    skip: Annotated[int, Meta(ge=0)] | None = None
    limit: Annotated[int, Meta(ge=1, le=10000)] | None = None


class PairingsResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``shell/1.pairings``."""

    METHOD: ClassVar[str] = "shell/1.pairings"

    pairings: list[PairingRow]


class Pairings(Request[PairingsResult], frozen=True, kw_only=True, omit_defaults=True):
    """Paired browsers."""

    METHOD: ClassVar[str] = "shell/1.pairings"
    RESULT: ClassVar[type[Result]] = PairingsResult
    WAITS: ClassVar[bool] = True


class UnpairResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``shell/1.unpair``."""

    METHOD: ClassVar[str] = "shell/1.unpair"

    revoked: Annotated[int, Meta(ge=0)]


class Unpair(Request[UnpairResult], frozen=True, kw_only=True, omit_defaults=True):
    """Unpair a browser.

    Ends a pairing at once: what its pages wait for is given up, and every right of theirs and every
    reference that they hold is taken back.
    """

    METHOD: ClassVar[str] = "shell/1.unpair"
    RESULT: ClassVar[type[Result]] = UnpairResult

    pairing: Annotated[str, Meta(max_length=32)]


class HideLinkResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``shell/1.hide_link``."""

    METHOD: ClassVar[str] = "shell/1.hide_link"


class HideLink(Request[HideLinkResult], frozen=True, kw_only=True, omit_defaults=True):
    """Hide a link.

    Hides a link that an Extension publishes, for every Shell, and reports it: it is on record who hid it.
    With `show` it is there again.
    """

    METHOD: ClassVar[str] = "shell/1.hide_link"
    RESULT: ClassVar[type[Result]] = HideLinkResult

    extension: Annotated[str, Meta(max_length=250)]
    method: Annotated[str, Meta(max_length=200)]
    show: bool | None = None


class TurnedAwayResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``shell/1.turned_away``."""

    METHOD: ClassVar[str] = "shell/1.turned_away"


class TurnedAway(Request[TurnedAwayResult], frozen=True, kw_only=True, omit_defaults=True):
    """Report what was turned away.

    A Shell that serves pages, or a door, puts on record what it did not serve: it is written down as that
    program's own word. `host`: it came under another name than the Shell's. `site`: another site sent it.
    `session`: it came without the Shell's cookie. `link`: the link that lets in was used before, too old or
    never given. `user`: a program of another user of the machine came by it. `extension`: a browser started
    the native messaging host for another extension than the wallet's own. `program`: another program came in
    the place of that host, or stands between it and the browser, or came in the place of the desktop's
    portal. `unpaired`: a browser that has proven no pairing spoke for a page. `flood`: a page had more calls
    wait than it may. `unasked`: a page's script wanted a login filled in without a click or the press of a
    key of its user's, or in a frame of another origin's page. Of all programs together few are taken,
    `too_many` is the answer to more: keep the count, and report it later.
    """

    METHOD: ClassVar[str] = "shell/1.turned_away"
    RESULT: ClassVar[type[Result]] = TurnedAwayResult

    reason: Literal["host", "site", "session", "link", "user", "extension", "program", "unpaired", "flood", "unasked"]
    count: Annotated[int, Meta(ge=1, le=1000000000)]
    """How many since the last report of this reason."""
    said: Annotated[str, Meta(max_length=200)] | None = None
    """What the last of them said of itself, as its host, its origin or the extension."""
