"""Devices of the issuer's cards: a card comes onto one by an activation code, and its device asks for keys.

::

    code ─► activate ─► the device's keys are known, and the code is worth nothing any more
                        replenish ─► keys up to so many payments ahead of the counter
                        suspend, resume, delete

1. A code has 9 digits that say which card, and 9 random ones, of which only a digest is kept. After 5 wrong ones, or a
   week, it is worth nothing.
2. What a device says is signed by its key, for this issuer, within minutes; each nonce is taken once. An activation
   that is repeated by the same device, since its answer was lost, is answered again.
3. A device has keys for at most ``AHEAD`` payments beyond its last.

Every row belongs to one card, and each step is one transaction of one card.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Engine, MetaData, String, Table, delete, insert, select, update

from etui.counterparts.books import Step, bring_up, is_sqlite, run
from etui.counterparts.issuer import cards
from etui.counterparts.issuer.cryptograms import MasterKey
from etui.counterparts.issuer.errors import CardStateError, IssuerError
from etui.counterparts.issuer.personalisation import Scheme
from etui.standards.jose import Jwk
from etui.standards.provisioning import (
    Activate,
    Activated,
    Answer,
    Change,
    Changed,
    PaymentKey,
    Profile,
    Replenish,
    Replenished,
    Signed,
    What,
)

ROOM: Final = "issuer-devices"
AHEAD: Final = 20
_TRIES: Final = 5
_CODE_LIFE_S: Final = 7 * 86_400
_NONCE_LIFE_S: Final = 3600
_HALF: Final = 9
_CODE: Final = re.compile(rf"[0-9]{{{2 * _HALF}}}")
_LUHN: Final = 10
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_METADATA: Final = MetaData()
_DEVICES: Final = Table(
    "devices",
    _METADATA,
    Column("card", String, primary_key=True),
    *(Column(name, String, nullable=False) for name in ("code", "device", "box")),
    *(Column(name, BigInteger, nullable=False) for name in ("tries", "made_s")),
)
_NONCES: Final = Table(
    "device_nonces",
    _METADATA,
    Column("card", String, primary_key=True),
    Column("nonce", String, primary_key=True),
    Column("made_s", BigInteger, nullable=False),
)
_FIRST: Final = (
    """
    CREATE TABLE devices (
        card VARCHAR NOT NULL PRIMARY KEY, code VARCHAR NOT NULL, device VARCHAR NOT NULL, box VARCHAR NOT NULL,
        tries BIGINT NOT NULL, made_s BIGINT NOT NULL
    )""",
    """
    CREATE TABLE device_nonces (
        card VARCHAR NOT NULL, nonce VARCHAR NOT NULL, made_s BIGINT NOT NULL, PRIMARY KEY (card, nonce)
    )""",
)


class DeviceError(IssuerError):
    """What a device asks for is refused; the message is for its user."""


class _Row(msgspec.Struct, frozen=True):
    """``code``: the digest of its secret half. ``device``: the key that signs, as JSON; empty until it is activated."""

    card: str
    code: str
    device: str
    box: str
    tries: int
    made_s: int


def _first(connection: Connection) -> None:
    for statement in _FIRST:
        connection.exec_driver_sql(statement + (" WITHOUT ROWID" if is_sqlite(connection) else ""))


_STEPS: Final[tuple[Step, ...]] = (_first,)


class Devices:
    """Answers devices, over the issuer's books.

    ``profile``: what a card may do. ``bank``: the first 6 digits of its cards. ``scheme``: certifies the keys of cards
    for terminals; without it cards pay on the net alone. ``now_s``: seconds since 1970.
    """

    def __init__(  # noqa: PLR0913  # an issuer has these parts
        self,
        engine: Engine,
        master: MasterKey,
        profile: Profile,
        bank: str,
        *,
        scheme: Scheme | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._master = master
        self._profile = profile
        self._bank = bank
        self._scheme = scheme
        self._now_s = now_s
        bring_up(engine, ROOM, _STEPS)

    def new_code(self, card: str) -> str:
        """An activation code for a card that is enrolled, in place of any other: 18 digits, for its holder alone."""
        secret = f"{secrets.randbelow(10**_HALF):0{_HALF}d}"
        row = _Row(card=card, code=_digest(card, secret), device="", box="", tries=0, made_s=int(self._now_s()))

        def work(connection: Connection) -> None:
            connection.execute(delete(_DEVICES).where(_DEVICES.c.card == card))
            connection.execute(insert(_DEVICES).values(msgspec.structs.asdict(row)))

        cards.find(self._engine, card)
        run(self._engine, work)
        return card[len(self._bank) : -1] + secret

    def answer(self, signed: Signed) -> tuple[Answer, str]:
        """What a device is answered, and the box that it is for; raises ``DeviceError``."""
        match signed.message:
            case Activate():
                return self._activate(signed.message, signed.code), signed.message.box
            case Replenish():
                row = self._known(signed, signed.message.card)
                return Replenished(keys=self._keys(row.card, signed.message.counter)), row.box
            case Change():
                row = self._known(signed, signed.message.card)
                return self._change(row.card, signed.message.what), row.box

    # what a device asks for

    def _activate(self, message: Activate, code: str) -> Activated:
        code = code.replace(" ", "").replace("-", "")
        card = self._card_of(code)
        device = msgspec.json.encode(message.device).decode()

        def work(connection: Connection) -> str:
            row = _row(connection, card)
            if row is None or row.tries >= _TRIES or self._now_s() - row.made_s > _CODE_LIFE_S:
                return "the activation code is worth nothing any more: ask for another one"
            if not hmac.compare_digest(row.code, _digest(card, code[_HALF:])):
                _set(connection, card, tries=row.tries + 1)
                return "this is not the activation code"
            if row.device not in {"", device}:
                return "the activation code was used before"
            _set(connection, card, device=device, box=message.box)
            return ""

        if refused := run(self._engine, work):
            raise DeviceError(refused)
        found = cards.find(self._engine, card)
        chip = self._scheme.chip(found, message.chip) if self._scheme is not None and message.chip is not None else None
        return Activated(
            card=card,
            sequence=f"{found.sequence:02d}",
            expiry=found.expiry,
            profile=self._profile,
            keys=self._keys(card, max(found.atc_high, 0)),
            chip=chip,
        )

    def _keys(self, card: str, counter: int) -> tuple[PaymentKey, ...]:
        """Keys for the payments behind a counter, which the books take from now on."""
        found = cards.find(self._engine, card)
        after = max(counter, found.atc_high, 0)
        last = min(after + AHEAD, cards.MOST_ATC)
        try:
            cards.issue_keys(self._engine, card, last)
        except CardStateError as error:
            raise DeviceError(str(error)) from None
        numbers = range(after + 1, last + 1)
        return tuple(PaymentKey(atc, self._master.session(card, found.sequence, atc).key) for atc in numbers)

    def _change(self, card: str, what: What) -> Changed:
        change = {What.SUSPEND: cards.suspend, What.RESUME: cards.resume, What.DELETE: cards.delete}[what]
        try:
            change(self._engine, card)
        except CardStateError as error:
            raise DeviceError(str(error)) from None
        return Changed()

    # who asks

    def _card_of(self, code: str) -> str:
        """The card that an activation code names; raises ``DeviceError``."""
        if not _CODE.fullmatch(code):
            raise DeviceError(f"an activation code has {2 * _HALF} digits")
        return card_number(self._bank, code[:_HALF])

    def _known(self, signed: Signed, card: str) -> _Row:
        """The row of the device that says this; raises ``DeviceError``, and takes the nonce."""
        nonce, now = signed.message.said.nonce, int(self._now_s())

        def work(connection: Connection) -> _Row | None:
            row = _row(connection, card)
            if row is None or not row.device:
                return None
            signed.check(msgspec.json.decode(row.device, type=Jwk))
            connection.execute(delete(_NONCES).where(_NONCES.c.card == card, _NONCES.c.made_s < now - _NONCE_LIFE_S))
            taken = select(_NONCES.c.nonce).where(_NONCES.c.card == card, _NONCES.c.nonce == nonce)
            if connection.execute(taken).first() is not None:
                raise DeviceError("this was said before")
            connection.execute(insert(_NONCES).values(card=card, nonce=nonce, made_s=now))
            return row

        if (row := run(self._engine, work)) is None:
            raise DeviceError("this card is on no device that is known here")
        return row


def card_number(bank: str, account: str) -> str:
    """A card's number: 6 digits of the bank, 9 of the account, one that checks them (ISO/IEC 7812-1, annex B)."""
    digits = bank + account
    total = sum(_DOUBLED[int(d)] if at % 2 == 0 else int(d) for at, d in enumerate(reversed(digits)))
    return digits + str(-total % _LUHN)


def _row(connection: Connection, card: str) -> _Row | None:
    found = connection.execute(select(_DEVICES).where(_DEVICES.c.card == card).with_for_update()).first()
    return None if found is None else _Row(*found)


def _set(connection: Connection, card: str, **members: Any) -> None:  # noqa: ANN401  # columns are texts and numbers
    connection.execute(update(_DEVICES).where(_DEVICES.c.card == card).values(**members))


def _digest(card: str, secret: str) -> str:
    return hashlib.sha256(f"{card}:{secret}".encode()).hexdigest()
