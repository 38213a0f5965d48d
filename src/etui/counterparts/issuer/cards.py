"""Cards of the issuer: enrolled, suspended, resumed, deleted, and given more keys. One transaction of one card each.

Who activates a device calls ``enrol`` for its token (device PAN), and then hands out session keys up to ``atc_issued``;
who replenishes it calls ``issue_keys`` first. A call that is repeated changes nothing.
"""

from __future__ import annotations

import re
import time
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from etui.counterparts.books import ConflictError, bring_up, is_sqlite, reading, run
from etui.counterparts.issuer.errors import CardStateError, UnknownCardError
from etui.counterparts.issuer.records import CARD_ACCOUNT, FUNDS_ACCOUNT, Card, CardStatus, Posting
from etui.counterparts.issuer.tables import CARDS, POSTINGS, ROOM, STEPS

_NUMBER: Final = re.compile("[0-9]{12,19}")
_EXPIRY: Final = re.compile("[0-9]{2}(0[1-9]|1[0-2])")
_CURRENCY: Final = re.compile("[0-9]{3}")
_MOST_SEQUENCE: Final = 99
MOST_MINOR: Final = 10**12 - 1
"""The largest amount of a message."""
MOST_ATC: Final = 65_535
_MOST_COUNT: Final = 10**6
_SECONDS_A_DAY: Final = 86_400


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A card as it is enrolled.

    ``card``: its number or token, 12 to 19 digits. ``sequence``: 0 to 99. ``expiry``: YYMM. ``currency``: ISO 4217, 3
    digits. ``opening_minor``: the balance that it begins with. Limits: of a transaction, of a day's sum, of a day's
    number. ``atc_issued``: the last counter for which the device gets a session key, 0 to 65,535; a card with a key of
    its own has them all.
    """

    card: str
    sequence: int
    expiry: str
    currency: str
    opening_minor: int
    transaction_limit_minor: int
    day_limit_minor: int
    day_limit_count: int
    atc_issued: int = MOST_ATC

    def __post_init__(self) -> None:
        texts = ((_NUMBER, self.card), (_EXPIRY, self.expiry), (_CURRENCY, self.currency))
        if not all(form.fullmatch(text) for form, text in texts):
            raise ValueError("a card has a number of 12 to 19 digits, an expiry YYMM and a currency of 3 digits")
        numbers = (
            (self.sequence, _MOST_SEQUENCE),
            (self.opening_minor, MOST_MINOR),
            (self.transaction_limit_minor, MOST_MINOR),
            (self.day_limit_minor, MOST_MINOR),
            (self.day_limit_count, _MOST_COUNT),
            (self.atc_issued, MOST_ATC),
        )
        if not all(0 <= number <= most for number, most in numbers):
            raise ValueError("a number of a card's profile is out of its range")

    def __repr__(self) -> str:
        return f"Profile({self.card[:6]}…{self.card[-4:]}, {self.currency})"


def prepare(engine: Engine) -> None:
    """Makes the issuer's tables, or brings them to this version; raises ``NewerError``."""
    bring_up(engine, ROOM, STEPS)


def enrol(engine: Engine, profile: Profile) -> None:
    """Enrols a card, active; raises ``CardStateError`` where it is there with another sequence, expiry or currency."""
    run(engine, lambda connection: enrol_all(connection, [profile]))


def enrol_all(connection: Connection, profiles: list[Profile], now_s: float | None = None) -> None:
    """The same within a transaction of the caller's, for many: to make books anew."""
    made_s = int(time.time() if now_s is None else now_s)
    dialect = sqlite if is_sqlite(connection) else postgresql
    statement = dialect.insert(CARDS).on_conflict_do_nothing().returning(CARDS.c.card)
    rows = [msgspec.structs.asdict(new_card(profile)) for profile in profiles]
    made = set(connection.execute(statement, rows).scalars())
    openings = [_opening(profile, made_s) for profile in profiles if profile.card in made and profile.opening_minor]
    if openings:
        connection.execute(insert(POSTINGS), openings)
    for profile in profiles:
        if profile.card in made:
            continue
        card = _read(connection, profile.card)
        if (card.sequence, card.expiry, card.currency) != (profile.sequence, profile.expiry, profile.currency):
            raise CardStateError("this card is enrolled already, otherwise than now")


def find(engine: Engine, card: str) -> Card:
    """The card of this number; raises ``UnknownCardError``."""
    with reading(engine) as connection:
        return _read(connection, card)


def suspend(engine: Engine, card: str) -> None:
    """Declines what the card asks from now on; raises ``UnknownCardError``, ``CardStateError`` for a deleted one."""
    _set(engine, card, CardStatus.SUSPENDED)


def resume(engine: Engine, card: str) -> None:
    """Ends that; raises as ``suspend``."""
    _set(engine, card, CardStatus.ACTIVE)


def delete(engine: Engine, card: str) -> None:
    """Deletes the card for good; what it has to pay and to get still reaches its account.

    Raises ``UnknownCardError``.
    """
    _set(engine, card, CardStatus.DELETED)


def issue_keys(engine: Engine, card: str, atc_issued: int) -> None:
    """Takes counters up to this one from now on; it never goes back.

    Raises ``UnknownCardError``, ``CardStateError`` for a card that is not active, ``ValueError`` over 65,535.
    """
    if not 0 <= atc_issued <= MOST_ATC:
        raise ValueError(f"a counter is at most {MOST_ATC}")

    def work(connection: Connection) -> None:
        found = _read(connection, card, lock=True)
        if found.status != CardStatus.ACTIVE:
            raise CardStateError(f"a card that is {found.status} gets no keys")
        if atc_issued > found.atc_issued:
            _change(connection, found, atc_issued=atc_issued)

    run(engine, work)


def _set(engine: Engine, card: str, status: CardStatus) -> None:
    def work(connection: Connection) -> None:
        found = _read(connection, card, lock=True)
        if found.status == status:
            return
        if found.status == CardStatus.DELETED:
            raise CardStateError("a card that is deleted stays so")
        _change(connection, found, status=status.value)

    run(engine, work)


def _read(connection: Connection, card: str, *, lock: bool = False) -> Card:
    statement = select(CARDS).where(CARDS.c.card == card)
    row = connection.execute(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise UnknownCardError("there is no card of this number")
    return Card(*row)


def _change(connection: Connection, card: Card, **members: Any) -> None:  # noqa: ANN401  # columns are of two types
    where = (CARDS.c.card == card.card, CARDS.c.version == card.version)
    written = connection.execute(update(CARDS).where(*where).values(**members, version=card.version + 1))
    if written.rowcount != 1:
        raise ConflictError("another one has changed this card")


def new_card(profile: Profile) -> Card:
    """The card as it begins."""
    return Card(
        card=profile.card,
        sequence=profile.sequence,
        expiry=profile.expiry,
        currency=profile.currency,
        status=CardStatus.ACTIVE.value,
        transaction_limit_minor=profile.transaction_limit_minor,
        day_limit_minor=profile.day_limit_minor,
        day_limit_count=profile.day_limit_count,
        balance_minor=profile.opening_minor,
        held_minor=0,
        atc_high=-1,
        atc_used=0,
        atc_issued=profile.atc_issued,
        day=0,
        day_minor=0,
        day_count=0,
        postings=1 if profile.opening_minor else 0,
        version=0,
    )


def _opening(profile: Profile, made_s: int) -> dict[str, Any]:
    posting = Posting(
        card=profile.card,
        number=1,
        debit=FUNDS_ACCOUNT,
        credit=CARD_ACCOUNT,
        amount_minor=profile.opening_minor,
        currency=profile.currency,
        acquirer="",
        transmitted="",
        stan="",
        rrn="",
        terminal="",
        merchant="",
        approval="",
        day=made_s // _SECONDS_A_DAY,
        made_s=made_s,
    )
    return msgspec.structs.asdict(posting)
