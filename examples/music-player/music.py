"""The shop's tracks: what they cost, how one is bought, and whether it is yours.

A track is yours if the shop signed a receipt for it. The receipt lies in the wallet, and this program keeps none: it
asks for it each time that it plays, and verifies it by the key that the shop publishes.

A track is bought with a question of the wallet's, or within a budget: a mandate that its user gave this program for the
shop. The wallet keeps that, counts what is spent of it, and pays no more.
"""

import hashlib
import json
import os
import ssl
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from etui.interfaces import payment_1 as payment
from etui.interfaces import receipt_1 as receipt
from etui.interfaces import wallet_1 as wallet_interface
from etui.sdk import Client, ErrorCode, RemoteError
from etui.sdk.shop import Shop

JWS = jws.JWSRegistry(algorithms=["ES256"])
JWS.max_header_length = JWS.max_payload_length = 64 << 10  # a merchant's certificates stand in the header
RECEIPT = "payment-receipt+jws"
_TRACK = "track-"
_TIMEOUT_S = 10.0
_MOST_BYTES = 1 << 20
_MOST_RECEIPTS = 50
_PERIOD_S = 30 * 86_400


class Track(NamedTuple):
    """`name`: as the shop has it in its receipts. `price`: for people."""

    id: str
    name: str
    price: str


class NotYoursError(Exception):
    """Nothing proves that the track was bought; the message says why."""


class Declined(Exception):
    """The bank, or the shop, did not take the payment."""


class BeyondBudget(Exception):
    """A track is not bought without a question: no budget is there for it, or too little is left."""


class _Order(NamedTuple):
    """`request`: as the shop signed it. `currency`: in which that is to be paid."""

    id: str
    request: str
    currency: str


class Music:
    """The tracks of a shop. `orders`: where it takes orders. `kept`: a folder for the shop's keys, to play offline."""

    def __init__(self, orders: str, kept: Path) -> None:
        self._shop = Shop.at(orders)
        self._kept = kept / f"{self._shop.host.replace(':', '-')}.json"

    def tracks(self) -> list[Track]:
        goods = json.loads(self._get("/goods"))
        return [
            Track(one["id"], one["name"], f"{one['price']['value']} {one['price']['currency']}")
            for one in goods
            if one["id"].startswith(_TRACK)
        ]

    def buy(self, wallet: Client, track: Track, *, quiet: bool = False) -> str:
        """Orders a track and has the wallet pay it; the receipt, which lies in the wallet then.

        `quiet`: without a question or not at all. Raises `Declined`, `BeyondBudget`.
        """
        order = self._order(track)
        digest = hashlib.sha256(order.request.encode()).hexdigest()
        sent_to = self._shop.address_of(order.id)
        pay = payment.Pay(order=f"{order.id}#{digest[:16]}", request=order.request, sent_to=sent_to)
        try:
            paid = wallet.call(pay, quiet=quiet)
        except RemoteError as error:
            if quiet and error.code in (ErrorCode.DENIED, ErrorCode.SPENT):
                raise BeyondBudget(f"your budget does not cover “{track.name}”; b buys it all the same") from error
            raise
        said = self._shop.charge(order.id, paid.credential)
        wallet.call(payment.Complete(payment=paid.payment.item, outcome=said.outcome, receipt=said.receipt))
        if said.outcome != "approved":
            raise Declined(f"{track.name} was not paid: your bank declined")
        return said.receipt or ""

    def buy_within_budget(self, wallet: Client, track: Track) -> None:
        """Buys a track without a question, so that it is yours; raises `BeyondBudget`, `Declined`, `NotYoursError`."""
        check(self.buy(wallet, track, quiet=True), self._keys(), track)

    def propose_budget(self, wallet: Client, track: Track, amount: int) -> payment.MandateResult:
        """What its user gives: that this program pays the shop up to `amount`, in minor units, every 30 days unasked.

        The order of `track` says whom, and is not paid.
        """
        order = self._order(track)
        mandate = payment.Mandate(request=order.request, amount=amount, currency=order.currency, period_s=_PERIOD_S)
        return wallet.call(mandate)

    def _order(self, track: Track) -> _Order:
        request = self._shop.order(json.dumps({"goods": [{"id": track.id}]}).encode())
        details = json.loads(jws.extract_compact(request.encode(), registry=JWS).payload)["details"]
        return _Order(details["id"], request, details["total"]["amount"]["currency"])

    def check_yours(self, wallet: Client, track: Track) -> None:
        """Returns where a receipt in the wallet says that the track was bought, and was not given back.

        Raises `NotYoursError`.
        """
        keys = self._keys()
        reason = f"there is no receipt for “{track.name}” in your wallet that you let this program see"
        for shown in _receipts(wallet, track):
            if shown.amount is not None and shown.refunded >= shown.amount:
                reason = f"what you paid for “{track.name}” was given back"
                continue
            try:
                check(shown.receipt or "", keys, track)
            except NotYoursError as error:
                reason = str(error)
            else:
                return
        raise NotYoursError(reason)

    def _keys(self) -> KeySet:
        """The keys by which the shop signs; those that were seen last, where it cannot be reached.

        Raises `NotYoursError` where none were.
        """
        try:
            text = self._get("/keys")
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            self._kept.write_bytes(text)
        except URLError as error:
            if not self._kept.exists():
                raise NotYoursError(f"{self._shop.host} cannot be reached, and its keys were never seen") from error
            text = self._kept.read_bytes()
        return KeySet.import_key_set(json.loads(text))

    def _get(self, path: str) -> bytes:
        url, context = f"https://{self._shop.host}{path}", ssl.create_default_context()
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S, context=context) as answer:
            return answer.read(_MOST_BYTES)


def budgets(wallet: Client) -> list[wallet_interface.Allowance]:
    """The budgets of this program that stand, one for each shop, with what is left of them."""
    return wallet.call(wallet_interface.Allowances(action=payment.Pay.METHOD)).allowances


def check(token: str, keys: KeySet, track: Track) -> None:
    """Returns where `token` is a receipt of a sale of `track`, signed by one of `keys`; raises `NotYoursError`."""
    signed = _verified(token, keys)
    if signed is None:
        raise NotYoursError(f"the shop did not sign the receipt for “{track.name}”")
    said = json.loads(signed.payload)
    if signed.headers().get("typ") != RECEIPT or said.get("kind") != "sale":
        raise NotYoursError("what the shop signed is no receipt of a sale")
    if track.name not in [line["label"] for line in said.get("items", [])]:
        raise NotYoursError(f"the receipt is for something else than “{track.name}”")


def _verified(token: str, keys: KeySet) -> jws.CompactSignature | None:
    """What was signed, where one of the keys did."""
    for key in keys:
        with suppress(JoseError, ValueError):
            return jws.deserialize_compact(token, key, registry=JWS)
    return None


def _receipts(wallet: Client, track: Track) -> Iterator[receipt.ShowResult]:
    for item in wallet.call(receipt.Find(text=track.name, limit=_MOST_RECEIPTS)).receipts:
        yield wallet.call(receipt.Show(receipt=item.item))


def usual_folder() -> Path:
    """Where a program keeps what it can fetch again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "etui-music-player"
