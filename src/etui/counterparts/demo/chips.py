"""The town's scheme for cards at terminals: an authority's key, and its bank's that it certified, both made anew."""

from __future__ import annotations

import datetime as dt
from typing import Final

from etui.counterparts.issuer.personalisation import Scheme
from etui.standards import emv

AID: Final = bytes.fromhex("F04554554901")
"""The town's application: of an unregistered provider (ISO/IEC 7816-5), which begins with F."""
RID: Final = AID[:5]
COUNTRY: Final = "276"
CURRENCY: Final = "978"
_KEY_INDEX: Final = 1
_AUTHORITY_BITS: Final = 1_984
_ISSUER_BITS: Final = 1_408
_UNTIL: Final = dt.date(2049, 12, 31)
_SERIAL: Final = bytes((0, 0, 1))


def scheme(bank: str) -> Scheme:
    """What a bank is in the scheme. ``bank``: the first 6 digits of its cards' numbers."""
    authority, issuer = emv.PrivateKey.generate(_AUTHORITY_BITS, 3), emv.PrivateKey.generate(_ISSUER_BITS)
    return Scheme(
        authority=emv.AuthorityKey(RID, _KEY_INDEX, authority.public),
        issuer=issuer,
        certificate=emv.certify_issuer(authority, emv.CertifiedKey(bank, _UNTIL, _SERIAL, issuer.public)),
        name=AID,
        label="Etui Demo",
        country=COUNTRY,
        currency=CURRENCY,
    )
