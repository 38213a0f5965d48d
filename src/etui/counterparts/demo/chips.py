"""The town's scheme for cards at terminals: an authority's key, and those of issuers that it certified, made anew."""

from __future__ import annotations

import datetime as dt
from typing import Final

from etui.counterparts.issuer.personalisation import Scheme
from etui.standards import emv

AID: Final = bytes.fromhex("F04554554901")
"""The town's application: of an unregistered provider (ISO/IEC 7816-5), which begins with F."""
OPERATOR_AID: Final = bytes.fromhex("F04554554902")
"""That of the operators' scheme."""
RID: Final = AID[:5]
COUNTRY: Final = "276"
CURRENCY: Final = "978"
_KEY_INDEX: Final = 1
_AUTHORITY_BITS: Final = 1_984
_ISSUER_BITS: Final = 1_408
_UNTIL: Final = dt.date(2049, 12, 31)


def scheme(bank: str) -> Scheme:
    """What a bank is in the scheme. ``bank``: the first 6 digits of its cards' numbers."""
    return schemes((bank, AID, "Etui Demo"))[0]


def schemes(*issuers: tuple[str, bytes, str]) -> list[Scheme]:
    """What issuers are whom one authority certified, each by its first 6 digits, application and its label."""
    authority = emv.PrivateKey.generate(_AUTHORITY_BITS, 3)
    made = []
    for number, (bank, name, label) in enumerate(issuers, 1):
        issuer = emv.PrivateKey.generate(_ISSUER_BITS)
        certified = emv.CertifiedKey(bank, _UNTIL, number.to_bytes(3, "big"), issuer.public)
        made.append(
            Scheme(
                authority=emv.AuthorityKey(RID, _KEY_INDEX, authority.public),
                issuer=issuer,
                certificate=emv.certify_issuer(authority, certified),
                name=name,
                label=label,
                country=COUNTRY,
                currency=CURRENCY,
            )
        )
    return made
