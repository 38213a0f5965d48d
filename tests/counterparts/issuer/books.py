"""What tests of the issuer's books have in common."""

from __future__ import annotations

from typing import Any

from bench.acquirer import KEYS, Presented, pan, payment
from sqlalchemy import Engine, func, select

from etui.counterparts.books import reading
from etui.counterparts.issuer.asking import Asked, examine
from etui.counterparts.issuer.tables import AUTHORISATIONS, POSTINGS
from etui.standards.iso8583 import (
    AuthorisationRequest,
    FinancialAdvice,
    FinancialRequest,
    ReversalAdvice,
    TransactionRequest,
    original_data,
)


def pay(
    number: int, stan: int, *, atc: int | None = None, amount_minor: int = 1250, **members: object
) -> FinancialRequest:  # of any message
    """A payment by the card of this number."""
    presented = Presented(pan=pan(number), atc=stan if atc is None else atc, amount_minor=amount_minor)
    return payment(presented, stan, **members)


def hold(number: int, stan: int, amount_minor: int = 1250, *, atc: int | None = None) -> AuthorisationRequest:
    """An authorisation by the card of this number."""
    request = pay(number, stan, atc=atc, amount_minor=amount_minor)
    return AuthorisationRequest(**{name: getattr(request, name) for name in AuthorisationRequest.__struct_fields__})


def reverse(request: TransactionRequest, stan: int = 900_000) -> ReversalAdvice:
    """The reversal of a request."""
    names = set(ReversalAdvice.__struct_fields__) & set(type(request).__struct_fields__)
    usual: dict[str, Any] = {name: getattr(request, name) for name in names}
    return ReversalAdvice(**usual | {"stan": f"{stan:06d}", "original": original_data(request), "repeat": False})


def complete(request: AuthorisationRequest, amount_minor: int, stan: int = 800_000) -> FinancialAdvice:
    """The completion of an authorisation."""
    usual: dict[str, Any] = {name: getattr(request, name) for name in type(request).__struct_fields__}
    changed = {"stan": f"{stan:06d}", "amount_minor": amount_minor, "icc": b"", "original": original_data(request)}
    return FinancialAdvice(**usual | changed)


def asked(*requests: TransactionRequest) -> list[Asked]:
    """What these ask."""
    return [examine(request, KEYS) for request in requests]


def counts(engine: Engine) -> tuple[int, int]:
    """How many transactions and postings there are."""
    with reading(engine) as connection:
        rows = (select(func.count()).select_from(table) for table in (AUTHORISATIONS, POSTINGS))
        one, other = (connection.execute(each).scalar_one() for each in rows)
        return one, other
