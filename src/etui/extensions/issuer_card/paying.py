"""Whether a card pays what a merchant asks for, by what the merchant signed and what the issuer allows.

For a merchant vouch the schemes whose roots a card's profile brought.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from cryptography import x509

from etui.extensions.issuer_card.errors import UnfitError, UnpaidError
from etui.sdk import this_copy
from etui.standards.money import full_amount
from etui.standards.payments import Order, PaymentError, check_chain, merchant_of, read_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from etui.extensions.issuer_card.cards import Card
    from etui.interfaces.card_1 import Authorise
    from etui.standards.provisioning import Profile

_CENTURY: Final = 2000


def order_in(token: str) -> Order:
    """The order in a merchant's request; raises ``UnfitError``."""
    try:
        return read_request(token, int(time.time()))
    except PaymentError as error:
        raise UnfitError(f"the payment request is not usable: {error}") from None


def check_consent(request: Authorise, order: Order) -> None:
    """Raises ``UnfitError`` where what was consented to is not what the merchant signed."""
    said = (request.payee, request.amount, request.currency, request.order)
    if said != (order.merchant.host, order.amount_minor, order.currency, order.name):
        raise UnfitError("payee, amount, currency or order is not what the merchant signed")


def check_usable(card: Card) -> None:
    """Raises ``UnpaidError``, which says why, where a card pays nothing at all now."""
    if card.copy != this_copy():
        raise UnpaidError(
            f"{card.entry().label} was restored from a backup, whose keys may have been used since: delete it, and add"
            " it anew with a new code of its issuer"
        )
    if card.state != "active":
        raise UnpaidError(f"{card.entry().label} rests")
    if _is_over(card.expiry, int(time.time())):
        raise UnpaidError(f"{card.entry().label} has expired")


def check_payable(card: Card, order: Order) -> None:
    """Raises ``UnpaidError``, which says why, where a card does not pay an order."""
    profile = card.profile
    now = int(time.time())
    if profile.network not in order.networks:
        raise UnpaidError(f"{order.merchant.host} does not take {profile.network}")
    try:
        order.check_merchant(_roots(profile), now)
    except (PaymentError, ValueError) as error:
        raise UnpaidError(str(error)) from None
    if order.currency != profile.currency:
        raise UnpaidError(f"{card.entry().label} pays in {profile.currency}")
    if order.amount_minor > profile.transaction_limit:
        most = full_amount(profile.transaction_limit, profile.currency)
        raise UnpaidError(f"{card.entry().label} pays at most {most} at once")


def vouching(profiles: Iterable[Profile], certificates: Sequence[bytes]) -> list[str]:
    """The schemes that vouch for a merchant now; ``certificates``: in DER, its own first. Raises ``UnfitError``."""
    try:
        chain = [x509.load_der_x509_certificate(one) for one in certificates]
        merchant_of(chain)
    except (PaymentError, ValueError) as error:
        raise UnfitError(f"these are no certificates of a merchant: {error}") from None
    now = int(time.time())
    found: set[str] = set()
    for profile in profiles:
        with suppress(PaymentError, ValueError):  # this one does not
            check_chain(chain, _roots(profile), now)
            found.add(profile.network)
    return sorted(found)


def _roots(profile: Profile) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(root) for root in profile.roots]


def _is_over(expiry: str, now: int) -> bool:
    """Whether the month of a date YYMM is over, by UTC."""
    today = time.gmtime(now)
    return (today.tm_year - _CENTURY, today.tm_mon) > (int(expiry[:2]), int(expiry[2:]))
