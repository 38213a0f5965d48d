"""Serves ``receipt/1`` and ``relationship/1``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from etui.extensions.receipts.dealing import dealt_with
from etui.extensions.receipts.errors import FullError, TooLargeError, UnfitError, UnknownReceiptError
from etui.extensions.receipts.exporting import csv_of, html_of, json_of
from etui.extensions.receipts.kept import Keeping, Kept, Remark
from etui.extensions.receipts.looking import Altered, Looked, entry_of, look_at, look_at_all
from etui.extensions.receipts.plain import plain
from etui.extensions.receipts.showing import shown
from etui.extensions.receipts.totals import totals_of
from etui.extensions.receipts.vouching import networks_for
from etui.interfaces import receipt_1 as receipt
from etui.interfaces import relationship_1 as relationship
from etui.sdk import Extension, provides
from etui.standards.payments import PaymentError, Signed, read_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etui.sdk import Call, Item

_MAX_EXPORT: Final = 768 << 10
_MAX_NAME: Final = 200
_MAX_UNVOUCHED: Final = 200
_MAX_UNVOUCHED_OF_ONE: Final = 50
"""Of one Client: a page or a program alone does not fill the drawer for others."""


class Receipts(Extension):
    """Keeps receipts."""

    _keeping: Keeping

    def begin(self) -> None:
        """Opens what is kept."""
        self._keeping = Keeping(self.store)

    def inventory(self) -> Sequence[Item]:
        """Every receipt."""
        return [entry.item() for entry in self._keeping.entries()]

    def locate(self, ids: Sequence[str]) -> list[Item]:
        """The entries of these receipts, as far as they are there."""
        return [entry.item() for entry in map(self._keeping.look_up, ids) if entry is not None]

    @provides(receipt.File)
    def file(self, request: receipt.File, call: Call) -> receipt.FileResult:
        """Answers ``receipt/1.file``."""
        signed = _signed(request.receipt)
        networks = networks_for(signed, self.call)
        entry = msgspec.structs.replace(entry_of(request.receipt, signed), vouched=bool(networks), by=call.client)
        known = self._known(entry.id)
        if known is None:
            by = plain(call.name)[:_MAX_NAME]
            if not networks:
                self._check_room(call.client, by)
            call.makes(entry.item())
            kept = Kept(
                token=request.receipt,
                networks=networks,
                filed_at=int(time.time()),
                filed_by=by,
                decision=request.decision or "",
            )
            self._keeping.add(entry, kept)
            self.tell(f"{receipt.INTERFACE}.filed", entry.item())
        elif networks and not known.networks:
            self._keeping.add(entry, msgspec.structs.replace(known, networks=networks))
        return receipt.FileResult(receipt=entry.item())

    @provides(receipt.Find)
    def find(self, request: receipt.Find, _: Call) -> receipt.FindResult:
        """Answers ``receipt/1.find``."""
        entries = [
            entry
            for entry in self._keeping.entries()
            if request.order in {None, entry.order}
            and request.payee in {None, entry.payee}
            and _is_within(entry.paid_at, request.since, request.until)
        ]
        if words := (request.text or "").casefold().split():
            looked = look_at_all(self._keeping, entries)
            entries = [one.entry for one in looked if _has(one, words)]
        return receipt.FindResult(receipts=[entry.item() for entry in entries[: request.limit or len(entries)]])

    @provides(receipt.Show)
    def show(self, request: receipt.Show, _: Call) -> receipt.ShowResult:
        """Answers ``receipt/1.show``."""
        looked = look_at(self._keeping, self._keeping.entry(request.receipt))
        related: list[Looked] = []
        if isinstance(looked, Looked):
            entries = (entry for entry in self._keeping.entries() if entry.order == looked.entry.order)
            of_payment = (look_at(self._keeping, entry) for entry in entries if entry.id != looked.entry.id)
            related = [one for one in of_payment if isinstance(one, Looked)]
        return shown(looked, related)

    @provides(receipt.Note)
    def note(self, request: receipt.Note, _: Call) -> receipt.NoteResult:
        """Answers ``receipt/1.note``."""
        entry = self._keeping.entry(request.receipt)
        text, dispute = request.text.strip(), bool(request.dispute)
        remark = Remark(text, dispute, int(time.time())) if text or dispute else None
        self._keeping.note(entry.id, remark)
        return receipt.NoteResult()

    @provides(receipt.Totals)
    def totals(self, request: receipt.Totals, _: Call) -> receipt.TotalsResult:
        """Answers ``receipt/1.totals``."""
        looked = list(self._within(request))
        sound = [one for one in looked if isinstance(one, Looked)]
        return receipt.TotalsResult(totals=totals_of(sound), left_out=len(looked) - len(sound))

    @provides(receipt.Export)
    def export(self, request: receipt.Export, _: Call) -> receipt.ExportResult:
        """Answers ``receipt/1.export``."""
        looked = list(self._within(request))
        sound = [one for one in looked if isinstance(one, Looked)]
        text = _exported(request.format, looked, sound)
        if len(text.encode()) > _MAX_EXPORT:
            raise TooLargeError(_MAX_EXPORT)
        return receipt.ExportResult(text=text, count=len(sound), left_out=len(looked) - len(sound))

    @provides(receipt.Remove)
    def remove(self, request: receipt.Remove, _: Call) -> receipt.RemoveResult:
        """Answers ``receipt/1.remove``."""
        self._keeping.remove(self._keeping.entry(request.receipt).id)
        return receipt.RemoveResult()

    @provides(relationship.Tell)
    def tell_relationships(self, _: relationship.Tell, __: Call) -> relationship.TellResult:
        """Answers ``relationship/1.tell``."""
        return relationship.TellResult(dealt=dealt_with(self._keeping))

    def _check_room(self, client: str, name: str) -> None:
        """Raises ``FullError`` where no more receipts of this Client are taken for which nobody vouches."""
        unvouched = [one for one in self._keeping.entries() if not one.vouched]
        if sum(one.by == client for one in unvouched) >= _MAX_UNVOUCHED_OF_ONE:
            raise FullError(_MAX_UNVOUCHED_OF_ONE, name)
        if len(unvouched) >= _MAX_UNVOUCHED:
            raise FullError(_MAX_UNVOUCHED)

    def _known(self, name: str) -> Kept | None:
        """The receipt of this id where it is here and is what was signed: a damaged one is filed anew."""
        try:
            looked = look_at(self._keeping, self._keeping.entry(name))
        except UnknownReceiptError:
            return None
        return looked.kept if isinstance(looked, Looked) else None

    def _within(self, request: receipt.Totals | receipt.Export) -> Iterator[Looked | Altered]:
        entries = (
            entry
            for entry in self._keeping.entries()
            if request.payee in {None, entry.payee} and _is_within(entry.paid_at, request.since, request.until)
        )
        return look_at_all(self._keeping, entries)


def _exported(form: Literal["csv", "json", "html"], looked: Sequence[Looked | Altered], sound: Sequence[Looked]) -> str:
    match form:
        case "csv":
            return csv_of(sound)
        case "json":
            return json_of(looked)
        case "html":
            return html_of(looked)


def _signed(token: str) -> Signed:
    try:
        return read_receipt(token)
    except PaymentError as error:
        raise UnfitError(f"the receipt is not usable: {error}") from None


def _is_within(moment: int, since: int | None, until: int | None) -> bool:
    return (since is None or moment >= since) and (until is None or moment < until)


def _has(one: Looked | Altered, words: Sequence[str]) -> bool:
    """Whether all words stand in a receipt."""
    texts = [one.entry.label, one.remark.text if one.remark else ""]
    if isinstance(one, Looked):
        receipt, merchant = one.receipt, one.signed.merchant
        texts += [merchant.name, merchant.host, receipt.id, receipt.order, receipt.note, receipt.approval]
        texts += [line.label for line in receipt.items]
    text = " ".join(texts).casefold()
    return all(word in text for word in words)
