"""Merchants of the acquirer and their terminals: who they are is what these books say, whatever a message claims."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from etui.counterparts.acquirer.errors import UnknownMerchantError
from etui.counterparts.acquirer.records import Merchant
from etui.counterparts.acquirer.tables import MERCHANTS, ROOM, STEPS, TERMINALS
from etui.counterparts.books import bring_up, is_sqlite, reading, run

_FORMS: Final = {
    "merchant": re.compile(r"[A-Za-z0-9 .-]{0,14}[A-Za-z0-9.-]"),
    "location": re.compile(r"[ -~]{0,39}[!-~]"),
    "mcc": re.compile(r"[0-9]{4}"),
    "country": re.compile(r"[0-9]{3}"),
    "schemes": re.compile(r"(?:[a-z0-9][a-z0-9-]{0,39}(?: (?!\Z)|\Z))*"),
}
_TERMINAL: Final = re.compile(r"[!-~]{1,8}")


def prepare(engine: Engine) -> None:
    """Makes the acquirer's tables, or brings them to this version; raises ``NewerError``."""
    bring_up(engine, ROOM, STEPS)


def enrol(engine: Engine, merchant: Merchant, terminals: Sequence[str]) -> None:
    """Enrols a merchant with its terminals (at most 8 characters each), or says anew what it is; ``ValueError``."""
    for name, form in _FORMS.items():
        if not form.fullmatch(getattr(merchant, name)):
            raise ValueError(f"a merchant's {name} is not formed as it should be")
    if not all(map(_TERMINAL.fullmatch, terminals)):
        raise ValueError("a terminal has 1 to 8 printable characters")
    run(engine, lambda connection: _enrol(connection, merchant, terminals))


def find(engine: Engine, merchant: str) -> Merchant:
    """The merchant of this number; raises ``UnknownMerchantError``."""
    with reading(engine) as connection:
        row = connection.execute(select(MERCHANTS).where(MERCHANTS.c.merchant == merchant)).first()
    if row is None:
        raise UnknownMerchantError(f"there is no merchant {merchant}")
    return Merchant(*row)


def end(engine: Engine, merchant: str) -> None:
    """Takes nothing more of a merchant; what it is owed stays, and what it took back goes on to issuers."""

    def work(connection: Connection) -> None:
        connection.execute(delete(TERMINALS).where(TERMINALS.c.merchant == merchant))

    run(engine, work)


def _enrol(connection: Connection, merchant: Merchant, terminals: Sequence[str]) -> None:
    dialect = sqlite if is_sqlite(connection) else postgresql
    values = msgspec.structs.asdict(merchant)
    said = {name: value for name, value in values.items() if name != "merchant"}
    connection.execute(
        dialect.insert(MERCHANTS).values(values).on_conflict_do_update(index_elements=["merchant"], set_=said)
    )
    connection.execute(delete(TERMINALS).where(TERMINALS.c.merchant == merchant.merchant))
    if terminals:
        rows = [{"merchant": merchant.merchant, "terminal": one} for one in dict.fromkeys(terminals)]
        connection.execute(dialect.insert(TERMINALS), rows)
