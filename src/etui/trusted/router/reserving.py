"""Uses and amounts taken out of grants before a call, and given back only where it certainly had no effect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from etui.protocol import ErrorCode, ProtocolError
from etui.trusted.policy import LimitReached, Reservation

if TYPE_CHECKING:
    from etui.trusted.policy import Grant, Question
    from etui.trusted.router.wallet import Opened

_UNCERTAIN: Final = {ErrorCode.UNAVAILABLE, ErrorCode.TIMED_OUT, ErrorCode.CANCELLED, ErrorCode.INTERNAL}
"""After these nobody knows whether the call had its effect: what was reserved stays spent."""


async def reserve(
    opened: Opened, alternatives: tuple[tuple[str, ...], ...], question: Question
) -> tuple[Reservation, ...]:
    """Takes this use out of one grant for each member that needed one: all or none, and durable at return.

    ``alternatives``: for each of them the grants of which one has to cover it, as a ``Verdict`` has them. A grant
    without a limit covers it alone. Raises ``LimitReached``, or ``ProtocolError`` where it cannot be
    written, with nothing taken.
    """
    reservations: list[Reservation] = []
    try:
        for names in alternatives:
            grants = [grant for name in names if (grant := opened.grants.get(name)) is not None]
            if not any(not grant.uses and grant.limit is None for grant in grants):
                reservations.append(_first_that_covers(opened, grants, question))
    except LimitReached:
        release(opened, tuple(reservations))
        raise
    try:
        await asyncio.gather(*(_kept(opened, reservation) for reservation in reservations))
    except ProtocolError:
        release(opened, tuple(reservations))
        raise
    return tuple(reservations)


async def count(opened: Opened, grant: Grant | None, question: Question) -> tuple[Reservation, ...]:
    """Takes out of a grant, which the user has just given with a yes to this very use, that use; durable at return.

    A use meanwhile may have taken it first: this one was consented to, and needs none. Raises ``ProtocolError`` where
    it cannot be written, with nothing taken.
    """
    if grant is None or not grant.counts:
        return ()
    try:
        return await reserve(opened, ((grant.id,),), question)
    except LimitReached:
        return ()


def settle(opened: Opened | None, reservations: tuple[Reservation, ...], failure: ProtocolError) -> None:
    """Gives back what a call had reserved that certainly had no effect."""
    if opened is not None and reservations and is_certain(failure):
        release(opened, reservations)


def is_certain(failure: ProtocolError) -> bool:
    """Whether a call that ended so certainly had no effect, if its provider is to be believed."""
    return failure.code not in _UNCERTAIN


def release(opened: Opened, reservations: tuple[Reservation, ...]) -> None:
    """Gives reservations back."""
    for reservation in reservations:
        row = opened.spending.release(reservation)
        if row is not None:
            opened.state.owe("spent", row.grant, row)


def _first_that_covers(opened: Opened, grants: list[Grant], question: Question) -> Reservation:
    amount = question.fields.get("amount", 0)
    reached: LimitReached | None = None
    for grant in grants:
        try:
            return opened.spending.reserve(
                grant,
                amount_minor=amount if type(amount) is int else 0,
                currency=str(question.fields.get("currency", "")),
                now=opened.now(),
            )
        except LimitReached as error:
            reached = error
    raise reached or LimitReached("it was taken back meanwhile")


def _kept(opened: Opened, reservation: Reservation) -> asyncio.Future[None]:
    grant = opened.grants.get(reservation.grant)
    spent = opened.spending.of(grant) if grant is not None else None
    return opened.state.put("spent", reservation.grant, spent)
