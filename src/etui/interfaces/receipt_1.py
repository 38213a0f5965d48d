"""Receipts: the typed Python of ``receipt/1``.

Generated from the interface's document by ``etui interface generate``; do not edit.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from etui.interfaces.binding import Item, Request, Result

INTERFACE: Final = "receipt/1"

__all__ = [
    "INTERFACE",
    "Export",
    "ExportResult",
    "File",
    "FileResult",
    "Find",
    "FindResult",
    "Line",
    "Note",
    "NoteResult",
    "Refund",
    "Remark",
    "Remove",
    "RemoveResult",
    "Show",
    "ShowResult",
    "Total",
    "Totals",
    "TotalsResult",
]


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a receipt."""

    label: Annotated[str, Meta(max_length=200)]
    amount: Annotated[int, Meta(ge=-999999999999, le=999999999999)]
    """In minor units."""


class Refund(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was given back of a sale."""

    id: Annotated[str, Meta(max_length=100)]
    """The merchant's own."""
    amount: Annotated[int, Meta(ge=-999999999999, le=999999999999)]
    """In minor units."""
    paid_at: int


class Remark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the user noted."""

    text: Annotated[str, Meta(max_length=2000)]
    dispute: bool
    at: int


class Total(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was paid to one merchant in one month, in one currency."""

    month: Annotated[str, Meta(max_length=7)]
    """As `2030-12`, by UTC."""
    payee: Annotated[str, Meta(max_length=253)]
    currency: Annotated[str, Meta(max_length=3)]
    """ISO 4217."""
    vouched: bool
    """Whether a scheme vouched for the merchant when these were filed."""
    count: Annotated[int, Meta(ge=0)]
    sales: int
    """In minor units."""
    refunds: int
    """In minor units, nothing or less."""
    total: int
    """Sales and refunds together, in minor units."""


class FileResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``receipt/1.file``."""

    METHOD: ClassVar[str] = "receipt/1.file"

    receipt: Item


class File(Request[FileResult], frozen=True, kw_only=True, omit_defaults=True):
    """Keep a receipt.

    Keeps what a merchant signed, once: the same text is the same receipt. `invalid_params` for what is no
    receipt or was changed. Who vouches for the merchant is asked of the cards of the wallet, and what they
    say then is kept.
    """

    METHOD: ClassVar[str] = "receipt/1.file"
    RESULT: ClassVar[type[Result]] = FileResult

    receipt: Annotated[str, Meta(max_length=65536)]
    """A JSON Web Signature of type `payment-receipt+jws`."""
    decision: Annotated[str, Meta(max_length=40)] | None = None
    """The id of the audit's record by which the payment was allowed.

    It is shown as what the caller says.
    """


class FindResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``receipt/1.find``."""

    METHOD: ClassVar[str] = "receipt/1.find"

    receipts: list[Item]


class Find(Request[FindResult], frozen=True, kw_only=True, omit_defaults=True):
    """Find receipts.

    The latest first.
    """

    METHOD: ClassVar[str] = "receipt/1.find"
    RESULT: ClassVar[type[Result]] = FindResult

    text: Annotated[str, Meta(max_length=200)] | None = None
    """Words that all stand in it: merchant, lines, notes, numbers."""
    order: Annotated[str, Meta(max_length=120)] | None = None
    """Which payment they are of, as `payment/1` names it."""
    payee: Annotated[str, Meta(max_length=253)] | None = None
    """The host under which the merchant sells."""
    since: int | None = None
    """Paid then or later."""
    until: int | None = None
    """Paid before then."""
    limit: Annotated[int, Meta(ge=1, le=1000)] | None = None


class ShowResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``receipt/1.show``."""

    METHOD: ClassVar[str] = "receipt/1.show"

    state: Literal["verified", "altered"]
    """`altered`: it is not what the merchant signed.

    Then nothing of it is to be relied on, and there may be nothing else but `reason`.
    """
    reason: Annotated[str, Meta(max_length=400)] | None = None
    """What is wrong with it, for people."""
    kind: Literal["sale", "refund"] | None = None
    id: Annotated[str, Meta(max_length=100)] | None = None
    """The merchant's own."""
    payee: Annotated[str, Meta(max_length=253)] | None = None
    """The host under which the merchant sells."""
    merchant: Annotated[str, Meta(max_length=200)] | None = None
    """Its name."""
    acquirer: Annotated[str, Meta(max_length=200)] | None = None
    """Who vouches for the merchant in its certificates; see `networks` for whether that counts for anything."""
    networks: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=20)]
    """The schemes that vouched for the merchant when the receipt was filed.

    None: whoever signed it may be anybody.
    """
    amount: int | None = None
    """What was paid or given back, in minor units, more than 0."""
    currency: Annotated[str, Meta(max_length=3)] | None = None
    """ISO 4217."""
    lines: Annotated[list[Line], Meta(max_length=100)]
    tax: int | None = None
    """Contained in `amount`."""
    tip: int | None = None
    """Contained in `amount`."""
    paid_at: int | None = None
    approval: Annotated[str, Meta(max_length=6)] | None = None
    """The issuer's code."""
    paid_by: Annotated[str, Meta(max_length=4)] | None = None
    """The last digits of the card's token."""
    merchant_note: Annotated[str, Meta(max_length=200)] | None = None
    order: Annotated[str, Meta(max_length=120)] | None = None
    """Which payment it is of, as `payment/1` names it."""
    request: Annotated[bytes, Meta(max_length=32)] | None = None
    """The SHA-256 of the payment request."""
    sale: Annotated[str, Meta(max_length=100)] | None = None
    """Of a refund: the merchant's id of the receipt that it is to."""
    sale_found: bool | None = None
    """Of a refund: whether that receipt is here, of the same merchant and payment."""
    refunds: Annotated[list[Refund], Meta(max_length=1000)]
    """Of a sale: what was given back of it, by receipts that are here."""
    refunded: Annotated[int, Meta(ge=0)]
    """Their sum, in minor units."""
    filed_at: int
    filed_by: Annotated[str, Meta(max_length=200)]
    """Who filed it, for people."""
    decision: Annotated[str, Meta(max_length=40)] | None = None
    """The id of the audit's record by which the payment was allowed, as who filed it says."""
    note: Remark | None = None
    receipt: Annotated[str, Meta(max_length=65536)] | None = None
    """The receipt as it was signed."""


class Show(Request[ShowResult], frozen=True, kw_only=True, omit_defaults=True):
    """Show a receipt."""

    METHOD: ClassVar[str] = "receipt/1.show"
    RESULT: ClassVar[type[Result]] = ShowResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("receipt",)

    receipt: str


class NoteResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``receipt/1.note``."""

    METHOD: ClassVar[str] = "receipt/1.note"


class Note(Request[NoteResult], frozen=True, kw_only=True, omit_defaults=True):
    """Write a note on a receipt.

    In the place of the one before. An empty text takes it away.
    """

    METHOD: ClassVar[str] = "receipt/1.note"
    RESULT: ClassVar[type[Result]] = NoteResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("receipt",)

    receipt: str
    text: Annotated[str, Meta(max_length=2000)]
    dispute: bool | None = None
    """That the user does not agree with it."""


class TotalsResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``receipt/1.totals``."""

    METHOD: ClassVar[str] = "receipt/1.totals"

    totals: Annotated[list[Total], Meta(max_length=5000)]
    left_out: Annotated[int, Meta(ge=0)]
    """How many receipts were altered."""


class Totals(Request[TotalsResult], frozen=True, kw_only=True, omit_defaults=True):
    """Add up receipts.

    By month, merchant and currency; refunds count against sales. Receipts for which nobody vouched are told
    apart, and what was altered is left out.
    """

    METHOD: ClassVar[str] = "receipt/1.totals"
    RESULT: ClassVar[type[Result]] = TotalsResult

    payee: Annotated[str, Meta(max_length=253)] | None = None
    """The host under which the merchant sells."""
    since: int | None = None
    """Paid then or later."""
    until: int | None = None
    """Paid before then."""


class ExportResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``receipt/1.export``."""

    METHOD: ClassVar[str] = "receipt/1.export"

    text: Annotated[str, Meta(max_length=786432)]
    count: Annotated[int, Meta(ge=0)]
    left_out: Annotated[int, Meta(ge=0)]
    """How many receipts were altered.

    In `json` and `html` they stand as such; in `csv` they are left out.
    """


class Export(Request[ExportResult], frozen=True, kw_only=True, omit_defaults=True):
    """Export receipts.

    `csv`: RFC 4180 in UTF-8, a row for each receipt, with no cell that a spreadsheet takes for a formula.
    `json`: everything, with the receipts as they were signed. `html`: a page to print, without a script.
    `conflict` where that would be more than 768 KiB: give `since` and `until`.
    """

    METHOD: ClassVar[str] = "receipt/1.export"
    RESULT: ClassVar[type[Result]] = ExportResult

    format: Literal["csv", "json", "html"]
    payee: Annotated[str, Meta(max_length=253)] | None = None
    """The host under which the merchant sells."""
    since: int | None = None
    """Paid then or later."""
    until: int | None = None
    """Paid before then."""


class RemoveResult(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What answers ``receipt/1.remove``."""

    METHOD: ClassVar[str] = "receipt/1.remove"


class Remove(Request[RemoveResult], frozen=True, kw_only=True, omit_defaults=True):
    """Delete a receipt."""

    METHOD: ClassVar[str] = "receipt/1.remove"
    RESULT: ClassVar[type[Result]] = RemoveResult
    REFERENCES: ClassVar[tuple[str, ...]] = ("receipt",)

    receipt: str
