"""Serves ``payment/1``: settles what is paid by which card, has the card pay, and keeps what became of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec import Raw, json

from etui.extensions.cards.choosing import Choice, Choosing
from etui.extensions.cards.errors import ConflictError, UnfitError
from etui.extensions.cards.journal import Journal, Line, Payment, State
from etui.extensions.cards.orders import order_in, order_of
from etui.extensions.cards.receipts import check_receipt, hand_on, signer_of
from etui.interfaces import Prepared
from etui.interfaces import card_1 as card
from etui.interfaces import dialog_1 as dialog
from etui.interfaces import payment_1 as payment
from etui.sdk import ErrorCode, Extension, ProtocolError, RemoteError, prepares, provides
from etui.standards.money import full_amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.extensions.cards.routes import Route
    from etui.sdk import Call, Item
    from etui.standards.payments import Amount, Order

_ID_DIGITS: Final = 32
_UNCERTAIN: Final = {ErrorCode.UNAVAILABLE, ErrorCode.TIMED_OUT, ErrorCode.CANCELLED, ErrorCode.INTERNAL}
"""After these nobody knows whether the card has paid."""
_MAX_NOTED: Final = 12
_MAX_PREPARED: Final = 64
_MAX_REASON: Final = 1000


class Cards(Extension):
    """Pays by the cards of all issuers."""

    _journal: Journal
    _choosing: Choosing
    _prepared: dict[str, Choice]
    """What was settled of orders that the user is asked about: the card that pays is the one that was shown."""

    def begin(self) -> None:
        """Opens the journal."""
        self._journal = Journal(self.store)
        self._choosing = Choosing(self.call, self.store)
        self._prepared = {}

    def inventory(self) -> Sequence[Item]:
        """Every payment."""
        return [one.entry() for one in self._journal.payments()]

    def locate(self, ids: Sequence[str]) -> list[Item]:
        """The entries of these payments, as far as they are there."""
        return [one.entry() for one in map(self._journal.look_up, ids) if one is not None]

    @prepares(payment.Pay)
    def before_pay(self, request: payment.Pay, _: Call) -> Prepared:
        """Settles payee, amount, currency, card and route, and says what is bought."""
        order = order_of(request)
        choice = self._choosing.choose(order, request.request)
        _check_route(request, choice)
        self._remember(order, choice)
        settles: dict[str, object] = {"card": choice.offer.card.item}
        if request.payee is None:
            settles["payee"] = order.merchant.host
        if request.amount is None:
            settles |= {"amount": order.amount_minor, "currency": order.currency}
        notes = [*_notes(order), self._vouched(order)]
        if choice.route is not None:
            notes += choice.route.notes
            if request.route is None:
                settles["route"] = choice.route.words
        return _prepared(notes, settles)

    @prepares(payment.Mandate)
    def before_mandate(self, request: payment.Mandate, _: Call) -> Prepared:
        """Settles to whom and by which card a mandate is; the wallet itself asks the user and gives it."""
        order = order_in(request.request)
        if request.payee not in {None, order.merchant.host}:
            raise UnfitError(f"the payment request is of {order.merchant.host}")
        if request.currency != order.currency:
            raise UnfitError(f"the payment request is in {order.currency}, and the mandate in {request.currency[:3]}")
        settles: dict[str, object] = {"card": self._choosing.choose(order, request.request).offer.card.item}
        if request.payee is None:
            settles["payee"] = order.merchant.host
        return _prepared([self._vouched(order)], settles)

    @provides(payment.Pay)
    def pay(self, request: payment.Pay, call: Call) -> payment.PayResult:
        """Answers ``payment/1.pay``."""
        order = order_of(request)
        choice = self._prepared.pop(order.name, None) or self._choosing.choose(order, request.request)
        record = _record(order, choice, call.decision, request.sent_to or "")
        call.makes(record.entry())
        self._journal.begin(record)
        if choice.route is not None:
            record = self._take(choice.route, order, record, call)
        try:
            paid = call.ask(
                card.Authorise(
                    card=choice.offer.card.item,
                    payee=order.merchant.host,
                    amount=order.amount_minor,
                    currency=order.currency,
                    order=order.name,
                    request=request.request,
                )
            )
        except RemoteError as error:
            if error.code not in _UNCERTAIN:
                self._journal.end(record, State.DECLINED)
            raise
        self._journal.paid(record, paid.network)
        return payment.PayResult(
            payment=record.entry(),
            credential=paid.credential,
            network=paid.network,
            decision=record.decision or None,
        )

    def _vouched(self, order: Order) -> str:
        """Who vouches for the key that signed an order, and since when its user has paid by that key."""
        merchant, signer = order.merchant, signer_of(order.chain)
        verified = f"Verified: signed by {merchant.name}, for whom {merchant.acquirer_name} vouches."
        paid = self._journal.paid_to(merchant.host)
        by_key = [one.paid_at for one in paid if one.signer == signer]
        if by_key:
            first = datetime.fromtimestamp(min(by_key), UTC)
            return f"{verified} You have paid it, by the same key, since {first.day} {first:%b %Y}."
        return f"{verified} {'It signed by another key before.' if paid else 'You have not paid it before.'}"

    def _remember(self, order: Order, choice: Choice) -> None:
        self._prepared[order.name] = choice
        while len(self._prepared) > _MAX_PREPARED:
            del self._prepared[next(iter(self._prepared))]

    def _take(self, route: Route, order: Order, record: Payment, call: Call) -> Payment:
        """Has a payment go by its route; where it may not, nothing was paid."""
        try:
            taken = call.ask(route.take(order), provider=route.provider)
        except ProtocolError:
            self._journal.end(record, State.DECLINED)
            raise
        return self._journal.routed(record, taken.decision or "")

    @provides(payment.Preview)
    def preview(self, request: payment.Preview, _: Call) -> payment.PreviewResult:
        """Answers ``payment/1.preview``."""
        order = order_in(request.request)
        if order.merchant.host != request.payee:
            raise UnfitError(f"the payment request is not of {request.payee}")
        try:
            choice = self._choosing.choose(order, request.request)
        except ConflictError as error:
            return payment.PreviewResult(cards=[], reason=error.message[:_MAX_REASON])
        return payment.PreviewResult(cards=[offer.card.label for offer in choice.candidates])

    @provides(payment.Prefer)
    def prefer(self, _: payment.Prefer, call: Call) -> payment.PreferResult:
        """Answers ``payment/1.prefer``."""
        offers = self._choosing.offers()
        options = [dialog.Option(id=str(number), label=offer.name) for number, offer in enumerate(offers)]
        text = "Which card pays, wherever it can?"
        chosen = call.ask(dialog.Choose(title="The card that pays", text=text, options=options)).chosen
        offer = offers[int(chosen)]
        self._choosing.prefer(offer)
        return payment.PreferResult(card=offer.name)

    @provides(payment.Complete)
    def complete(self, request: payment.Complete, call: Call) -> payment.CompleteResult:
        """Answers ``payment/1.complete``."""
        record = self._journal.payment(request.payment)
        if request.receipt is not None:
            check_receipt(request.receipt, record)
        ended = self._journal.end(record, State(request.outcome), request.receipt or "")
        self.tell(f"{payment.INTERFACE}.changed", ended.entry())
        filed = None if request.receipt is None else hand_on(request.receipt, ended, call)
        return payment.CompleteResult(filed=filed)

    @provides(payment.Find)
    def find(self, request: payment.Find, _: Call) -> payment.FindResult:
        """Answers ``payment/1.find``."""
        found = [
            one
            for one in self._journal.payments()
            if request.payee in {None, one.payee}
            and request.order in {None, one.order}
            and request.state in {None, one.state.value}
        ]
        return payment.FindResult(payments=[one.entry() for one in found[: request.limit or len(found)]])

    @provides(payment.Show)
    def show(self, request: payment.Show, _: Call) -> payment.ShowResult:
        """Answers ``payment/1.show``."""
        record = self._journal.payment(request.payment)
        return payment.ShowResult(
            payee=record.payee,
            merchant=record.merchant,
            amount=record.amount,
            currency=record.currency,
            order=record.order,
            lines=[payment.Line(label=line.label, amount=line.amount) for line in record.lines],
            state=record.state.value,
            card=record.card,
            network=record.network,
            route=record.route or None,
            paid_at=record.paid_at,
            sent_to=record.sent_to or None,
            receipt=record.receipt or None,
            decision=record.decision or None,
            route_decision=record.route_decision or None,
        )


def _check_route(request: payment.Pay, choice: Choice) -> None:
    """Raises ``UnfitError`` where a call names another route than there is."""
    there = None if choice.route is None else choice.route.words
    if request.route not in {None, there}:
        raise UnfitError(f"the payment goes by {there or 'no route'}: leave `route` out")


def _record(order: Order, choice: Choice, decision: str, sent_to: str) -> Payment:
    return Payment(
        id=order.digest.hex()[:_ID_DIGITS],
        payee=order.merchant.host,
        merchant=order.merchant.name,
        amount=order.amount_minor,
        currency=order.currency,
        order=order.name,
        request=order.digest,
        signer=signer_of(order.chain),
        lines=tuple(Line(line.label, line.amount.minor) for line in order.details.display_items),
        card=choice.offer.card.label,
        paid_at=int(time.time()),
        decision=decision,
        route="" if choice.route is None else choice.route.words,
        sent_to=sent_to,
    )


def _notes(order: Order) -> list[str]:
    """What is bought, a line for each of a few items, and how it is shipped."""
    lines = order.details.display_items
    notes = [_line(line.label, line.amount) for line in lines[:_MAX_NOTED]]
    if left := len(lines) - len(notes):
        notes.append(f"And {left} more.")
    return [
        *notes,
        *(_line(f"Shipped by {way.label}", way.amount) for way in order.details.shipping_options if way.selected),
    ]


def _line(what: str, amount: Amount) -> str:
    return f"{what}: {full_amount(amount.minor, amount.currency)}"


def _prepared(notes: list[str], settles: dict[str, object]) -> Prepared:
    return Prepared(notes=notes, settles={name: Raw(json.encode(value)) for name, value in settles.items()})
