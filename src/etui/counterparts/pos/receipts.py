"""Receipts for who paid: as text, and signed, so that a wallet keeps them.

Source: EMV Book 4, section 10.3 (application and what identifies the transaction); no more of the card's number than
its last four digits.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from etui.counterparts.identity import Identity
from etui.counterparts.pos.kernel import Terminal, Verification
from etui.counterparts.pos.records import Payment
from etui.counterparts.pos.store import ADVICE, AUTHORISATION
from etui.standards.money import decimal_amount, full_amount
from etui.standards.payments import MAX_TEXT, TAP, Amount, Kind, Line, Receipt, approval_code, sign_receipt

_WIDTH: Final = 40
_VERIFIED: Final = {
    Verification.NONE: "not needed",
    Verification.ON_DEVICE: "on your device",
    Verification.FAILED: "none",
}


def receipt(payment: Payment, terminal: Terminal, letters: str, zone: dt.tzinfo | None = None) -> str:
    """The receipt of a payment of which something is taken.

    ``letters``: its currency, ``EUR``. ``zone``: that of its time.
    """
    made = dt.datetime.fromtimestamp(payment.made_s, tz=dt.UTC).astimezone(zone)
    lines = [
        (payment.label, f"**** {payment.digits}"),
        ("Amount", full_amount(payment.final_minor, letters)),
        ("Date", made.strftime("%Y-%m-%d %H:%M")),
        ("Number", _number(payment)),
        ("AID", payment.identifier),
        ("Cryptogram", payment.cryptogram),
        ("Holder verified", _VERIFIED[Verification(payment.verification)]),
        ("Approval", payment.approval or payment.response_code),
        ("Approved by", "card" if payment.mti == ADVICE else "issuer"),
    ]
    if payment.mti == AUTHORISATION and payment.final_minor < payment.amount_minor:
        lines.insert(2, ("Of what was held", full_amount(payment.amount_minor, letters)))
    head = [line.strip() for line in (terminal.location or terminal.merchant, payment.purpose) if line.strip()]
    return "\n".join([*head, "-" * _WIDTH, *(f"{name:<16}{value:>24}" for name, value in lines)]) + "\n"


def signed_receipt(payment: Payment, letters: str, identity: Identity) -> str:
    """The same for a wallet (``receipt/1``), signed by the merchant: what was taken in the end, by which tap.

    Raises ``MalformedError`` for a payment of which nothing is taken.
    """
    total = Amount(letters, decimal_amount(payment.final_minor, letters))
    receipt = Receipt(
        id=_number(payment),
        kind=Kind.SALE,
        request=bytes.fromhex(payment.tap),
        order=TAP,
        total=total,
        items=(Line(payment.purpose[:MAX_TEXT], total),) if payment.purpose else (),
        paid_at=payment.made_s,
        approval=approval_code(payment.approval),
        paid_by=payment.digits,
    )
    return sign_receipt(receipt, identity.chain, identity.sign)


def _number(payment: Payment) -> str:
    return f"{payment.terminal}-{payment.number:06d}"
