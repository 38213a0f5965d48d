"""Who vouches for a merchant: the cards of the wallet are asked, whose issuers know the schemes.

A Client's word counts for nothing here, and neither does what a chain of certificates says of itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from cryptography.hazmat.primitives.serialization import Encoding

from etui.interfaces import card_1 as card
from etui.interfaces import wallet_1 as wallet
from etui.sdk import ProtocolError

if TYPE_CHECKING:
    from etui.interfaces import Request, Result
    from etui.standards.payments import Signed

    ResultT = TypeVar("ResultT", bound=Result)


class _Calling(Protocol):
    def __call__(self, request: Request[ResultT], *, provider: str = "") -> ResultT: ...


def networks_for(signed: Signed, call: _Calling) -> tuple[str, ...]:
    """The schemes that vouch for who signed a receipt now; an Extension that does not answer vouches for nobody."""
    certificates = [one.public_bytes(Encoding.DER) for one in signed.chain]
    found: set[str] = set()
    try:
        providers = call(wallet.Providers(interface=card.INTERFACE)).providers
    except ProtocolError:
        return ()
    for row in providers:
        try:
            found.update(call(card.Vouch(certificates=certificates), provider=row.provider).networks)
        except ProtocolError:
            continue
    return tuple(sorted(found))
