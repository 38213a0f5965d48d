"""A merchant whom a scheme vouches for, and devices that hold keys of single payments and answer what it asks."""

from __future__ import annotations

import time
from typing import Final

import msgspec
from bench.acquirer import KEYS, pan
from pyemv import ac, tlv
from tests.counterparts.trade import CODE, SHOP

from etui.counterparts.acquirer.certificates import Authority
from etui.counterparts.identity import Identity
from etui.standards.currencies import currency_number
from etui.standards.payments import (
    Amount,
    Credential,
    Details,
    Line,
    Merchant,
    digest_of,
    encrypt_credential,
    read_request,
)

HOST: Final = "shop.etui.test"
ROOT: Final = Authority.root("Demo Scheme")
ACQUIRER: Final = ROOT.acquirer("Demo Acquirer", CODE)
CERTIFIED: Final = Merchant(
    host=HOST,
    name="Demo Shop",
    number=SHOP.merchant,
    category=SHOP.mcc,
    country="DE",
    acquirer=CODE,
    acquirer_name="Demo Acquirer",
)


def identity(certified: Merchant = CERTIFIED) -> Identity:
    """A merchant with new keys."""
    return Identity.new(lambda key: ACQUIRER.merchant(certified, key))


def order(name: str, value: str = "12.50", currency: str = "EUR") -> Details:
    """An order of one book."""
    amount = Amount(currency, value)
    return Details(id=name, total=Line("Total", amount), display_items=(Line("A book", amount),))


def credential(token: str, number: int, atc: int, **changes: object) -> Credential:
    """What a card's device makes for a request: with its key of one payment, as the issuer hands it out.

    ``changes``: values of tags, in hexadecimal digits, in place of the right ones; signed all the same.
    """
    asked = read_request(token, int(time.time()))
    values = {
        "9F02": f"{asked.amount_minor:012d}",
        "9F03": "00" * 6,
        "9F1A": "0276",
        "95": "00" * 5,
        "5F2A": f"0{currency_number(asked.currency)}",
        "9A": time.strftime("%y%m%d", time.gmtime()),
        "9C": "00",
        "9F37": asked.digest.hex()[:8],
        "82": "0000",
        "9F36": f"{atc:04x}",
        "9F10": "0FA501A0" + "00" * 12 + "0F" + "00" * 15,
    }
    objects = {tag: bytes.fromhex(str(changes.get(f"t{tag}", value))) for tag, value in values.items()}
    key = KEYS.session(pan(number), 1, atc).key
    objects["9F26"] = ac.generate_ac(key, b"".join(objects.values()))
    objects["9F27"] = bytes.fromhex(str(changes.get("t9F27", "80")))
    return Credential(
        network="etui-demo",
        token=pan(number),
        expiry="3012",
        sequence="01",
        emv=tlv.encode(objects),
        request=digest_of(token),
    )


def pays(token: str, number: int, atc: int, **changes: object) -> str:
    """The same, encrypted to the merchant."""
    return sealed(token, credential(token, number, atc, **changes))


def sealed(token: str, made: Credential, **changes: object) -> str:
    """A credential, with other members where it is said, encrypted to who signed the request."""
    changed: Credential = msgspec.structs.replace(made, **changes)
    return encrypt_credential(changed, read_request(token, int(time.time())).request.encryption)
