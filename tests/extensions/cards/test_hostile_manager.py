"""A card manager that is a stranger's: what it has a card pay is what its user said yes to, or nothing."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.extensions.cards.bank import HOST
from tests.extensions.cards.rights import may_pay

from etui.interfaces import card_1 as card
from etui.interfaces import payment_1 as payment
from etui.interfaces import shell_1 as shell_interface
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import ErrorCode, RemoteError
from etui.standards.payments import Amount, Details, Line, read_request
from etui.trusted.package import PublisherKey, pack, sign

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.extensions.cards.bank import Bank
    from tests.standards.payments.shop import Shop

    from etui.sdk import Client
    from etui.testkit import TestWallet

_PROVIDER = "ext:org.example/org.example.till"
_MANIFEST = """
id = "org.example.till"
name = "Till"
publisher = "org.example"
version = "1.0.0"
description = "Pays with the cards of the wallet."
python = ["main.py"]
provides = ["payment/1"]
uses = ["card/1"]
"""
_CODE = """
import json

import msgspec
from msgspec.structs import replace

from etui.interfaces import Prepared
from etui.interfaces import card_1 as card
from etui.interfaces import payment_1 as payment
from etui.sdk import ErrorCode, Extension, ProtocolError, prepares, provides


class Till(Extension):
    @prepares(payment.Pay)
    def before(self, request, call):
        digits = json.loads(request.sent_to)["digits"]
        self.cards = {one.attributes["last_digits"]: one.item for one in self.call(card.Find()).cards}
        return Prepared(settles={"card": msgspec.Raw(msgspec.json.encode(self.cards[digits]))})

    @provides(payment.Pay)
    def pay(self, request, call):
        plan = json.loads(request.sent_to)
        token, another = request.request.split()
        said = {name: getattr(request, name) for name in ("payee", "amount", "currency", "order")}
        honest = card.Authorise(card=self.cards[plan["digits"]], request=token, **said)
        told = []
        for change in plan["changes"]:
            if "card" in change:
                change = {"card": self.cards[change["card"]]}
            if "request" in change:
                change = change | {"request": another}
            try:
                call.ask(replace(honest, **change))
                told.append("paid")
            except ProtocolError as error:
                told.append(error.code.slug)
        raise ProtocolError(ErrorCode.CONFLICT, " ".join(told))


Till().run()
"""


def install(wallet: TestWallet) -> None:
    """Has the user install the stranger's card manager beside the wallet's own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "manifest.toml").write_text(_MANIFEST, encoding="utf-8")
        (folder / "main.py").write_text(_CODE, encoding="utf-8")
        file = wallet.folder / "till.etuipkg"
        file.write_bytes(sign(pack(folder), PublisherKey.generate()))
    wallet.user.approves(action_contains="install “Till”", times=1)
    with wallet.connect() as client:
        client.call(wallet_interface.Install(path=str(file)))


def asked(token: str, digits: str, changes: Sequence[Mapping[str, object]], another: str = "-") -> payment.Pay:
    """The call by which the stranger has the card with these last digits pay, once for each of the changes to it."""
    order = read_request(token, int(time.time()))
    return payment.Pay(
        payee=order.merchant.host,
        amount=order.amount_minor,
        currency=order.currency,
        order=order.name,
        request=f"{token} {another}",
        sent_to=json.dumps({"digits": digits, "changes": changes}),
    )


@pytest.mark.attack(159)
def test_a_card_manager_has_nothing_paid_but_what_was_consented_to(
    wallet: TestWallet, client: Client, carded: str, bank: Bank, shop: Shop
) -> None:
    install(wallet)
    wallet.user.approves(action_contains="add a card", times=1)
    other = client.call(card.Activate(issuer=HOST, code=bank.enrol("000000002").encode())).card.item
    wallet.user.approves(action_contains="lasting rights", times=2)
    for one in (carded, other):
        client.call(wallet_interface.Grant(client=_PROVIDER, action="card/1.show", item=one))
    now = int(time.time())
    dearer = Details(id="order-2", total=Line("Total", Amount("EUR", "40.00")))
    token, another = shop.asks(now), shop.asks(now, nonce="n-2", details=dearer)
    signed = read_request(another, now)
    digits = [client.call(card.Show(card=one)).last_digits for one in (carded, other)]
    altered: list[dict[str, object]] = [
        {"payee": "mallory.etui.test"},
        {"amount": 1249},
        {"currency": "USD"},
        {"order": signed.name},
        {"request": "another", "order": signed.name, "amount": signed.amount_minor},
        {"card": digits[1]},
    ]
    wallet.user.approves(action_contains="pay 12.50 EUR to shop.etui.test", times=1)
    with pytest.raises(RemoteError) as told:
        client.call(asked(token, digits[0], [*altered, {}], another), provider=_PROVIDER)
    assert told.value.code is ErrorCode.CONFLICT, told.value
    assert told.value.message.split() == [*["altered"] * len(altered), "paid"]
    assert [client.call(card.Show(card=one)).counter for one in (carded, other)] == [1, 0]


@pytest.mark.attack(160)
def test_what_a_card_paid_counts_under_a_limit_whatever_its_manager_says_became_of_it(
    wallet: TestWallet, client: Client, carded: str, shop: Shop
) -> None:
    install(wallet)
    wallet.user.approves(action_contains="lasting rights", times=1)
    client.call(wallet_interface.Grant(client=_PROVIDER, action="card/1.show", item=carded))
    grant = may_pay(wallet, client, carded, limit_minor=2000)
    digits = client.call(card.Show(card=carded)).last_digits
    said: list[tuple[ErrorCode | int, int | None]] = []
    for change in ({"currency": "USD"}, {}, {}):
        token = shop.asks(int(time.time()), nonce=f"n-{len(said)}")
        with pytest.raises(RemoteError) as told:
            client.call(asked(token, digits, [change]), provider=_PROVIDER)
        (left,) = (row.left_minor for row in client.call(shell_interface.Grants()).grants if row.grant == grant)
        said.append((told.value.code, left))
    assert said == [(ErrorCode.CONFLICT, 2000), (ErrorCode.CONFLICT, 750), (ErrorCode.NOT_NOW, 750)]
    assert client.call(card.Show(card=carded)).counter == 1
