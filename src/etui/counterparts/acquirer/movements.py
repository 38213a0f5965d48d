"""Postings: money that moves with a transaction, once for each number of it."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Connection

from etui.counterparts.acquirer.records import MERCHANT_ACCOUNT, Posting, Transaction, issuer_account
from etui.counterparts.acquirer.tables import POSTINGS

_SECONDS_A_DAY: Final = 86_400


class Money(msgspec.Struct, frozen=True):
    """What one posting moves, in minor units, from one account to the other. ``number``: as in ``Posting``."""

    number: int
    debit: str
    credit: str
    minor: int


def post(connection: Connection, transaction: Transaction, number: int, amount_minor: int, now_s: int) -> None:
    """Money of the issuer goes to the merchant; the other way where ``amount_minor`` is negative."""
    issuer = issuer_account(transaction.issuer)
    debit, credit = (issuer, MERCHANT_ACCOUNT) if amount_minor > 0 else (MERCHANT_ACCOUNT, issuer)
    move(connection, transaction, Money(number, debit, credit, abs(amount_minor)), now_s)


def move(connection: Connection, transaction: Transaction, money: Money, now_s: int) -> None:
    """One posting."""
    posting = Posting(
        merchant=transaction.merchant,
        terminal=transaction.terminal,
        transmitted=transaction.transmitted,
        stan=transaction.stan,
        number=money.number,
        debit=money.debit,
        credit=money.credit,
        amount_minor=money.minor,
        currency=transaction.currency,
        issuer=transaction.issuer,
        sent_transmitted=transaction.sent_transmitted,
        sent_stan=transaction.sent_stan,
        rrn=transaction.rrn,
        approval=transaction.approval,
        day=now_s // _SECONDS_A_DAY,
        made_s=now_s,
    )
    connection.execute(POSTINGS.insert().values(msgspec.structs.asdict(posting)))
