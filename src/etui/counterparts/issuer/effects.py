"""What each decision does to a card and its transactions: the arithmetic of the books, in one place.

Held and posted money of a card always is the sum of what its transactions hold and its postings moved (``balances``).
"""

from __future__ import annotations

import msgspec

from etui.counterparts.issuer.asking import Asked
from etui.counterparts.issuer.outcomes import Moment, Outcome
from etui.counterparts.issuer.records import CARD_ACCOUNT, Authorisation, Card, Posting, State, acquirer_account
from etui.standards.iso8583 import ResponseCode


def declined(card: Card, asked: Asked, response_code: ResponseCode, now: Moment) -> Outcome:
    """Nothing moves; ``card`` may have counted."""
    return Outcome(
        response_code=response_code, card=card, new=_transaction(asked, response_code, "", State.DECLINED, now)
    )


def held(card: Card, asked: Asked, approval: str, now: Moment) -> Outcome:
    """The amount is held."""
    amount = asked.request.amount_minor
    return Outcome(
        response_code=ResponseCode.APPROVED,
        approval=approval,
        card=msgspec.structs.replace(_spent(card, amount, now), held_minor=card.held_minor + amount),
        new=_transaction(asked, ResponseCode.APPROVED, approval, State.HELD, now, held_minor=amount),
    )


def posted(card: Card, asked: Asked, approval: str, now: Moment) -> Outcome:
    """The amount leaves the card for the acquirer."""
    amount = asked.request.amount_minor
    new = _transaction(asked, ResponseCode.APPROVED, approval, State.POSTED, now, posted_minor=amount)
    return _moved(_spent(card, amount, now), new, amount, now, new=new)


def credited(card: Card, asked: Asked, approval: str, now: Moment) -> Outcome:
    """The amount comes from the acquirer; what was spent today stays what it was."""
    amount = asked.request.amount_minor
    new = _transaction(asked, ResponseCode.APPROVED, approval, State.POSTED, now, posted_minor=-amount)
    return _moved(card, new, -amount, now, new=new)


def completed(card: Card, original: Authorisation, asked: Asked, now: Moment) -> Outcome:
    """What was held is given back, and the amount, which is no more than that, leaves the card."""
    amount = asked.request.amount_minor
    new = _transaction(asked, ResponseCode.APPROVED, original.approval, State.POSTED, now, posted_minor=amount)
    card = _unspent(_released(card, original), original, original.held_minor - amount)
    changed = msgspec.structs.replace(original, state=State.COMPLETED.value, held_minor=0)
    return _moved(card, new, amount, now, new=new, changed=changed)


def reversed_(card: Card, original: Authorisation, now: Moment) -> Outcome:
    """What was held is given back, or what was posted is posted the other way."""
    changed = msgspec.structs.replace(original, state=State.REVERSED.value, held_minor=0, posted_minor=0)
    if original.posted_minor:
        if original.posted_minor > 0:
            card = _unspent(card, original, original.posted_minor)
        return _moved(card, original, -original.posted_minor, now, changed=changed)
    card = _unspent(_released(card, original), original, original.held_minor)
    return Outcome(response_code=ResponseCode.APPROVED, approval=original.approval, card=card, changed=changed)


def _moved(  # noqa: PLR0913  # what moves, and what changes with it
    card: Card,
    transaction: Authorisation,
    amount_minor: int,
    now: Moment,
    *,
    new: Authorisation | None = None,
    changed: Authorisation | None = None,
) -> Outcome:
    """Money of the card goes to the acquirer; the other way where ``amount_minor`` is negative."""
    other = acquirer_account(transaction.acquirer)
    debit, credit = (CARD_ACCOUNT, other) if amount_minor > 0 else (other, CARD_ACCOUNT)
    number = card.postings + 1
    posting = Posting(
        card=card.card,
        number=number,
        debit=debit,
        credit=credit,
        amount_minor=abs(amount_minor),
        currency=transaction.currency,
        acquirer=transaction.acquirer,
        transmitted=transaction.transmitted,
        stan=transaction.stan,
        rrn=transaction.rrn,
        terminal=transaction.terminal,
        merchant=transaction.merchant,
        approval=transaction.approval,
        day=now.day,
        made_s=now.made_s,
    )
    return Outcome(
        response_code=ResponseCode.APPROVED,
        approval=transaction.approval,
        card=msgspec.structs.replace(card, balance_minor=card.balance_minor - amount_minor, postings=number),
        new=new,
        changed=changed,
        posting=posting,
    )


def _released(card: Card, original: Authorisation) -> Card:
    return msgspec.structs.replace(card, held_minor=card.held_minor - original.held_minor)


def _spent(card: Card, amount_minor: int, now: Moment) -> Card:
    spent_minor, count = card.spent(now.day)
    return msgspec.structs.replace(
        card, day=max(card.day, now.day), day_minor=spent_minor + amount_minor, day_count=count + 1
    )


def _unspent(card: Card, original: Authorisation, amount_minor: int) -> Card:
    """What was spent on the card's last day is less by this much; that there was a payment still counts."""
    if original.day != card.day:
        return card
    return msgspec.structs.replace(card, day_minor=max(0, card.day_minor - amount_minor))


def _transaction(  # noqa: PLR0913  # a row has these parts
    asked: Asked,
    response_code: ResponseCode,
    approval: str,
    state: State,
    now: Moment,
    *,
    held_minor: int = 0,
    posted_minor: int = 0,
) -> Authorisation:
    key, request = asked.key, asked.request
    return Authorisation(
        card=key.card,
        acquirer=key.acquirer,
        transmitted=key.transmitted,
        stan=key.stan,
        mti=request.MTI,
        digest=asked.digest,
        rrn=request.rrn,
        terminal=request.terminal,
        merchant=request.merchant,
        amount_minor=request.amount_minor,
        currency=request.currency,
        atc=asked.chip.atc if asked.chip is not None and asked.verified else -1,
        response_code=response_code.value,
        approval=approval,
        state=state.value,
        held_minor=held_minor,
        posted_minor=posted_minor,
        day=now.day,
        made_s=now.made_s,
    )
