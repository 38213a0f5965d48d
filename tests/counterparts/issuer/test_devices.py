"""Devices of cards before their issuer: what they sign is taken once, from the device of the card, in its time."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from bench.acquirer import KEYS
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Engine
from tests.extensions.issuer_card.chips import PROFILE

from etui.counterparts.issuer import cards
from etui.counterparts.issuer.devices import AHEAD, DeviceError, Devices, card_number
from etui.counterparts.issuer.records import CardStatus
from etui.standards.jose import jwk_of
from etui.standards.provisioning import (
    Activate,
    Activated,
    Change,
    ProvisioningError,
    Replenish,
    Replenished,
    Said,
    What,
    open_answer,
    read_body,
    seal_answer,
    sign_body,
)

HOST, BANK = "issuer.etui.test", "422222"
CARD = card_number(BANK, "000000001")
NOW = 1_795_000_000
DAY_S = 86_400


class Device:
    """A device, with its keys."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.box = X25519PrivateKey.generate()
        self._said = 0

    def said(self, **members: Any) -> Said:  # noqa: ANN401  # of the message
        self._said += 1
        usual: dict[str, Any] = {"issuer": HOST, "nonce": f"{self._said:032x}", "made_at": NOW}
        return Said(**(usual | members))

    def activates(self, code: str, **members: Any) -> bytes:  # noqa: ANN401  # as above
        box = base64.urlsafe_b64encode(self.box.public_key().public_bytes_raw()).decode().rstrip("=")
        message = Activate(said=self.said(**members), device=jwk_of(self._key.public_key()), box=box)
        return self.signs(message, code)

    def signs(self, message: Activate | Replenish | Change, code: str = "") -> bytes:
        return sign_body(message, self._key.public_key(), self._key.sign, code=code)


class Desk:
    """The issuer, at a time that a test sets."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now_s = NOW
        cards.prepare(engine)
        usual = {"opening_minor": 0, "transaction_limit_minor": 1, "day_limit_minor": 1, "day_limit_count": 1}
        cards.enrol(engine, cards.Profile(card=CARD, sequence=1, expiry="3512", currency="978", atc_issued=0, **usual))
        self.devices = Devices(engine, KEYS, PROFILE, BANK, now_s=lambda: self.now_s)

    def asked(self, body: bytes) -> Any:  # noqa: ANN401  # whatever is answered
        return self.devices.answer(read_body(body, HOST, self.now_s))[0]


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def test_a_device_comes_by_a_code_once_and_fetches_keys_ahead_of_its_counter(desk: Desk) -> None:
    device, code = Device(), desk.devices.new_code(CARD)
    for _ in range(2):  # again, where the answer was lost
        activated = desk.asked(device.activates(f"{code[:9]}-{code[9:]}"))
        assert isinstance(activated, Activated)
        assert [key.counter for key in activated.keys] == list(range(1, AHEAD + 1))
    more = desk.asked(device.signs(Replenish(said=device.said(), card=CARD, counter=7)))
    assert isinstance(more, Replenished)
    assert [key.counter for key in more.keys] == list(range(8, 8 + AHEAD))
    with pytest.raises(DeviceError, match="used before"):
        desk.asked(Device().activates(code))
    desk.devices.new_code(CARD)
    with pytest.raises(DeviceError, match="on no device"):
        desk.asked(device.signs(Replenish(said=device.said(), card=CARD, counter=7)))


def test_a_code_is_worth_nothing_after_a_week_or_beside_a_new_one(desk: Desk) -> None:
    old = desk.devices.new_code(CARD)
    code = desk.devices.new_code(CARD)
    with pytest.raises(DeviceError, match="not the activation code"):
        desk.asked(Device().activates(old))
    desk.now_s += 7 * DAY_S + 1
    with pytest.raises(DeviceError, match="worth nothing any more"):
        desk.asked(Device().activates(code, made_at=desk.now_s))


@pytest.mark.attack(161)
def test_what_a_device_said_is_not_taken_again_nor_from_another_nor_at_another_time_or_place(desk: Desk) -> None:
    device, stranger = Device(), Device()
    desk.asked(device.activates(desk.devices.new_code(CARD)))

    def rests(**members: Any) -> Change:  # noqa: ANN401  # of the message
        return Change(said=device.said(**members), card=CARD, what=What.SUSPEND)

    suspended = device.signs(rests())
    desk.asked(suspended)
    cards.resume(desk.engine, CARD)
    refused: dict[bytes, type[Exception]] = {
        suspended: DeviceError,
        stranger.signs(rests()): ProvisioningError,
        device.signs(rests(issuer="other.etui.test")): ProvisioningError,
        device.signs(rests(made_at=NOW - 301)): ProvisioningError,
        device.signs(rests(made_at=NOW + 301)): ProvisioningError,
    }
    for body, error in refused.items():
        with pytest.raises(error):
            desk.asked(body)
    assert cards.find(desk.engine, CARD).status == CardStatus.ACTIVE


@pytest.mark.attack(161)
def test_an_activation_is_by_the_key_that_it_brings(desk: Desk) -> None:
    code = desk.devices.new_code(CARD)
    mine, other = msgspec.json.decode(Device().activates(code)), msgspec.json.decode(Device().activates(code))
    (head, body, _), (_, _, signature) = mine["request"].split("."), other["request"].split(".")
    with pytest.raises(ProvisioningError):
        desk.asked(msgspec.json.encode(mine | {"request": f"{head}.{body}.{signature}"}))


def test_keys_are_sealed_to_the_device_that_asked(desk: Desk) -> None:
    device, code = Device(), desk.devices.new_code(CARD)
    answer, box = desk.devices.answer(read_body(device.activates(code), HOST, NOW))
    sealed = seal_answer(answer, box)
    assert open_answer(sealed, device.box, Activated) == answer
    with pytest.raises(ProvisioningError):
        open_answer(sealed, Device().box, Activated)
    with pytest.raises(ProvisioningError):
        open_answer(sealed, device.box, Replenished)


_DEEP = b'{"more":' + b"[" * 5_000


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"request":"\xff"}', b'{"request":"a.b.c"}', _DEEP])
def test_what_is_no_message_is_refused_as_that(body: bytes) -> None:
    reads: tuple[Callable[[], object], ...] = (
        lambda: read_body(body, HOST, int(time.time())),
        lambda: open_answer(body, X25519PrivateKey.generate(), Activated),
    )
    for read in reads:
        with pytest.raises(ProvisioningError):
            read()
