"""With whom the user has dealt, as receipts prove.

A merchant counts where a receipt of a sale is what it signed, and a scheme vouched for the merchant when that was
filed. What anybody else signed in a merchant's name proves nothing, however much there is of it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from etui.extensions.receipts.looking import Looked, look_at
from etui.interfaces.relationship_1 import Dealt
from etui.standards.payments import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etui.extensions.receipts.kept import Entry, Keeping

_MOST: Final = 500


def dealt_with(keeping: Keeping) -> list[Dealt]:
    """The merchants, the longest known first, each by the first of its receipts that proves it."""
    of_payees: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in reversed(keeping.entries()):
        if entry.vouched and entry.kind == Kind.SALE.value:
            of_payees[entry.payee].append(entry)
    found = (_proven(keeping, entries) for entries in of_payees.values())
    return sorted((one for one in found if one is not None), key=lambda one: (one.since, one.host))[:_MOST]


def _proven(keeping: Keeping, entries: Iterable[Entry]) -> Dealt | None:
    """What the first of a merchant's receipts that is sound says."""
    for entry in entries:
        looked = look_at(keeping, entry)
        if isinstance(looked, Looked) and looked.kept.networks:
            return Dealt(host=looked.entry.payee, since=looked.kept.filed_at)
    return None
