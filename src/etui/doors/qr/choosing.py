"""Which of the codes in a picture is paid: the one of a merchant. Where there are several, the user says which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from etui.doors.qr.errors import AmbiguousError, ForeignCodeError, NoCodeError, QrError
from etui.standards.emvqr import (
    Code,
    EmvQrError,
    OrderPlace,
    claimed_amount,
    claimed_currency,
    decode,
    fee_on,
    is_code,
    order_place,
)
from etui.standards.money import full_amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.doors.qr.found import Found

_SHOWN: Final = 40


class Payable(msgspec.Struct, frozen=True):
    """A merchant's code, and where its order is."""

    code: Code
    place: OrderPlace


def payable_among(found: Sequence[Found], number: int | None = None) -> Payable:
    """The code that is to be paid: the only one, or that of a number, counted from 1 from above and from the left.

    Raises ``NoCodeError``, ``AmbiguousError``, ``ForeignCodeError`` for one that no card of a wallet pays, and
    ``QrError`` for one that is malformed.
    """
    ordered = sorted(found, key=lambda one: (one.y, one.x))
    distinct = list(dict.fromkeys(one.payload for one in ordered))
    codes = [payload for payload in distinct if is_code(payload)]
    if not distinct:
        raise NoCodeError("there is no QR code in the picture, or it is too small or blurred")
    if not codes:
        raise NoCodeError(f"there is no merchant's code in the picture, but one that says {_beginning(distinct[0])}")
    if number is None and len(codes) > 1:
        raise AmbiguousError([_description(payload) for payload in codes])
    if number is not None and not 1 <= number <= len(codes):
        raise NoCodeError(f"there is no code {number} in the picture, which has {len(codes)}")
    return _payable(codes[(number or 1) - 1])


def _payable(payload: bytes) -> Payable:
    try:
        code = decode(payload)
        place = order_place(code)
        _ = claimed_currency(code), claimed_amount(code), fee_on(code, 0)
    except EmvQrError as error:
        raise QrError(f"the code is malformed: {error}") from None
    if place is None:
        schemes = ", ".join(code.schemes)
        raise ForeignCodeError(f"the code of “{code.name}” is for {schemes}: no card of this wallet pays that")
    return Payable(code, place)


def _description(payload: bytes) -> str:
    """What a code claims to be, for whoever has to choose."""
    try:
        code = decode(payload)
        amount = claimed_amount(code)
        place = order_place(code)
        currency = claimed_currency(code)
    except EmvQrError as error:
        return f"a malformed one ({error})"
    what = f"in {currency}, the amount left open" if amount is None else full_amount(amount, currency)
    at = place.host if place else f"for {', '.join(code.schemes)}"
    return f"“{code.name}”, {what}, {at}"


def _beginning(payload: bytes) -> str:
    text = payload.decode("utf-8", "replace")
    return f"“{text[:_SHOWN]}…”" if len(text) > _SHOWN else f"“{text}”"
