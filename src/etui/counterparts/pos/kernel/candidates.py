"""Which of a card's applications the terminal takes, in the order in which it tries them.

A card's priority goes first, 1 before 15 and those without one at the end; then the order in its directory. Whether an
application wants to be confirmed is not looked at: a tap is what confirms.

Source: EMV Book 1, section 12.4; EMV Contactless Book B, section 3.3.2 and 3.3.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from etui.counterparts.pos.kernel.settings import Accepted
from etui.standards.emv import Application

_NO_PRIORITY: Final = 16


class Candidate(msgspec.Struct, frozen=True):
    """An application that both have: the card's name of it, its label, and how the terminal takes it."""

    identifier: bytes
    label: str
    accepted: Accepted


def candidates(applications: Iterable[Application], accepted: Iterable[Accepted]) -> tuple[Candidate, ...]:
    """The applications that both have, the first to be tried first; where two of the terminal's fit, the longer one."""
    known = sorted(accepted, key=lambda one: len(one.identifier), reverse=True)
    found: list[tuple[int, Candidate]] = []
    for one in applications:
        fits = next((each for each in known if one.identifier.startswith(each.identifier)), None)
        if fits is not None:
            found.append((one.priority or _NO_PRIORITY, Candidate(one.identifier, one.label, fits)))
    return tuple(candidate for _, candidate in sorted(found, key=lambda each: each[0]))
