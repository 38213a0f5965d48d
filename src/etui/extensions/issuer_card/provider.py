"""Serves ``card/1`` for the cards of one issuer, and ``apdu/1`` for terminals."""

from __future__ import annotations

import datetime as dt
import secrets
import sys
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from etui.extensions.issuer_card.answered import Answered
from etui.extensions.issuer_card.cards import Card, Cards, ChipCard
from etui.extensions.issuer_card.cryptogram import pay
from etui.extensions.issuer_card.device import Device
from etui.extensions.issuer_card.errors import UnpaidError
from etui.extensions.issuer_card.journal import latest
from etui.extensions.issuer_card.paying import check_consent, check_payable, check_usable, order_in, vouching
from etui.extensions.issuer_card.personal import KEY_BITS, check_chip
from etui.extensions.issuer_card.presenting import Presenting
from etui.extensions.issuer_card.rerouting import Rerouting
from etui.extensions.issuer_card.supply import Supply
from etui.interfaces import Prepared
from etui.interfaces import apdu_1 as apdu
from etui.interfaces import card_1 as card
from etui.sdk import Extension, ProtocolError, prepares, provides, this_copy
from etui.standards.emv import PrivateKey
from etui.standards.payments import Credential, encrypt_credential
from etui.standards.provisioning import What

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etui.sdk import Call, Item
    from etui.standards.provisioning import PaymentKey

_ID_BYTES: Final = 16
_NO_COUNTER: Final = 0x1_0000
"""Every counter is below it."""
_MOST_TAPS: Final = 1_000
_ARMED: Final = f"{apdu.INTERFACE}.armed"


class IssuerCard(Extension):
    """Keeps the cards of one issuer, and pays with them."""

    _cards: Cards
    _answered: Answered
    _supply: Supply
    _presenting: Presenting

    def begin(self) -> None:
        """Opens the cards."""
        self._cards = Cards(self.store)
        self._answered = Answered(self.store)
        self._supply = Supply(self._cards, self._fetch_keys)
        self._presenting = Presenting(
            self._cards, Rerouting(self.call), self._supply, lambda armed: self.tell(_ARMED, armed=armed)
        )

    def inventory(self) -> Sequence[Item]:
        """Every card."""
        return [one.entry() for one in self._cards.cards()]

    @provides(card.Activate)
    def activate(self, request: card.Activate, call: Call) -> card.ActivateResult:
        """Answers ``card/1.activate``."""
        device, key = Device.new(request.issuer), PrivateKey.generate(KEY_BITS)
        activated = device.activate(request.code, key.public, call.ask)
        chip = check_chip(activated, key.public, dt.datetime.now(dt.UTC).date())
        added = Card(
            id=secrets.token_hex(_ID_BYTES),
            issuer=request.issuer,
            token=activated.card,
            sequence=activated.sequence,
            expiry=activated.expiry,
            profile=activated.profile,
            counter=activated.keys[0].counter - 1,
            added_at=int(time.time()),
            copy=this_copy(),
        )
        call.makes(added.entry())
        kept = None if chip is None else ChipCard(chip, key.encode())
        self._cards.add(added, device.keys, activated.keys, kept)
        return card.ActivateResult(card=added.entry())

    @provides(card.Issuers)
    def issuers(self, _: card.Issuers, __: Call) -> card.IssuersResult:
        """Answers ``card/1.issuers``: the hosts that the manifest names."""
        manifest = tomllib.loads(Path(__file__).with_name("manifest.toml").read_text(encoding="utf-8"))
        return card.IssuersResult(issuers=manifest["permissions"]["network"])

    @provides(card.Offer)
    def offer(self, request: card.Offer, _: Call) -> card.OfferResult:
        """Answers ``card/1.offer``."""
        order = None if request.request is None else order_in(request.request)
        offered: list[Item] = []
        reasons: list[str] = []
        for one in self._cards.cards():
            try:
                check_usable(one)
                if order is not None:
                    check_payable(one, order)
            except UnpaidError as error:
                reasons.append(error.message)
            else:
                offered.append(one.entry())
        reason = "; ".join(dict.fromkeys(reasons)) or "there is no card"
        return card.OfferResult(cards=offered, reason=None if offered else reason)

    @provides(card.Vouch)
    def vouch(self, request: card.Vouch, _: Call) -> card.VouchResult:
        """Answers ``card/1.vouch``."""
        networks = vouching((one.profile for one in self._cards.cards()), request.certificates)
        return card.VouchResult(networks=networks)

    @provides(card.Authorise)
    def authorise(self, request: card.Authorise, call: Call) -> card.AuthoriseResult:
        """Answers ``card/1.authorise``."""
        order = order_in(request.request)
        check_consent(request, order)
        paying = self._cards.card(request.card)
        check_usable(paying)
        check_payable(paying, order)
        now = int(time.time())
        key = self._supply.take(paying, self._answered.noting(paying.id, order, now))
        self._answered.noted(paying.id, order, now)
        credential = Credential(
            network=paying.profile.network,
            token=paying.token,
            expiry=paying.expiry,
            sequence=paying.sequence,
            emv=pay(paying, key, order, dt.datetime.now(dt.UTC).date(), call.assurance),
            request=order.digest,
        )
        return card.AuthoriseResult(
            credential=encrypt_credential(credential, order.request.encryption), network=paying.profile.network
        )

    @provides(card.Suspend)
    def suspend(self, request: card.Suspend, call: Call) -> card.SuspendResult:
        """Answers ``card/1.suspend``: the card rests here at once, whether the issuer can be told or not."""
        resting = self._cards.set_state(self._cards.card(request.card), "suspended")
        self._tell(resting, What.SUSPEND, call)
        return card.SuspendResult()

    @provides(card.Resume)
    def resume(self, request: card.Resume, call: Call) -> card.ResumeResult:
        """Answers ``card/1.resume``: the issuer is told first."""
        resting = self._cards.card(request.card)
        self._device(resting).change(resting, What.RESUME, call.ask)
        self._cards.set_state(resting, "active")
        return card.ResumeResult()

    @provides(card.Remove)
    def remove(self, request: card.Remove, call: Call) -> card.RemoveResult:
        """Answers ``card/1.remove``."""
        gone = self._cards.card(request.card)
        self._tell(gone, What.DELETE, call)
        self._cards.remove(gone)
        return card.RemoveResult()

    @provides(card.Find)
    def find(self, _: card.Find, __: Call) -> card.FindResult:
        """Answers ``card/1.find``."""
        return card.FindResult(cards=[one.entry() for one in self._cards.cards()])

    @provides(card.Show)
    def show(self, request: card.Show, _: Call) -> card.ShowResult:
        """Answers ``card/1.show``."""
        shown = self._cards.card(request.card)
        return card.ShowResult(
            network=shown.profile.network,
            last_digits=shown.last_digits,
            expires=f"20{shown.expiry[:2]}-{shown.expiry[2:]}",
            state=shown.state,
            keys_left=self._cards.keys_left(shown),
            counter=shown.counter,
        )

    @provides(card.Taps)
    def taps(self, request: card.Taps, _: Call) -> card.TapsResult:
        """Answers ``card/1.taps``."""
        noted = self._cards.taps(self._cards.card(request.card))
        found, more = latest(noted, request.before or _NO_COUNTER, request.limit or _MOST_TAPS)
        taps = [
            card.Tap(
                counter=tap.counter,
                at=tap.at,
                amount=tap.amount_minor,
                currency=tap.currency,
                merchant=tap.merchant or None,
                state=tap.state,
                order=tap.order,
            )
            for tap in found
        ]
        return card.TapsResult(taps=taps, more=more)

    @prepares(apdu.Arm)
    def before_arm(self, request: apdu.Arm, call: Call) -> Prepared:
        """Settles which other card pays, where an operator's route takes the payment over."""
        return self._presenting.prepare(request, call.client)

    @provides(apdu.Arm)
    def arm(self, request: apdu.Arm, call: Call) -> apdu.ArmResult:
        """Answers ``apdu/1.arm``."""
        return self._presenting.arm(request, call.client, call.assurance)

    @provides(apdu.Wanted)
    def wanted(self, request: apdu.Wanted, call: Call) -> apdu.WantedResult:
        """Answers ``apdu/1.wanted``."""
        return self._presenting.wanted(request, call.client)

    @provides(apdu.Applications)
    def applications(self, _: apdu.Applications, __: Call) -> apdu.ApplicationsResult:
        """Answers ``apdu/1.applications``."""
        return apdu.ApplicationsResult(applications=self._presenting.applications())

    @provides(apdu.Select)
    def select(self, request: apdu.Select, _: Call) -> apdu.SelectResult:
        """Answers ``apdu/1.select``."""
        return self._presenting.select(request)

    @provides(apdu.Transmit)
    def transmit(self, request: apdu.Transmit, _: Call) -> apdu.TransmitResult:
        """Answers ``apdu/1.transmit``."""
        return apdu.TransmitResult(response=self._presenting.transmit(request))

    @provides(apdu.Deselect)
    def deselect(self, request: apdu.Deselect, _: Call) -> apdu.DeselectResult:
        """Answers ``apdu/1.deselect``."""
        self._presenting.deselect(request)
        return apdu.DeselectResult()

    def _device(self, of: Card) -> Device:
        return Device(of.issuer, self._cards.device(of))

    def _fetch_keys(self, of: Card) -> tuple[PaymentKey, ...]:
        """Asks the issuer for more keys, on this Extension's own account; raises ``CardError``."""
        return self._device(of).replenish(of, self.call).keys

    def _tell(self, of: Card, what: What, call: Call) -> None:
        """Tells the issuer what becomes of a card, if it can be told."""
        try:
            self._device(of).change(of, what, call.ask)
        except ProtocolError as error:
            sys.stderr.write(f"the issuer was not told to {what.value} a card: {error.message}\n")
