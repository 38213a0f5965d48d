"""What was authorised and never completed, given back after some days: the work of a night, card by card.

An acquirer that completes it later is refused (12), and has to ask anew.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, select, update

from etui.counterparts.books import ConflictError, reading, run
from etui.counterparts.issuer.lookups import locked_cards
from etui.counterparts.issuer.records import State
from etui.counterparts.issuer.tables import AUTHORISATIONS, CARDS


def lapse_holds(engine: Engine, before_day: int) -> int:
    """Gives back what has been held since before this day (days since 1970, UTC); how many holds that were."""
    wanted = (
        select(AUTHORISATIONS.c.card)
        .where(AUTHORISATIONS.c.state == State.HELD.value, AUTHORISATIONS.c.day < before_day)
        .distinct()
        .order_by(AUTHORISATIONS.c.card)
    )
    with reading(engine) as connection:
        cards = list(connection.execute(wanted).scalars())
    return sum(run(engine, lambda connection, card=card: _lapse(connection, card, before_day)) for card in cards)  # type: ignore[misc]  # of a default


def _lapse(connection: Connection, card: str, before_day: int) -> int:
    found = locked_cards(connection, [card])[card]
    old = (
        AUTHORISATIONS.c.card == card,
        AUTHORISATIONS.c.state == State.HELD.value,
        AUTHORISATIONS.c.day < before_day,
    )
    held = list(connection.execute(select(AUTHORISATIONS.c.held_minor).where(*old)).scalars())
    if not held:  # completed or reversed meanwhile
        return 0
    lapsed = {"state": State.LAPSED.value, "held_minor": 0}
    changed = connection.execute(update(AUTHORISATIONS).where(*old).values(lapsed)).rowcount
    seen = (CARDS.c.card == card, CARDS.c.version == found.version)
    less = {"held_minor": found.held_minor - sum(held), "version": found.version + 1}
    if changed != len(held) or connection.execute(update(CARDS).where(*seen).values(less)).rowcount != 1:
        raise ConflictError("another one has changed this card")
    return changed
